package state

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"
)

// The states of a job. A job that was running when the service stopped is interrupted.
const (
	Queued      = "queued"
	Running     = "running"
	Done        = "done"
	Failed      = "failed"
	Cancelled   = "cancelled"
	Interrupted = "interrupted"
)

// Job is a piece of long work.
type Job struct {
	ID       string
	Kind     string // what runs it: "count" or "audit"
	State    string
	Request  string // JSON, as it was asked for
	Stage    string // what it is at
	Done     int64  // of Total, in the stage's own unit
	Total    int64  // 0 when unknown
	Error    string // why it failed or ended early
	Created  time.Time
	Started  time.Time // zero: not yet
	Finished time.Time // zero: not yet
}

// Ended says whether nothing will happen to the job any more.
func (j Job) Ended() bool { return j.State != Queued && j.State != Running }

const jobColumns = "id, kind, state, request, stage, done, total, error, created, started, finished"

// Enqueue keeps a new job.
func (s *Store) Enqueue(ctx context.Context, kind, request string, now time.Time) (Job, error) {
	id := make([]byte, 8)
	rand.Read(id) // never fails
	j := Job{ID: hex.EncodeToString(id), Kind: kind, State: Queued, Request: request, Created: now}
	_, err := s.db.ExecContext(ctx, "INSERT INTO job ("+jobColumns+") VALUES (?, ?, ?, ?, '', 0, 0, '', ?, 0, 0)",
		j.ID, j.Kind, j.State, j.Request, now.UnixMilli())
	return j, err
}

// Job gives one job, or ErrNotFound.
func (s *Store) Job(ctx context.Context, id string) (Job, error) {
	j, err := scanJob(s.db.QueryRowContext(ctx, "SELECT "+jobColumns+" FROM job WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return j, err
}

// Jobs lists the newest jobs of a kind first; "" is every kind.
func (s *Store) Jobs(ctx context.Context, kind string, most int) ([]Job, error) {
	return gather(ctx, s, func(rows *sql.Rows) (Job, error) { return scanJob(rows) },
		"SELECT "+jobColumns+" FROM job WHERE ?1 = '' OR kind = ?1 ORDER BY created DESC, rowid DESC LIMIT ?2", kind, most)
}

// Queued is the number of jobs that wait.
func (s *Store) Queued(ctx context.Context) (n int, err error) {
	err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM job WHERE state = ?", Queued).Scan(&n)
	return n, err
}

// NextJob gives the oldest queued job, or ErrNotFound.
func (s *Store) NextJob(ctx context.Context) (Job, error) {
	j, err := scanJob(s.db.QueryRowContext(ctx, "SELECT "+jobColumns+" FROM job WHERE state = ? ORDER BY rowid LIMIT 1", Queued))
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return j, err
}

// UpdateJob keeps where a job stands, provided that it is still in the state from; else ErrNotFound.
func (s *Store) UpdateJob(ctx context.Context, from string, j Job) error {
	return s.change(ctx, "UPDATE job SET state = ?, stage = ?, done = ?, total = ?, error = ?, started = ?, finished = ? WHERE id = ? AND state = ?",
		j.State, j.Stage, j.Done, j.Total, j.Error, millis(j.Started), millis(j.Finished), j.ID, from)
}

// DiscardResults removes what an unfinished job has kept so far.
func (s *Store) DiscardResults(ctx context.Context, id string) error {
	return s.within(ctx, func(tx *sql.Tx) error {
		for _, table := range []string{"counted", "evidence", "message"} {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE job = ?", id); err != nil {
				return err
			}
		}
		return nil
	})
}

// InterruptRunning marks the jobs that ran when the service stopped, and removes what they had kept.
func (s *Store) InterruptRunning(ctx context.Context, why string, now time.Time) error {
	running, err := gather(ctx, s, func(rows *sql.Rows) (Job, error) { return scanJob(rows) },
		"SELECT "+jobColumns+" FROM job WHERE state = ?", Running)
	if err != nil {
		return err
	}
	for _, j := range running {
		j.State, j.Error, j.Finished = Interrupted, why, now
		if err := errors.Join(s.DiscardResults(ctx, j.ID), s.UpdateJob(ctx, Running, j)); err != nil {
			return err
		}
	}
	return nil
}

// DeleteJob removes a job that has ended, with its results; else ErrNotFound.
func (s *Store) DeleteJob(ctx context.Context, id string) error {
	if err := s.change(ctx, "DELETE FROM job WHERE id = ? AND state NOT IN (?, ?)", id, Queued, Running); err != nil {
		return err
	}
	return s.scrub(ctx)
}

func scanJob(row interface{ Scan(...any) error }) (j Job, err error) {
	var created, started, finished int64
	err = row.Scan(&j.ID, &j.Kind, &j.State, &j.Request, &j.Stage, &j.Done, &j.Total, &j.Error, &created, &started, &finished)
	j.Created, j.Started, j.Finished = moment(created), moment(started), moment(finished)
	return j, err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
