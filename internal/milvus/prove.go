package milvus

import (
	"context"
	"fmt"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"golang.org/x/sync/errgroup"
)

// maxTopK is the most rows that one answer of Milvus holds.
const maxTopK = 16384

// prove waits until a collection is indexed and in memory and then shows that it holds every row
// exactly once: as many rows as there are ids, and every id.
func (c *Client) prove(ctx context.Context, t *target) error {
	if err := c.awaitIndex(ctx, t); err != nil {
		return err
	}
	if err := c.awaitLoaded(ctx, t.collection); err != nil {
		return err
	}
	err := c.eventually(ctx, "count "+t.collection, func(ctx context.Context) error {
		n, err := c.count(ctx, t.collection, "")
		if err == nil && n != t.Rows {
			return &incompleteError{n, t.Rows}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("%w: readers were not switched to it; publish again, or drop the collection first if this comes again", err)
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(inFlight)
	for first := int64(0); first < t.Rows; first += maxTopK {
		end := min(first+maxTopK, t.Rows)
		group.Go(func() error { return c.proveIDs(groupCtx, t.collection, first, end) })
	}
	return group.Wait()
}

// proveIDs shows that every id from first up to end is there.
func (c *Client) proveIDs(ctx context.Context, collection string, first, end int64) error {
	what := fmt.Sprintf("find rows %d to %d in %s", first, end-1, collection)
	return c.eventually(ctx, what, func(ctx context.Context) error {
		answer, err := c.query(ctx, collection, idFrom(first, end), entity.ClStrong, fieldID)
		if err != nil {
			return err
		}
		ids, err := values[int64](answer, fieldID)
		if err != nil {
			return err
		}
		distinct := make(map[int64]struct{}, len(ids))
		for _, id := range ids {
			distinct[id] = struct{}{}
		}
		if got := int64(len(distinct)); got != end-first {
			return &incompleteError{got, end - first}
		}
		return nil
	})
}

// count gives the number of rows that match, duplicates included.
func (c *Client) count(ctx context.Context, collection, expression string) (int64, error) {
	const counted = "count(*)"
	answer, err := c.query(ctx, collection, expression, entity.ClStrong, counted)
	if err != nil {
		return 0, err
	}
	n, err := values[int64](answer, counted)
	if err != nil {
		return 0, err
	}
	if len(n) != 1 {
		return 0, &incompleteError{int64(len(n)), 1}
	}
	return n[0], nil
}

// query asks for fields of the rows that match.
func (c *Client) query(ctx context.Context, collection, expression string, level entity.ConsistencyLevel, fields ...string) (client.ResultSet, error) {
	return c.sdk.Query(ctx, collection, nil, expression, fields, client.WithSearchQueryConsistencyLevel(level))
}

// values gives a column of an answer; an answer without rows may lack its columns.
func values[T any](answer client.ResultSet, field string) ([]T, error) {
	column := answer.GetColumn(field)
	if column == nil || column.Len() == 0 {
		return nil, nil
	}
	typed, ok := column.(interface{ Data() []T })
	if !ok {
		return nil, fmt.Errorf("field %s of the answer has type %s", field, column.Type().Name())
	}
	return typed.Data(), nil
}

// awaitLoaded brings a collection into memory and waits for it.
func (c *Client) awaitLoaded(ctx context.Context, collection string) error {
	err := c.eventually(ctx, "load "+collection, func(ctx context.Context) error {
		return c.sdk.LoadCollection(ctx, collection, true)
	})
	if err != nil {
		return err
	}
	return c.progress(ctx, "load "+collection, func(ctx context.Context) (bool, int64, error) {
		percent, err := c.sdk.GetLoadingProgress(ctx, collection, nil)
		return percent == 100, percent, err
	})
}
