package milvus

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestWithdraw takes an index out of Milvus: what readers see, what a publication that was cut off
// left, and nothing that another index has published under the name since.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	c := dial(t)
	first, second := someRows(51, 60), someRows(52, 80, 20)
	spec := specOf("withdrawn", "g1", first)
	spec.Fingerprint = "f1"
	require.NoError(t, c.Publish(t.Context(), spec, sourceOf(first)))
	next := specOf("withdrawn", "g2", second)
	next.Fingerprint = "f2"
	cut := errors.New("cut off")
	require.ErrorIs(t, c.Publish(t.Context(), next, func(_ context.Context, visit func(retriever.RowBatch) error) error {
		return errors.Join(visit(second[0]), cut)
	}), cut)

	require.NoError(t, c.Withdraw(t.Context(), "withdrawn", "f2"))
	requireHolds(t, c, spec, first)
	_, found, err := c.describe(t.Context(), "withdrawn_image_g2")
	require.NoError(t, err)
	require.False(t, found, "half of the second index")

	require.NoError(t, c.Withdraw(t.Context(), "withdrawn", "f1"))
	names, err := c.Collections(t.Context())
	require.NoError(t, err)
	for _, name := range names {
		require.NotContains(t, name, "withdrawn")
	}
	_, err = Open(t.Context(), c, "withdrawn")
	require.ErrorContains(t, err, "withdrawn")
	require.NoError(t, c.Withdraw(t.Context(), "withdrawn", "f1"), "again: there is nothing")
}
