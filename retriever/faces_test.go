package retriever

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// facesAt are faces in memory, in the order of rows: the row and the vector of each.
type facesAt []struct {
	row    int64
	vector []float32
}

func (f facesAt) TopFaces(ctx context.Context, queries [][]float32, k int) ([][]FaceHit, error) {
	out := make([][]FaceHit, len(queries))
	err := f.RangeFaces(ctx, queries, -1, func(q int, h FaceHit) error {
		out[q] = append(out[q], h)
		return nil
	})
	for q := range out {
		slices.SortStableFunc(out[q], func(a, b FaceHit) int { return cmp.Compare(b.Similarity, a.Similarity) })
		out[q] = out[q][:min(k, len(out[q]))]
	}
	return out, err
}

func (f facesAt) RangeFaces(_ context.Context, queries [][]float32, least float32, visit func(int, FaceHit) error) error {
	for id := range f {
		for q, query := range queries {
			if score := dot(unit(query), f[id].vector); score >= least {
				if err := visit(q, FaceHit{f.face(id), score}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (f facesAt) FacesOf(_ context.Context, rows []int64, visit func(StoredFace, []float32) error) error {
	for id := range f {
		if slices.Contains(rows, f[id].row) {
			if err := visit(f.face(id), f[id].vector); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f facesAt) NumFaces(context.Context) (int64, error) { return int64(len(f)), nil }

func (f facesAt) FacesAt(_ context.Context, ids []int64, visit func(StoredFace, []float32) error) error {
	for _, id := range ids {
		if err := visit(f.face(int(id)), f[id].vector); err != nil {
			return err
		}
	}
	return nil
}

func (f facesAt) face(id int) StoredFace {
	return StoredFace{ID: int64(id), Row: f[id].row, Box: Box{Left: float32(id)}, Score: 0.9}
}

// captionsAt are rows that have nothing but a caption; "-" is an erased one.
type captionsAt []string

func (c captionsAt) Len(context.Context) (int64, error) { return int64(len(c)), nil }

func (c captionsAt) Get(_ context.Context, ids []int64) ([]Row, error) {
	rows := make([]Row, len(ids))
	for i, id := range ids {
		rows[i] = Row{ID: id, Caption: c[id], Erased: c[id] == "-"}
	}
	return rows, nil
}

// Row 1 has two faces that match, the second better; row 2 none; row 3 one that matches only Bob.
// Cosines by hand: (.6,.8)(.8,.6) = .96, (.6,.8)(1,0) = .6.
func smallFaces() facesAt {
	return facesAt{{1, []float32{1, 0}}, {1, []float32{0.8, 0.6}}, {2, []float32{0, -1}}, {3, []float32{0, 1}}}
}

func TestCountFaces(t *testing.T) {
	refs := []References{{Vectors: [][]float32{{0.6, 0.8}, nil}, NoFace: 1}, {Vectors: [][]float32{{0, 1}}}, {}}
	var seen []string
	got, err := CountFaces(t.Context(), smallFaces(), refs, 0.59, FaceOptions{Evidence: func(m FaceMatch) error {
		seen = append(seen, fmt.Sprintf("%d: row %d photo %d face %d at %v, %.2f", m.Person, m.Row, m.Reference, m.Face.ID, m.Face.Left, m.Score))
		return nil
	}})
	require.NoError(t, err)
	require.Equal(t, []string{
		"0: row 1 photo 0 face 1 at 1, 0.96", "0: row 3 photo 0 face 3 at 3, 0.80",
		"1: row 1 photo 0 face 1 at 1, 0.60", "1: row 3 photo 0 face 3 at 3, 1.00",
	}, seen)
	require.Equal(t, PersonImages{Rows: ptr(int64(2)), Photos: 1, Unusable: 1}, got.Persons[0])
	require.Nil(t, got.Persons[2].Rows)
	require.Equal(t, []string{"faces of person 3 were not counted: none of the 0 photos is usable"}, got.Warnings)

	_, err = CountFaces(t.Context(), smallFaces(), refs, 2, FaceOptions{})
	require.ErrorContains(t, err, "counting faces: threshold 2 is no cosine")
	_, err = CountFaces(t.Context(), smallFaces(), refs, 0, FaceOptions{Evidence: func(FaceMatch) error { return errors.New("full") }})
	require.ErrorContains(t, err, "counting faces: full")
}

func TestSearchFaces(t *testing.T) {
	rows := captionsAt{"", "one", "two", "-"}
	got, err := SearchFaces(t.Context(), smallFaces(), rows, FaceQuery{Vectors: [][]float32{{3, 4}}, K: 3, MinSimilarity: ptr(float32(0.1))})
	require.NoError(t, err)
	require.True(t, got.Exact)
	require.Len(t, got.Answers[0], 2, "row 3 is erased, and row 2 too far")
	require.Equal(t, []int64{1, 1}, []int64{got.Answers[0][0].ID, got.Answers[0][1].ID})
	require.Equal(t, "one", got.Answers[0][0].Caption)
	require.InDelta(t, 0.96, got.Answers[0][0].Similarity, 1e-6)
	require.Equal(t, int64(1), got.Answers[0][0].Face.ID)
	for want, q := range map[string]FaceQuery{
		"face search: there is no query vector":       {K: 1},
		"face search: k is 0":                         {Vectors: [][]float32{{1, 0}}},
		"face search: query vector 1 is empty, all z": {Vectors: [][]float32{{0, 0}}, K: 1},
	} {
		_, err := SearchFaces(t.Context(), smallFaces(), rows, q)
		require.ErrorContains(t, err, want)
	}

	var page strings.Builder
	require.NoError(t, WriteResultHTML(t.Context(), &page, got, Gallery{Title: "faces"}))
	require.Contains(t, page.String(), "row 1")
}

// 10 of 10 photos found: the share found is at least .0125^(1/10) = .645.
// Of nothing counted, n rows are missed with probability .355^n, above .0125 up to n = 4 (.0158).
// Of one counted, .355^n + n*.645*.355^(n-1): .0238 at n = 6, .0097 at n = 7. Of three, likewise
// added up in Python's math.comb: .0281 at n = 10, .0134 at n = 11 and .0062 at n = 12.
func TestFaceInterval(t *testing.T) {
	sure := FaceTrial{Photos: 10, Found: 10, All: true}
	for _, c := range []struct {
		name      string
		trial     FaceTrial
		counted   int64
		low, high float64
	}{
		{"nothing counted", sure, 0, 0, 4},
		{"one counted", sure, 1, 1, 6},
		{"two of three do not mention the person", FaceTrial{Photos: 10, Found: 10, Rows: 90, False: 2, All: true}, 3, 1, 11},
		{"one photo says nothing of what is missed", FaceTrial{Photos: 1, All: true}, 3, 3, 1000},
		{"no photo is found again", FaceTrial{Photos: 9, All: true}, 3, 3, 1000},
		// None of 100 random rows: at most 1 - .025^(1/100) = 3.62 % of 1,000.
		{"a sample of the rows", FaceTrial{Photos: 10, Found: 10, Rows: 100}, 50, 50 - 1000*0.03621669, 114},
	} {
		t.Run(c.name, func(t *testing.T) {
			low, high := c.trial.Interval(c.counted, 1000)
			require.InDelta(t, c.low, low, 1e-4)
			if c.counted == 50 { // checked with scipy.stats.binom.cdf(50, n, .645...)
				require.Greater(t, binomialAtMost(50, int64(high), 0.6451848), 0.0125)
				require.Less(t, binomialAtMost(50, int64(high)+1, 0.6451848), 0.0125)
				return
			}
			require.InDelta(t, c.high, high, 1e-9)
		})
	}
}

// binomialAtMost adds up P(Bin(n, p) = k) for k up to x, each from the one before.
func binomialAtMost(x, n int64, p float64) (sum float64) {
	term := 1.0
	for range n {
		term *= 1 - p
	}
	for k := range x + 1 {
		sum += term
		term *= float64(n-k) / float64(k+1) * p / (1 - p)
	}
	return sum
}

// Ann has three photos, of which two are alike and one shows no face; Bob's two are unlike. Of the
// four rows one is erased and one mentions Ann: two are left for her, three for Bob.
func TestTryFaces(t *testing.T) {
	refs := []References{
		{Vectors: [][]float32{{1, 0}, {0.8, 0.6}, nil}, NoFace: 1},
		{Vectors: [][]float32{{1, 0}, {0, 1}}},
	}
	rows := captionsAt{"Ann Lee at a gala", "nobody", "-", "a tree"}
	got, err := TryFaces(t.Context(), rows, twoPersons(), Matched{refs, 0.7, [][]int64{{0, 1}, {0, 3}}}, Calibration{})
	require.NoError(t, err)
	require.Equal(t, []FaceTrial{
		{Photos: 3, Found: 2, Rows: 2, False: 1, All: true},
		{Photos: 2, Found: 0, Rows: 3, False: 2, All: true},
	}, got)
	got, err = TryFaces(t.Context(), rows, twoPersons(), Matched{refs, 0.7, make([][]int64, 2)}, Calibration{Rows: 1})
	require.NoError(t, err)
	require.False(t, got[0].All)
}

// A face in a row that mentions Ann is not compared with her photo: of 2 photos and 4 faces one pair
// is left out, and one pair is of different persons.
func TestCalibrateFaces(t *testing.T) {
	refs := []References{{Vectors: [][]float32{{1, 0}}}, {Vectors: [][]float32{{0, 1}}}}
	rows := captionsAt{"", "nobody", "Ann Lee", "nobody"}
	got, err := CalibrateFaces(t.Context(), smallFaces(), rows, twoPersons(), refs, Calibration{FMR: 0.3})
	require.NoError(t, err)
	require.Equal(t, []int{1, 7, 4, 1}, []int{got.PersonPairs, got.RowPairs, got.Rows, got.LeftOut})
	// The cosines of the 8 pairs are 1, 1, .8 ...: three tenths allow two pairs, and the third must go.
	require.InDelta(t, 0.8, got.Value, 1e-6)
	_, err = CalibrateFaces(t.Context(), smallFaces(), rows, twoPersons(), refs, Calibration{FMR: 0.2})
	require.ErrorContains(t, err, "2 of 8 pairs that should not match have a cosine of 1")
}
