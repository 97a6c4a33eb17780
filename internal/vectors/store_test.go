package vectors

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/storetest"
	"rollcall/retriever"
)

// erasing is a Store that can erase: it opens the folder again afterwards.
type erasing struct {
	*Store
	t testing.TB
}

func (e *erasing) Erase(ctx context.Context, ids []int64) error {
	dir := e.dir
	if _, err := Forget(ctx, dir, Order{IDs: ids}, nil); err != nil {
		return err
	}
	e.Store = openStore(e.t, dir)
	return nil
}

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T, data []retriever.RowBatch) storetest.Store {
		return &erasing{Store: openStore(t, buildIndex(t, data)), t: t}
	})
}

// TestConformanceBare runs the suite on folders without index.json.
func TestConformanceBare(t *testing.T) {
	storetest.Run(t, func(t *testing.T, data []retriever.RowBatch) storetest.Store {
		dir := buildIndex(t, data)
		makeBare(t, dir)
		return &erasing{Store: openStore(t, dir), t: t}
	})
}

func TestRoomsInterfaces(t *testing.T) {
	var s any = &Store{}
	require.Implements(t, (*retriever.Searcher)(nil), s)
	require.Implements(t, (*retriever.Counter)(nil), s)
	require.Implements(t, (*retriever.Rows)(nil), s)
	require.Implements(t, (*retriever.VectorSource)(nil), s)
	require.Implements(t, (*retriever.CaptionSource)(nil), s)
}
