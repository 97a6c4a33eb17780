package auditor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// trainingRows is an index of a few vectors.
type trainingRows [][]float32

func (rows trainingRows) TopK(_ context.Context, m retriever.Modality, queries [][]float32, k int) ([][]retriever.Hit, bool, error) {
	if m != retriever.Image || k != 1 {
		return nil, false, fmt.Errorf("asked for the %d nearest by %s", k, m)
	}
	hits := make([][]retriever.Hit, len(queries))
	for i, q := range queries {
		best := retriever.Hit{ID: -1, Score: -1}
		for row, v := range rows {
			sum := float32(0)
			for j := range v {
				sum += v[j] * q[j]
			}
			if sum > best.Score {
				best = retriever.Hit{ID: int64(row), Score: sum}
			}
		}
		hits[i] = []retriever.Hit{best}
	}
	return hits, true, nil
}

// trained is a training index that holds some of the attack photos.
func trained(t *testing.T, o Options, photos ...string) *Training {
	t.Helper()
	var rows trainingRows
	for _, photo := range photos {
		v, _, err := (&arithmeticEncoder{}).EncodeImages(t.Context(), [][]byte{o.Photos.(fstest.MapFS)[photo].Data})
		require.NoError(t, err)
		rows = append(rows, v[0])
	}
	return &Training{Name: "seen", Digest: "another", Encoder: &arithmeticEncoder{}, Index: rows, Threshold: 0.999}
}

// The findings without near-duplicates must be those of a run on photo folders without them.
func TestWithoutNearDuplicatesIsARunWithoutThosePhotos(t *testing.T) {
	o := smallOptions(4, 3, 6)
	o.Training = trained(t, o, "p000/01.jpg", "p000/04.jpg", "p005/02.jpg")
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))

	var found []NearDuplicate
	for _, m := range got.messages {
		if m.Duplicate != nil {
			found = append(found, *m.Duplicate)
		}
	}
	require.Len(t, found, 3)
	require.Equal(t, []string{"p000/01.jpg", "p000/04.jpg", "p005/02.jpg"}, []string{found[0].Photo, found[1].Photo, found[2].Photo})
	require.Equal(t, []int64{0, 1, 2}, []int64{found[0].Row, found[1].Row, found[2].Row})
	require.InDelta(t, 1, found[2].Similarity, 1e-5)
	compared := got.config().Training
	require.Equal(t, []int{42, 3, 2}, []int{compared.Photos, compared.Found, compared.Persons})
	require.Less(t, compared.Nearest, 0.999)
	require.True(t, compared.Exact)

	clean := smallOptions(4, 3, 6)
	for _, d := range found {
		delete(clean.Photos.(fstest.MapFS), d.Photo)
	}
	var want recorder
	require.NoError(t, Run(t.Context(), clean, &want))
	findings := got.findings()
	require.Len(t, findings, 14, "everybody twice")
	for i, w := range want.findings() {
		f := findings[7+i]
		require.Equal(t, "arithmetic without near-duplicates", f.Model)
		f.Model = w.Model
		require.Equal(t, w, f)
	}
	require.Equal(t, 6, findings[0].Photos)
	require.Equal(t, 4, findings[7].Photos)
	require.Equal(t, "arithmetic", got.summary(1).Of)
	require.Equal(t, want.summary(0).Confusion, got.summary(1).Confusion)
}

func TestModelsAreComparedWithThemselvesWithoutNearDuplicates(t *testing.T) {
	o := smallOptions(4, 3, 6)
	o.Training = trained(t, o, "p000/01.jpg")
	o.Training.Digest = o.Models[0].Digest // the model that made the index is audited: it encodes photos once
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	require.Empty(t, o.Models[0].Encoder.(*arithmeticEncoder).batches, "its encoder is Training's")
	var pairs []string
	for _, m := range got.messages {
		if m.Comparison != nil {
			pairs = append(pairs, m.Comparison.A+" | "+m.Comparison.B)
		}
	}
	require.Equal(t, []string{"arithmetic | arithmetic without near-duplicates"}, pairs)
}

func TestNoNearDuplicateMeansOneView(t *testing.T) {
	o := smallOptions(3, 3, 4)
	o.Training = trained(t, o)
	o.Training.Index = trainingRows{make([]float32, arithmeticDim)}
	var got recorder
	require.NoError(t, Run(t.Context(), o, &got))
	require.Len(t, got.findings(), 6)
	require.Zero(t, got.config().Training.Found)
}

// keptTexts is a cache in memory.
type keptTexts map[string]map[string][]float32

func (k keptTexts) Load(digest, template string) (map[string][]float32, error) {
	return k[digest+template], nil
}

func (k keptTexts) Store(digest, template string, names []string, vectors [][]float32) error {
	k[digest+template] = map[string][]float32{}
	for i, name := range names {
		k[digest+template][name] = vectors[i]
	}
	return nil
}

// countingEncoder counts the texts that it encodes.
type countingEncoder struct {
	arithmeticEncoder
	texts []string
}

func (e *countingEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	e.texts = append(e.texts, texts...)
	return e.arithmeticEncoder.EncodeTexts(ctx, texts)
}

func TestTextsAreEncodedOnceFromRunToRun(t *testing.T) {
	cache := keptTexts{}
	audit := func(change func(*Options)) (*recorder, *countingEncoder) {
		o, e, got := smallOptions(3, 3, 4), &countingEncoder{}, &recorder{}
		o.Models[0].Encoder, o.Texts = e, cache
		change(&o)
		require.NoError(t, Run(t.Context(), o, got))
		return got, e
	}
	first, encoder := audit(func(*Options) {})
	require.Len(t, encoder.texts, 21*156)
	again, encoder := audit(func(*Options) {})
	require.Empty(t, encoder.texts)
	require.Equal(t, first.findings(), again.findings())

	names := append([]string{"Somebody New"}, first.config().Names...)
	_, encoder = audit(func(o *Options) { o.Decoys, o.Names = 0, names })
	require.Len(t, encoder.texts, 21, "the new name alone, in every prompt")
	require.True(t, strings.Contains(encoder.texts[0], "Somebody New"))
	_, encoder = audit(func(o *Options) { o.Models[0].Digest = "another model" })
	require.Len(t, encoder.texts, 21*156, "what is kept is one model's")
}
