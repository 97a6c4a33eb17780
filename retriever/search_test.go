package retriever

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TopK makes planeStore a Searcher: best first, ties by lower ID.
func (s planeStore) TopK(_ context.Context, _ Modality, queries [][]float32, k int) ([][]Hit, bool, error) {
	var out [][]Hit
	for _, q := range queries {
		var hits []Hit
		for id, v := range s {
			hits = append(hits, Hit{ID: int64(id), Score: q[0]*v[0] + q[1]*v[1]})
		}
		slices.SortStableFunc(hits, func(a, b Hit) int {
			if a.Score > b.Score {
				return -1
			}
			return 1
		})
		out = append(out, hits[:min(k, len(hits))])
	}
	return out, true, nil
}

// namedRows gives row i the caption "row i"; row 1 is erased.
type namedRows struct{}

func (namedRows) Get(_ context.Context, ids []int64) ([]Row, error) {
	var rows []Row
	for _, id := range ids {
		if id > 100 {
			return nil, fmt.Errorf("row %d is unknown", id)
		}
		rows = append(rows, Row{ID: id, Caption: fmt.Sprint("row ", id), Erased: id == 1})
	}
	return rows, nil
}

func (namedRows) Len(context.Context) (int64, error) { return 36, nil }

func TestSearch(t *testing.T) {
	r, err := Search(t.Context(), planeRows(), namedRows{}, Query{Vectors: [][]float32{at(1), at(182)}, K: 3})
	require.NoError(t, err)
	require.True(t, r.Exact)
	var captions []string
	for _, a := range r.Answers {
		for _, m := range a {
			captions = append(captions, m.Caption)
		}
	}
	// From 1 degree: 0, 10 (row 1, erased), 350. From 182: 180, 190, 170.
	require.Equal(t, []string{"row 0", "row 35", "row 18", "row 19", "row 17"}, captions)
	require.InDelta(t, math.Cos(math.Pi/180), r.Answers[0][0].Similarity, 1e-6)

	text, err := json.Marshal(r.Answers[0][1])
	require.NoError(t, err)
	require.Contains(t, string(text), `"caption":"row 35","similarity":0.98`) // cos 11 = .9816
}

func TestSearchMinSimilarity(t *testing.T) {
	least := float32(0.9)
	r, err := Search(t.Context(), planeRows(), namedRows{}, Query{Vectors: [][]float32{at(95), {0, 1e-20}}, K: 36, MinSimilarity: &least})
	require.NoError(t, err)
	require.Len(t, r.Answers[0], 6) // within 25 degrees of 95: 70..120
	require.Empty(t, r.Answers[1])
	require.NotNil(t, r.Answers[1]) // an empty list in JSON, not null
}

func TestSearchRefuses(t *testing.T) {
	two := float32(2)
	for want, q := range map[string]Query{
		"no query vector":  {K: 1},
		"k is 0":           {Vectors: [][]float32{at(0)}},
		"k is -1":          {Vectors: [][]float32{at(0)}, K: -1},
		"k is 100001":      {Vectors: [][]float32{at(0)}, K: MaxK + 1},
		`modality "sound"`: {Vectors: [][]float32{at(0)}, K: 1, Modality: "sound"},
		"similarity is 2":  {Vectors: [][]float32{at(0)}, K: 1, MinSimilarity: &two},
		"query vector 2":   {Vectors: [][]float32{at(0), {0, float32(math.Inf(1))}}, K: 1},
		"query vector 1":   {Vectors: [][]float32{{}}, K: 1},
	} {
		_, err := Search(t.Context(), planeRows(), namedRows{}, q)
		require.ErrorContains(t, err, want)
	}
}

func TestSearchUnknownRow(t *testing.T) {
	rows := make(planeStore, 150)
	for i := range rows {
		rows[i] = at(0)
	}
	_, err := Search(t.Context(), rows, namedRows{}, Query{Vectors: [][]float32{at(0)}, K: 150})
	require.ErrorContains(t, err, "reading the rows found: row 101 is unknown")
}
