package state

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rollcall/retriever"
)

// Kind names of evidence, as retriever.Evidence has them.
const (
	KindMention = "mention"
	KindImage   = "image"
	KindFace    = "face"
)

// Counted is a person's count, and what stands beside it. nil was not measured.
type Counted struct {
	retriever.Count
	ImageGroups *retriever.Groups `json:"image_groups,omitempty" doc:"different pictures among the images, with near-duplicates taken together; absent when it was not measured, or rows were marked as wrong"`
	FaceGroups  *retriever.Groups `json:"face_groups,omitempty" doc:"the same of the rows with the face"`
	FacesLow    *float64          `json:"faces_low" doc:"of the rows that may show the person by their faces, at 95 %"`
	FacesHigh   *float64          `json:"faces_high" doc:"of the same"`
	Fingerprint string            `json:"index_fingerprint,omitempty" doc:"of the index as it was counted"`
}

// CountedIndex gives the fingerprint of the index that a count was made in; "" is unknown.
func (s *Store) CountedIndex(ctx context.Context, job string) (fingerprint string, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT coalesce(json_extract(content, '$.index_fingerprint'), '') FROM counted WHERE job = ? ORDER BY place LIMIT 1", job).Scan(&fingerprint)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return fingerprint, err
}

// PutCounts keeps what a count found, in the order of its roster.
func (s *Store) PutCounts(ctx context.Context, job string, counts []Counted) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for i, c := range counts {
			content, err := json.Marshal(c)
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "INSERT INTO counted (job, place, person, content) VALUES (?, ?, ?, ?)", job, i, c.ID, string(content))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Counts gives what a count found.
func (s *Store) Counts(ctx context.Context, job string) ([]Counted, error) {
	return gather(ctx, s, func(rows *sql.Rows) (c Counted, err error) {
		var content string
		if err := rows.Scan(&content); err != nil {
			return c, err
		}
		return c, json.Unmarshal([]byte(content), &c)
	}, "SELECT content FROM counted WHERE job = ? ORDER BY place", job)
}

// PutEvidence keeps rows behind a count.
func (s *Store) PutEvidence(ctx context.Context, job string, list []retriever.Evidence) error {
	return s.within(ctx, func(tx *sql.Tx) (err error) {
		insert, err := tx.PrepareContext(ctx, "INSERT INTO evidence (job, person, kind, row, content) VALUES (?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, insert.Close()) }()
		for _, e := range list {
			content, err := json.Marshal(e)
			if err != nil {
				return err
			}
			if _, err = insert.ExecContext(ctx, job, e.ID, e.Kind, e.Row, string(content)); err != nil {
				return err
			}
		}
		return nil
	})
}

// EvidenceRow is a row behind a count, with its place in the list and what a person said of it.
type EvidenceRow struct {
	Number int64 // increases along the list
	retriever.Evidence
	Wrong bool // marked as a wrong match
}

// EvidenceQuery asks for a page of a person's evidence. Index is the one of verdicts.
type EvidenceQuery struct {
	Job, Index, Person, Kind string
	After                    int64 // EvidenceRow.Number of the page before; 0 begins
	Most                     int
}

// Evidence gives a page of the evidence of one count.
func (s *Store) Evidence(ctx context.Context, q EvidenceQuery) ([]EvidenceRow, error) {
	return gather(ctx, s, func(rows *sql.Rows) (e EvidenceRow, err error) {
		var content string
		if err := rows.Scan(&e.Number, &content, &e.Wrong); err != nil {
			return e, err
		}
		return e, json.Unmarshal([]byte(content), &e.Evidence)
	}, `SELECT number, content, EXISTS (SELECT 1 FROM verdict v WHERE v.index_name = ? AND v.person = e.person AND v.kind = e.kind AND v.row = e.row)
		FROM evidence e WHERE job = ? AND person = ? AND kind = ? AND number > ? ORDER BY number LIMIT ?`,
		q.Index, q.Job, q.Person, q.Kind, q.After, q.Most)
}

// LatestCount gives the newest finished count in an index that has evidence of the kind and counted the
// person, or ErrNotFound; "" is any kind, and anybody. The request is the count's JSON, whose index and
// kinds the caller wrote.
func (s *Store) LatestCount(ctx context.Context, index, kind, person string) (Job, error) {
	j, err := scanJob(s.db.QueryRowContext(ctx, `SELECT `+jobColumns+` FROM job WHERE kind = 'count' AND state = ?
		AND json_extract(request, '$.index') = ?
		AND (? = '' OR EXISTS (SELECT 1 FROM json_each(request, '$.evidence') WHERE value = ?))
		AND (? = '' OR EXISTS (SELECT 1 FROM counted WHERE counted.job = job.id AND person = ?))
		ORDER BY created DESC, rowid DESC LIMIT 1`, Done, index, kind, kind, person, person))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return j, err
}

// Verdict is a row that somebody looked at. Index names one state of an index: rows of another have other
// numbers.
type Verdict struct {
	Index, Person, Kind string
	Row                 int64
}

// SetWrong marks a row as a wrong match of a person, or takes the mark away.
func (s *Store) SetWrong(ctx context.Context, v Verdict, wrong bool) error {
	statement := "DELETE FROM verdict WHERE index_name = ? AND person = ? AND kind = ? AND row = ?"
	if wrong {
		statement = "INSERT OR IGNORE INTO verdict (index_name, person, kind, row) VALUES (?, ?, ?, ?)"
	}
	_, err := s.db.ExecContext(ctx, statement, v.Index, v.Person, v.Kind, v.Row)
	return err
}

// Rejected counts per person and kind how many rows of a count are marked as wrong.
func (s *Store) Rejected(ctx context.Context, job, index string) (map[string]map[string]int64, error) {
	type cell struct {
		person, kind string
		rows         int64
	}
	cells, err := gather(ctx, s, func(rows *sql.Rows) (c cell, err error) { return c, rows.Scan(&c.person, &c.kind, &c.rows) },
		`SELECT e.person, e.kind, count(*) FROM verdict v
		JOIN evidence e ON e.job = ? AND e.person = v.person AND e.kind = v.kind AND e.row = v.row
		WHERE v.index_name = ? GROUP BY e.person, e.kind`, job, index)
	rejected := map[string]map[string]int64{}
	for _, c := range cells {
		if rejected[c.person] == nil {
			rejected[c.person] = map[string]int64{}
		}
		rejected[c.person][c.kind] = c.rows
	}
	return rejected, err
}
