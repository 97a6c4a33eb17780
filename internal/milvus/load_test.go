package milvus

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// gatedInserts passes inserts on to the engine, the first four of them together only.
type gatedInserts struct {
	client.Client
	mu        sync.Mutex
	now, most int
	sizes     []int
	together  chan struct{} // closed when as many are under way as may be
}

func (g *gatedInserts) Insert(ctx context.Context, collection, partition string, columns ...entity.Column) (entity.Column, error) {
	size := 0
	for _, c := range columns {
		if texts, ok := c.(*entity.ColumnVarChar); ok {
			for _, text := range texts.Data() {
				size += len(text)
			}
		}
	}
	g.mu.Lock()
	g.now++
	g.sizes = append(g.sizes, size)
	if g.most = max(g.most, g.now); g.most == inFlight {
		select {
		case <-g.together:
		default:
			close(g.together)
		}
	}
	g.mu.Unlock()
	defer func() {
		g.mu.Lock()
		g.now--
		g.mu.Unlock()
	}()
	select {
	case <-g.together:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return g.Client.Insert(ctx, collection, partition, columns...)
}

// TestSeveralInsertsInFlight loads rows of long captions: four inserts of 8 MiB each are under way at a
// time, no more, and every row arrives.
func TestSeveralInsertsInFlight(t *testing.T) {
	t.Parallel()
	c := dial(t)
	data := someRows(31, 800)
	for i := range data[0].Rows {
		data[0].Rows[i].Caption = fmt.Sprintf("%d %060000d", i, 0)
	}
	spec := specOf("flying", "g1", data)
	spec.IndexType = flat
	gate := &gatedInserts{Client: c.sdk, together: make(chan struct{})}
	gated := *c
	gated.sdk = gate
	targets := spec.targets()[:1]
	require.NoError(t, c.prepare(t.Context(), targets[0]))
	require.NoError(t, gated.load(t.Context(), targets, sourceOf(data)))
	require.Equal(t, inFlight, gate.most)
	require.Len(t, gate.sizes, 6, "48 MB of captions, 8 MiB at a time")
	for _, size := range gate.sizes {
		require.LessOrEqual(t, size, insertBytes+maxText)
	}
	require.NoError(t, c.prove(t.Context(), targets[0]))
	n, err := c.count(t.Context(), targets[0].collection, "")
	require.NoError(t, err)
	require.Equal(t, int64(len(data[0].Rows)), n)
	require.Equal(t, retriever.Image, targets[0].Modality)
}
