package server

import (
	"context"
	"math"
	"math/bits"

	"rollcall/internal/server/gather"
	"rollcall/retriever"
)

// gathered makes a generation of indexes whose stores and encoders answer concurrent single
// queries together: one pass over the vectors costs little more for many queries than for one.
func (s *Server) gathered(indices []Index) *generation {
	observe := func(kind string) gather.Options {
		return gather.Options{Observe: func(n int) { s.metrics.batches.WithLabelValues(kind).Observe(float64(n)) }}
	}
	encoders, faces := map[retriever.Encoder]*sharedEncoder{}, make(chan struct{}, facesAtOnce)
	var stops []func()
	shared := make([]Index, len(indices))
	for i, index := range indices {
		store := &sharedStore{VectorStore: index.Store, dimension: index.Dimension}
		store.queries = gather.New(observe("search"), store.pass)
		stops = append(stops, store.queries.Close)
		index.Store = store
		if index.Encoder != nil {
			encoder := encoders[index.Encoder]
			if encoder == nil {
				encoder = newSharedEncoder(index.Encoder, observe)
				encoders[index.Encoder] = encoder
				stops = append(stops, encoder.texts.Close, encoder.images.Close)
			}
			index.Encoder = encoder
		}
		if index.Finder != nil {
			index.Finder = sharedFinder{index.Finder, faces}
		}
		shared[i] = index
	}
	return newGeneration(shared, func() {
		for _, stop := range stops {
			stop()
		}
	})
}

// sharedStore gathers searches for one vector.
type sharedStore struct {
	VectorStore
	dimension int
	queries   *gather.Gatherer[query, found]
}

type query struct {
	modality retriever.Modality
	vector   []float32
	k        int
}

type found struct {
	hits  []retriever.Hit
	exact bool
	err   error
}

// TopK implements retriever.Searcher. A vector that the store would refuse is not gathered, so
// that it spoils nobody else's pass.
func (s *sharedStore) TopK(ctx context.Context, m retriever.Modality, vectors [][]float32, k int) ([][]retriever.Hit, bool, error) {
	if len(vectors) != 1 || k < 1 || len(vectors[0]) != s.dimension || !hasDirection(vectors[0]) {
		return s.VectorStore.TopK(ctx, m, vectors, k)
	}
	answer, err := s.queries.Do(ctx, query{m, vectors[0], k})
	if err != nil {
		return nil, false, err
	}
	return [][]retriever.Hit{answer.hits}, answer.exact, answer.err
}

func hasDirection(v []float32) bool {
	length := float64(norm(v))
	return length > 0 && !math.IsInf(length, 0) && !math.IsNaN(length)
}

// pass answers a batch, one pass for each modality and size of k. Within a pass all queries get
// the most rows that one of them asked for, and keep their own: a longer list begins with the
// shorter one.
func (s *sharedStore) pass(ctx context.Context, queries []query) ([]found, error) {
	type kind struct {
		modality retriever.Modality
		size     int
	}
	kinds := map[kind][]int{}
	for i, q := range queries {
		// Factors of 16, so that a list of thousands does not make forty results dear.
		of := kind{q.modality, (bits.Len(uint(q.k)) + 3) / 4}
		kinds[of] = append(kinds[of], i)
	}
	answers := make([]found, len(queries))
	for of, members := range kinds {
		vectors, k := make([][]float32, len(members)), 0
		for j, i := range members {
			vectors[j], k = queries[i].vector, max(k, queries[i].k)
		}
		hits, exact, err := s.VectorStore.TopK(ctx, of.modality, vectors, k)
		for j, i := range members {
			answers[i] = found{exact: exact, err: err}
			if err == nil {
				answers[i].hits = hits[j][:min(len(hits[j]), queries[i].k)]
			}
		}
	}
	return answers, nil
}

// sharedEncoder gathers single texts and single images.
type sharedEncoder struct {
	retriever.Encoder
	texts  *gather.Gatherer[string, []float32]
	images *gather.Gatherer[[]byte, embedded]
}

type embedded struct {
	vector []float32
	failed error
}

// imagesAtOnce bounds a batch of images, of which each may take a quarter of a gigabyte while it
// is decoded.
const imagesAtOnce = 4

func newSharedEncoder(encoder retriever.Encoder, observe func(kind string) gather.Options) *sharedEncoder {
	images := observe("image")
	images.Most = imagesAtOnce
	return &sharedEncoder{
		Encoder: encoder,
		texts:   gather.New(observe("text"), encoder.EncodeTexts),
		images: gather.New(images, func(ctx context.Context, files [][]byte) ([]embedded, error) {
			vectors, failed, err := encoder.EncodeImages(ctx, files)
			if err != nil {
				return nil, err
			}
			answers := make([]embedded, len(files))
			for i := range answers {
				answers[i] = embedded{vectors[i], failed[i]}
			}
			return answers, nil
		}),
	}
}

// EncodeTexts implements retriever.Encoder.
func (e *sharedEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	if len(texts) != 1 {
		return e.Encoder.EncodeTexts(ctx, texts)
	}
	vector, err := e.texts.Do(ctx, texts[0])
	return [][]float32{vector}, err
}

// EncodeImages implements retriever.Encoder.
func (e *sharedEncoder) EncodeImages(ctx context.Context, images [][]byte) ([][]float32, []error, error) {
	if len(images) != 1 {
		return e.Encoder.EncodeImages(ctx, images)
	}
	answer, err := e.images.Do(ctx, images[0])
	return [][]float32{answer.vector}, []error{answer.failed}, err
}
