package milvus

import (
	"context"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// Erase removes the content of rows from every collection of the index: their numbers stay, no
// search returns them. An id that the index does not have is an error, and then no row is erased;
// erasing an erased row changes nothing. When Erase returns, no answer of this store holds the
// rows, and other processes' answers hold them for five seconds at most. Milvus removes the old
// content from its disks when it compacts, which is asked for, and then collects garbage, which it
// does by its own settings.
func (s *Store) Erase(ctx context.Context, ids []int64) error {
	distinct := slices.Clone(ids)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	err := s.pinned(ctx, nil, func(ctx context.Context, g *generation) error {
		if err := checkIDs(g.any(), distinct); err != nil {
			return err
		}
		if len(distinct) == 0 {
			return nil
		}
		s.erasure.Store(time.Now().UnixNano())
		group, ctx := errgroup.WithContext(ctx)
		for _, p := range g.parts {
			group.Go(func() error { return s.client.erase(ctx, p, distinct) })
		}
		err := group.Wait()
		s.erasure.Store(time.Now().UnixNano())
		return err
	})
	if err != nil {
		return fmt.Errorf("erase rows: %w", err)
	}
	return nil
}

// erase replaces rows by rows without content and has the old ones removed from storage.
func (c *Client) erase(ctx context.Context, p *part, ids []int64) error {
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows := &block{dimension: p.Dimension}
		for _, id := range some {
			rows.addErased(id)
		}
		err := c.eventually(ctx, "erase rows of "+p.collection, func(ctx context.Context) error {
			_, err := c.sdk.Upsert(ctx, p.collection, "", rows.columns()...)
			return err
		})
		if err != nil {
			return err
		}
		err = c.eventually(ctx, "check the erased rows of "+p.collection, func(ctx context.Context) error {
			n, err := c.count(ctx, p.collection, idIn(some)+" and "+fieldErased+" == true")
			if err == nil && n != int64(len(some)) {
				return &incompleteError{n, int64(len(some))}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := c.eventually(ctx, "count the erased rows of "+p.collection, func(ctx context.Context) error {
		return c.countErased(ctx, p)
	}); err != nil {
		return err
	}
	if err := c.flush(ctx, p.collection); err != nil {
		return err
	}
	return c.eventually(ctx, "compact "+p.collection, func(ctx context.Context) error {
		_, err := c.sdk.ManualCompaction(ctx, p.collection, 0)
		return err
	})
}
