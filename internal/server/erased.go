package server

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
)

// rowsAsked is how many rows are asked for at once.
const rowsAsked = 10_000

// EraseEvidence removes the evidence of counts that rows are which were erased from their index since:
// what the service has kept of them goes as the index's own content does.
func (s *Server) EraseEvidence(ctx context.Context) error {
	defer s.served.hold()()
	var errs []error
	for _, index := range s.indices() {
		errs = append(errs, s.eraseEvidence(ctx, &index))
	}
	return errors.Join(errs...)
}

func (s *Server) eraseEvidence(ctx context.Context, index *Index) error {
	rows, err := s.state.EvidenceRows(ctx, index.Name)
	if err != nil || len(rows) == 0 {
		return err
	}
	there, err := index.Store.Len(ctx)
	if err != nil {
		return err
	}
	rows = rows[:sort.Search(len(rows), func(i int) bool { return rows[i] >= there })] // the others are of an index that had that name before
	var erased []int64
	for some := range slices.Chunk(rows, rowsAsked) {
		got, err := index.Store.Get(ctx, some)
		if err != nil {
			return fmt.Errorf("index %s: %w", index.Name, err)
		}
		for _, row := range got {
			if row.Erased {
				erased = append(erased, row.ID)
			}
		}
	}
	if len(erased) == 0 {
		return nil
	}
	return s.state.EraseRows(ctx, index.Name, erased)
}
