package retriever

import "context"

// Modality chooses which embeddings of the rows a query is compared with.
type Modality string

// The two modalities of an image-text index.
const (
	Image Modality = "image"
	Text  Modality = "text"
)

// Row is one sample of an index.
type Row struct {
	ID        int64          `json:"id"` // dense row number, from 0, in input order
	Key       string         `json:"key,omitempty"`
	Caption   string         `json:"caption,omitempty"`
	URL       string         `json:"url,omitempty"`
	ImagePath string         `json:"image_path,omitempty"`
	Fields    map[string]any `json:"fields,omitempty"` // every other metadata column; nulls left out
	Erased    bool           `json:"erased,omitempty"` // content was removed; the number stays
}

// Hit is one row with its similarity to a query.
type Hit struct {
	ID    int64   `json:"id"`
	Score float32 `json:"similarity"` // cosine in float32, from -1 to 1
}

// RowBatch is a run of consecutive rows on the way into a store. Image or Text is nil when the
// index lacks that modality; otherwise one vector a row, not necessarily normalised (float16
// rounding), all zero for an erased row.
type RowBatch struct {
	First int64
	Image [][]float32
	Text  [][]float32
	Rows  []Row
}

// Searcher finds the nearest rows. Both stores provide it.
//
// TopK returns for each query its k nearest rows by cosine, best first, ties by lower ID; fewer
// only when the index has fewer rows. Queries are normalised by the store; one of a wrong
// dimension, zero or not finite is an error. Erased rows are never returned. The whole batch of
// queries costs one pass. The bool is true when the answer is exact, false when an approximate
// index gave it.
type Searcher interface {
	TopK(ctx context.Context, m Modality, queries [][]float32, k int) (hits [][]Hit, exact bool, err error)
}

// Counter finds every row at or above a similarity, exactly. Both stores provide it.
//
// Range calls visit for every (query, row) whose cosine is >= min, in no particular order, from
// one goroutine at a time; it never truncates: it visits all or returns an error.
type Counter interface {
	Range(ctx context.Context, m Modality, queries [][]float32, min float32, visit func(query int, h Hit) error) error
}

// Rows gives the rows themselves. Both stores provide it.
//
// Get returns the rows in the order of ids; an unknown id is an error that names it. Len is the
// number of rows, erased ones included.
type Rows interface {
	Get(ctx context.Context, ids []int64) ([]Row, error)
	Len(ctx context.Context) (int64, error)
}

// VectorSource gives stored vectors, as they are (not re-normalised), in the order of ids.
type VectorSource interface {
	Vectors(ctx context.Context, m Modality, ids []int64) ([][]float32, error)
}

// Encoder turns queries into unit vectors. internal/clip provides it.
//
// EncodeImages takes encoded image files (JPEG, PNG, ...) and returns one vector for each, nil
// where the image could not be decoded: then failed[i] says why. err means the model failed.
type Encoder interface {
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	EncodeImages(ctx context.Context, images [][]byte) (vectors [][]float32, failed []error, err error)
}
