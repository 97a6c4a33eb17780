package milvus

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/storetest"
	"rollcall/retriever"
)

// The store is all of these.
var (
	_ storetest.Store         = (*Store)(nil)
	_ retriever.CaptionSource = (*Store)(nil)
)

func TestConformance(t *testing.T) {
	t.Parallel()
	c := dial(t)
	var opened atomic.Int64
	storetest.Run(t, func(t *testing.T, data []retriever.RowBatch) storetest.Store {
		spec := specOf(fmt.Sprintf("conformance%d", opened.Add(1)), "g1", data)
		require.NoError(t, c.Publish(t.Context(), spec, sourceOf(data)))
		s, err := Open(t.Context(), c, spec.Name)
		require.NoError(t, err)
		return s
	})
}

// specOf describes batches as an index.
func specOf(name, generation string, data []retriever.RowBatch) PublishSpec {
	spec := PublishSpec{
		Name: name, Generation: generation, Fingerprint: "fingerprint of " + generation,
		Model:    indexer.ModelInfo{Name: "test model", Digest: "d1"},
		HasImage: data[0].Image != nil, HasText: data[0].Text != nil,
	}
	for _, b := range data {
		spec.Rows += int64(len(b.Rows))
	}
	if spec.HasImage {
		spec.Dimension = len(data[0].Image[0])
	} else {
		spec.Dimension = len(data[0].Text[0])
	}
	return spec
}

// sourceOf streams batches.
func sourceOf(data []retriever.RowBatch) Source {
	return func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		for _, b := range data {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := visit(b); err != nil {
				return err
			}
		}
		return nil
	}
}
