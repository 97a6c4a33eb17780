package state

import (
	"context"
	"database/sql"
	"errors"
)

// ofIndex are the jobs that counted in an index.
const ofIndex = "job IN (SELECT id FROM job WHERE kind = 'count' AND json_extract(request, '$.index') = ?)"

// EvidenceRows gives the numbers of the rows of an index that are evidence of a count, each once, in
// order.
func (s *Store) EvidenceRows(ctx context.Context, index string) ([]int64, error) {
	return gather(ctx, s, func(rows *sql.Rows) (row int64, err error) { return row, rows.Scan(&row) },
		"SELECT DISTINCT row FROM evidence WHERE "+ofIndex+" ORDER BY row", index)
}

// EraseRows removes the evidence that rows of an index are, and what the file still has of it. Counts
// stay: they are numbers.
func (s *Store) EraseRows(ctx context.Context, index string, rows []int64) error {
	err := s.within(ctx, func(tx *sql.Tx) (err error) {
		remove, err := tx.PrepareContext(ctx, "DELETE FROM evidence WHERE row = ? AND "+ofIndex)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, remove.Close()) }()
		for _, row := range rows {
			if _, err := remove.ExecContext(ctx, row, index); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.scrub(ctx)
}

// scrub empties the write-ahead log, whose pages hold what was removed from the file.
func (s *Store) scrub(ctx context.Context) error {
	_, err := s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}
