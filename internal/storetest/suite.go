package storetest

import (
	"context"
	"testing"

	"rollcall/retriever"
)

// Store is what the suite asks of a vector store: all that retriever asks, and erasure.
//
// Erase removes the content of rows for good: their numbers stay, their vectors become zero and
// no search returns them. Erasing an erased row changes nothing; an id that the store does not
// hold is an error that names it, and then no row is erased.
type Store interface {
	retriever.Searcher
	retriever.Counter
	retriever.Rows
	retriever.VectorSource
	Erase(ctx context.Context, ids []int64) error
}

// Run runs the whole suite, its parts side by side. It opens five stores: 1,000 rows of 64 dimensions twice, 96 rows of
// 64 dimensions twice and 20,000 rows of 8.
//
// open makes a store that holds exactly data, whose rows number 0, 1, 2, ... over the batches, and
// registers its own clean-up with t. All batches of one call have the same modalities and
// dimension, and every value of a vector is exact in float16. An approximate index has no place
// here: the suite demands exact answers.
func Run(t *testing.T, open func(t *testing.T, data []retriever.RowBatch) Store) {
	t.Run("random", func(t *testing.T) {
		t.Parallel()
		d := randomData(1000, 64)
		s := open(t, d.batches(400, 1, 250))
		t.Run("top-k", func(t *testing.T) { testTopK(t, s, d) })
		t.Run("range", func(t *testing.T) { testRange(t, s, d) })
		t.Run("rows", func(t *testing.T) { testRows(t, s, d) })
		t.Run("vectors", func(t *testing.T) { testVectors(t, s, d) })
		t.Run("refusals", func(t *testing.T) { testRefusals(t, s) })
		t.Run("cancel", func(t *testing.T) { testCancel(t, s, d) })
	})
	t.Run("edges", func(t *testing.T) {
		t.Parallel()
		d := edgeData()
		s := open(t, d.batches(40))
		t.Run("ties", func(t *testing.T) { testTies(t, s) })
		t.Run("boundary", func(t *testing.T) { testBoundary(t, s) })
	})
	t.Run("images only", func(t *testing.T) {
		t.Parallel()
		d := edgeData()
		d.text = nil
		testOneModality(t, open(t, d.batches(96)), d)
	})
	t.Run("past the limit of one answer", func(t *testing.T) {
		t.Parallel()
		d := randomData(20000, 8)
		testPastLimit(t, open(t, d.batches(7000)), d)
	})
	t.Run("erase", func(t *testing.T) {
		t.Parallel()
		d := randomData(1000, 64)
		testErase(t, open(t, d.batches(300, 300)), d)
	})
}
