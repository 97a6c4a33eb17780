package state

import (
	"context"
	"database/sql"
)

// PutMessages appends lines to a job's stream. first is the number of the first, from 0.
func (s *Store) PutMessages(ctx context.Context, job string, first int64, lines []string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for i, line := range lines {
			if _, err := tx.ExecContext(ctx, "INSERT INTO message (job, number, content) VALUES (?, ?, ?)", job, first+int64(i), line); err != nil {
				return err
			}
		}
		return nil
	})
}

// Messages gives the lines of a job's stream from a number on, at most so many.
func (s *Store) Messages(ctx context.Context, job string, from int64, most int) ([]string, error) {
	return gather(ctx, s, func(rows *sql.Rows) (line string, err error) { return line, rows.Scan(&line) },
		"SELECT content FROM message WHERE job = ? AND number >= ? ORDER BY number LIMIT ?", job, from, most)
}
