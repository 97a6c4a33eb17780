package retriever

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imagesAt are the image vectors of rows in memory.
type imagesAt [][]float32

func (v imagesAt) TopK(_ context.Context, _ Modality, queries [][]float32, k int) ([][]Hit, bool, error) {
	out := make([][]Hit, len(queries))
	for q := range queries {
		for i := range v {
			out[q] = append(out[q], Hit{int64(i), dot(unit(queries[q]), v[i])})
		}
		slices.SortStableFunc(out[q], func(a, b Hit) int { return cmp.Compare(b.Score, a.Score) })
		out[q] = out[q][:min(k, len(out[q]))]
	}
	return out, true, nil
}

func (v imagesAt) Vectors(_ context.Context, _ Modality, ids []int64) ([][]float32, error) {
	out := make([][]float32, len(ids))
	for i, id := range ids {
		out[i] = v[id]
	}
	return out, nil
}

// The third number of a vector is its place among photos, the first two are what CLIP sees of the
// names: (1, 0) is Ann's, (0, 1) Bob's.
//
// Ann's two photos have the rows 0, 1 and 1, 2 as their two nearest. Of these four neighbours CLIP
// gives row 0 (once) to Ann and rows 1 (twice) and 2 to Bob: .25. A face of row 1 is Ann's: .5.
func presenceInput() PresenceInput {
	photo := func(x float32) []float32 { return unit([]float32{0, 0, 1, x}) }
	row := func(ann, bob, x float32) []float32 { return unit([]float32{ann, bob, 1, x}) }
	return PresenceInput{
		Roster:     &Roster{Persons: []Person{{ID: "ann", Name: "Ann Lee"}, {ID: "bob", Name: "Bob Ray"}, {ID: "cat", Name: "Cat Poe"}}},
		Photos:     []References{{Vectors: [][]float32{photo(0), nil, photo(2.2)}}, {Vectors: [][]float32{photo(-9)}}, {}},
		Names:      [][]float32{{1, 0, 0, 0}, {0, 1, 0, 0}, {0, 0, -1, 0}},
		Index:      imagesAt{row(0.1, 0, 0), row(0, 0.1, 1), row(0, 0.1, 3), row(0.1, 0, -9), row(0, 0.1, -8)},
		Vectors:    imagesAt{row(0.1, 0, 0), row(0, 0.1, 1), row(0, 0.1, 3), row(0.1, 0, -9), row(0, 0.1, -8)},
		FacePhotos: []References{{Vectors: [][]float32{nil, {1, 0}, nil}}, {Vectors: [][]float32{{0, 1}}}, {}},
		Faces:      facesAt{{1, []float32{0.6, 0.8}}, {1, []float32{0.8, 0.6}}, {2, []float32{0, 1}}},
	}
}

func TestJudgePresence(t *testing.T) {
	in := presenceInput()
	var votes []string
	in.Evidence = func(v PresenceVote) error {
		e := VoteEvidence(in.Roster, v, nil)
		votes = append(votes, fmt.Sprintf("%s of row %d for %s, photo %d", e.Kind, e.Row, e.ID, *e.Reference))
		return nil
	}
	got, err := JudgePresence(t.Context(), in, PresenceRule{Neighbours: 2, NameShare: 0.25, FaceShare: 0.5})
	require.NoError(t, err)
	require.True(t, got.Exact)
	require.Equal(t, Presence{
		Photos: 2, Unusable: 1, Neighbours: 4, Rows: 3, NameVotes: ptr(1), NameShare: ptr(0.25), FaceVotes: ptr(2), FaceShare: ptr(0.5), Member: ptr(false),
	}, got.Persons[0], "shares at the bounds are absence")
	// Bob's neighbours are rows 3 and 4; row 4 is his by name, and neither has a face.
	require.Equal(t, Presence{Photos: 1, Neighbours: 2, Rows: 2, NameVotes: ptr(1), NameShare: ptr(0.5), FaceVotes: ptr(0), FaceShare: ptr(0.0), Member: ptr(true)}, got.Persons[1])
	require.Equal(t, Presence{}, got.Persons[2])
	require.Equal(t, []string{"cat was not judged: none of the 0 photos is usable"}, got.Warnings)
	require.Equal(t, []string{"name vote of row 0 for ann, photo 0", "face vote of row 1 for ann, photo 2", "name vote of row 4 for bob, photo 0"}, votes)

	// A face at .8 is nobody's from .9 on.
	got, err = JudgePresence(t.Context(), in, PresenceRule{Neighbours: 2, NameShare: 0.25, FaceShare: 0.5, FaceThreshold: 0.9})
	require.NoError(t, err)
	require.Equal(t, 0, *got.Persons[0].FaceVotes)

	// Without faces a small share of names decides nothing, a large one does.
	in.Faces, in.FacePhotos = nil, nil
	got, err = JudgePresence(t.Context(), in, PresenceRule{Neighbours: 2, NameShare: 0.25})
	require.NoError(t, err)
	require.Nil(t, got.Persons[0].Member)
	require.Nil(t, got.Persons[0].FaceShare)
	require.True(t, *got.Persons[1].Member)

	for _, rule := range []PresenceRule{{Neighbours: -1}, {NameShare: 1}, {FaceShare: -0.1}, {FaceThreshold: 2}} {
		_, err := JudgePresence(t.Context(), in, rule)
		require.ErrorContains(t, err, "who is in the data:", "%+v", rule)
	}
}

// Two persons of one name share CLIP's votes for it, whichever comes first: no row is closer to Cat's.
func TestJudgePresenceOfHomonyms(t *testing.T) {
	in := presenceInput()
	in.Roster.Persons[0].Name = "Bob Ray"
	in.Names[0] = in.Names[1]
	got, err := JudgePresence(t.Context(), in, PresenceRule{Neighbours: 2})
	require.NoError(t, err)
	require.Equal(t, 4, *got.Persons[0].NameVotes)
	require.Equal(t, 2, *got.Persons[1].NameVotes)
}

func TestWriteCountsCSVOfPresence(t *testing.T) {
	in := presenceInput()
	got, err := JudgePresence(t.Context(), in, PresenceRule{Neighbours: 2})
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, WriteCountsCSV(&b, PresenceCounts(in.Roster, got)))
	lines, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"mode", "neighbours", "name_share", "face_share", "membership"}, lines[0][12:])
	require.Equal(t, []string{"ann", "Ann Lee", "", "", "", "", "", "", "", "", "", "false", "cc3m", "4", "0.25", "0.5", "member"}, lines[1])
	require.Equal(t, []string{"cc3m", "0", "", "", ""}, lines[3][12:])
	read, err := ReadCounts(strings.NewReader(b.String()))
	require.NoError(t, err)
	require.Nil(t, read["ann"].Estimate)
}
