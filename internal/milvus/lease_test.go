package milvus

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestTwoPublishersOfOneName runs a second publisher while the first reads its source: it is refused
// and changes nothing. After the first it may.
func TestTwoPublishersOfOneName(t *testing.T) {
	t.Parallel()
	c := dial(t)
	second := dialAs(t, Config{Address: c.address, Username: testUser, Password: testPassword})
	ours, theirs := someRows(41, 50), someRows(42, 60)
	spec, other := specOf("contended", "g1", ours), specOf("contended", "g2", theirs)
	require.NoError(t, c.Publish(t.Context(), spec, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		err := second.Publish(ctx, other, func(context.Context, func(retriever.RowBatch) error) error {
			t.Error("two publishers at once")
			return nil
		})
		require.ErrorContains(t, err, "has been publishing under this name since")
		return sourceOf(ours)(ctx, visit)
	}))
	requireHolds(t, c, spec, ours)
	_, found, err := c.describe(t.Context(), "contended_image_g2")
	require.NoError(t, err)
	require.False(t, found)
	require.NoError(t, second.Publish(t.Context(), other, sourceOf(theirs)))
	requireHolds(t, c, other, theirs)
}

// TestPublisherThatDied takes over from a publisher that shows no life, which then, should it wake,
// does not switch readers.
func TestPublisherThatDied(t *testing.T) {
	if testing.Short() {
		t.Skip("waits 20 s for a dead publisher")
	}
	t.Parallel()
	c := dial(t)
	dead := &lease{c, "orphaned_publishing", holder{Token: "of the dead", Process: "1 on nowhere", Since: time.Now()}}
	require.NoError(t, dead.take(t.Context()))
	data := someRows(43, 30)
	spec := specOf("orphaned", "g1", data)
	start := time.Now()
	require.NoError(t, c.Publish(t.Context(), spec, sourceOf(data)))
	require.Greater(t, time.Since(start), leaseLost)
	requireHolds(t, c, spec, data)
	require.ErrorIs(t, dead.check(t.Context()), errLeaseLost)
	now, err := dead.look(t.Context())
	require.NoError(t, err)
	require.Zero(t, now, "the lease is dropped after use")
}

// TestLeaseIsGivenBack after a failure too.
func TestLeaseIsGivenBack(t *testing.T) {
	t.Parallel()
	c := dial(t)
	broken := errors.New("disk gone")
	require.ErrorIs(t, c.holding(t.Context(), "given", func(context.Context, *lease) error { return broken }), broken)
	now, err := (&lease{client: c, collection: "given_publishing"}).look(t.Context())
	require.NoError(t, err)
	require.Zero(t, now)
}
