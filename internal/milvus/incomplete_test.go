package milvus

import (
	"context"
	"testing"
	"time"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// failingOver is a Milvus whose first answers lack rows, as a real one's do while a node fails
// over: no error, nil or fewer rows. Row i of its rows has score 1 - i/1000.
type failingOver struct {
	client.Client
	rows  int
	short []int // how many rows each of the first answers has
	asked int
}

// next is how many of limit rows the answer has that is due.
func (f *failingOver) next(limit int) int {
	f.asked++
	if f.asked <= len(f.short) {
		return min(limit, f.short[f.asked-1])
	}
	return limit
}

func (f *failingOver) Search(_ context.Context, _ string, _ []string, _ string, _ []string, queries []entity.Vector, _ string,
	_ entity.MetricType, k int, _ entity.SearchParam, _ ...client.SearchQueryOptionFunc) ([]client.SearchResult, error) {
	n := f.next(min(k, f.rows))
	var answer []client.SearchResult
	for range queries {
		ids, scores, erased := make([]int64, n), make([]float32, n), make([]bool, n)
		for i := range n {
			ids[i], scores[i] = int64(i), 1-float32(i)/1000
		}
		answer = append(answer, client.SearchResult{
			ResultCount: n, Scores: scores, IDs: entity.NewColumnInt64(fieldID, ids),
			Fields: client.ResultSet{entity.NewColumnBool(fieldErased, erased)},
		})
	}
	return answer, nil
}

// Query is only asked for the number of erased rows here: none.
func (f *failingOver) Query(context.Context, string, []string, string, []string, ...client.SearchQueryOptionFunc) (client.ResultSet, error) {
	return client.ResultSet{entity.NewColumnInt64("count(*)", []int64{0})}, nil
}

// storeOn is a store over a fake that has 40 rows of 2 dimensions.
func storeOn(sdk client.Client) *Store {
	kind, settings, _ := indexOf(flat, nil)
	l := label{Name: "people", Dimension: 2, Rows: 40}
	s := &Store{client: &Client{sdk: sdk, address: "db:19530", timeout: 400 * time.Millisecond}, name: l.Name}
	p := &part{label: l, collection: "people_image_g1", exact: true, kind: kind, settings: settings}
	s.current.Store(&generation{label: l, parts: map[retriever.Modality]*part{retriever.Image: p}})
	return s
}

func TestIncompleteAnswersAreAskedAgain(t *testing.T) {
	query := [][]float32{{1, 0}}
	tooFew := map[string][]int{"whole at once": nil, "empty first": {0}, "short twice": {39, 1}}
	for name, short := range tooFew {
		t.Run("top-k "+name, func(t *testing.T) {
			s := storeOn(&failingOver{rows: 40, short: short})
			hits, exact, err := s.TopK(t.Context(), retriever.Image, query, 40)
			require.NoError(t, err)
			require.True(t, exact)
			require.Len(t, hits[0], 40)
		})
		t.Run("range "+name, func(t *testing.T) {
			s := storeOn(&failingOver{rows: 40, short: short})
			visits := 0
			err := s.Range(t.Context(), retriever.Image, query, 0.9905, func(int, retriever.Hit) error {
				visits++
				return nil
			})
			require.NoError(t, err)
			require.Equal(t, 10, visits, "rows 0 to 9 have scores 1.000 to 0.991, row 10 has 0.990")
		})
	}
}

func TestAnswersThatStayIncompleteAreErrors(t *testing.T) {
	query := [][]float32{{1, 0}}
	s := storeOn(&failingOver{rows: 39}) // one of the 40 rows never comes
	_, _, err := s.TopK(t.Context(), retriever.Image, query, 40)
	require.ErrorContains(t, err, "39 rows instead of 40")
	require.ErrorContains(t, err, "db:19530")
	err = s.Range(t.Context(), retriever.Image, query, 0.99, func(int, retriever.Hit) error {
		t.Error("a hit of an incomplete answer was counted")
		return nil
	})
	require.ErrorContains(t, err, "39 rows instead of 40")
}

func TestARowThatComesTwiceIsNoCompleteAnswer(t *testing.T) {
	ids := entity.NewColumnInt64(fieldID, []int64{3, 3, 5})
	_, err := above(client.SearchResult{
		ResultCount: 3, Scores: []float32{1, 1, 1}, IDs: ids,
		Fields: client.ResultSet{entity.NewColumnBool(fieldErased, make([]bool, 3))},
	}, 0)
	require.ErrorContains(t, err, "2 rows instead of 3")
}
