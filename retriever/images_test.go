package retriever

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

// planeStore compares unit vectors in the plane, every row with every query. It is the arithmetic
// of a store without one.
type planeStore [][]float32

// at gives the unit vector at an angle in degrees; the cosine of two is that of their difference.
func at(degrees float64) []float32 {
	return []float32{float32(math.Cos(degrees * math.Pi / 180)), float32(math.Sin(degrees * math.Pi / 180))}
}

func (s planeStore) Range(ctx context.Context, _ Modality, queries [][]float32, least float32, visit func(int, Hit) error) error {
	for id := len(s) - 1; id >= 0; id-- { // no particular order
		for q, v := range queries {
			score := v[0]*s[id][0] + v[1]*s[id][1]
			if score < least {
				continue
			}
			if err := visit(q, Hit{ID: int64(id), Score: score}); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// Rows at 0, 10, ... 350 degrees; cos 25 = .906, so threshold .9 takes rows within 25 degrees.
func planeRows() planeStore {
	var s planeStore
	for i := range 36 {
		s = append(s, at(float64(10*i)))
	}
	return s
}

func TestCountImages(t *testing.T) {
	refs := []References{
		{Vectors: [][]float32{at(0), at(12), nil}}, // rows 340..20 and 350..30: the union is 340..30
		{},
		{Vectors: [][]float32{nil}},
		{Vectors: [][]float32{at(95)}}, // 70..120 within 25 degrees
	}
	var evidence []ImageHit
	got, err := CountImages(t.Context(), planeRows(), refs, 0.9, ImageOptions{Evidence: func(h ImageHit) error {
		evidence = append(evidence, h)
		return nil
	}})
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(&ImageCounts{
		Threshold: 0.9,
		Persons: []PersonImages{
			{Rows: ptr(int64(6)), Photos: 2, Unusable: 1}, {}, {Unusable: 1}, {Rows: ptr(int64(6)), Photos: 1},
		},
		Warnings: []string{
			"images of person 2 were not counted: none of the 0 photos is usable",
			"images of person 3 were not counted: none of the 1 photos is usable",
		},
	}, got))
	require.Len(t, evidence, 12)
	var rows, references []int64
	for _, h := range evidence[:6] {
		rows, references = append(rows, h.Row), append(references, int64(h.Reference))
	}
	require.Equal(t, []int64{0, 1, 2, 3, 34, 35}, rows)
	require.Equal(t, []int64{0, 1, 1, 1, 0, 0}, references) // the closer photo: 12 degrees from row 1 on
	require.InDelta(t, math.Cos(2*math.Pi/180), evidence[1].Score, 1e-6)
}

func TestCountImagesMergesManyReferences(t *testing.T) {
	var refs References
	for range 200 {
		refs.Vectors = append(refs.Vectors, at(0))
	}
	got, err := CountImages(t.Context(), planeRows(), []References{refs}, -1, ImageOptions{MaxHits: 2000})
	require.NoError(t, err)
	require.EqualValues(t, 36, *got.Persons[0].Rows) // 7,200 hits of 36 rows
}

func TestCountImagesErrors(t *testing.T) {
	one := []References{{Vectors: [][]float32{at(0)}}}
	for _, bad := range []float32{1.5, -2, float32(math.NaN())} {
		_, err := CountImages(t.Context(), planeRows(), one, bad, ImageOptions{})
		require.ErrorContains(t, err, "use a number from -1 to 1")
	}
	_, err := CountImages(t.Context(), planeRows(), one, -1, ImageOptions{MaxHits: 35})
	require.ErrorContains(t, err, "more than 35 hits at threshold -1")
	_, err = CountImages(t.Context(), planeRows(), one, 0, ImageOptions{MaxHits: -1})
	require.Error(t, err)
	_, err = CountImages(t.Context(), planeRows(), []References{{Vectors: [][]float32{{0, 0}}}}, 0, ImageOptions{})
	require.ErrorContains(t, err, "person 1's photo 1")
	full := errors.New("disk full")
	_, err = CountImages(t.Context(), planeRows(), one, 0, ImageOptions{Evidence: func(ImageHit) error { return full }})
	require.ErrorIs(t, err, full)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = CountImages(ctx, planeRows(), one, 0, ImageOptions{})
	require.ErrorIs(t, err, context.Canceled)
}

// Rows ten degrees apart: cos 10 = .985 joins neighbours. Around 0 the rows 340..20 are one chain
// over 350; a photo at 180 degrees of the same person adds the chain 160..200. Two groups, the
// first named after row 0 and the second after row 16.
func TestCountImagesGroupsNearDuplicates(t *testing.T) {
	refs := []References{{Vectors: [][]float32{at(0), at(180)}}}
	index := planeIndex{planeStore: planeRows()}
	groups := map[int64][]int64{}
	got, err := CountImages(t.Context(), index, refs, 0.9, ImageOptions{Vectors: index, Evidence: func(h ImageHit) error {
		groups[*h.Group] = append(groups[*h.Group], h.Row)
		return nil
	}})
	require.NoError(t, err)
	require.EqualValues(t, 10, *got.Persons[0].Rows)
	require.Equal(t, &Groups{Either: 2, ByVector: 2}, got.Persons[0].Groups)
	require.Equal(t, map[int64][]int64{0: {0, 1, 2, 34, 35}, 16: {16, 17, 18, 19, 20}}, groups)
}

func TestCountImagesSaysWhenRowsAreTooManyToGroup(t *testing.T) {
	index := planeIndex{planeStore: slices.Repeat(planeStore{at(0)}, MaxGrouped+1)}
	got, err := CountImages(t.Context(), index, []References{{Vectors: [][]float32{at(0)}}}, 0.9, ImageOptions{Vectors: index})
	require.NoError(t, err)
	require.Nil(t, got.Persons[0].Groups)
	require.Equal(t, []string{"near-duplicates among the images of person 1 were not grouped: 2049 rows are more than 2048"}, got.Warnings)
}
