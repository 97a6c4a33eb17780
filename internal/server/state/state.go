// Package state keeps what the service has been told and what its jobs found, in one SQLite file:
// the roster with its photos, jobs, counts with their evidence, and the streams of audits.
package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrNotFound says that there is no such person, photo, job or result.
var ErrNotFound = errors.New("not found")

// version of the schema; a file of another one is refused.
const version = 1

const schema = `
CREATE TABLE person (
	id TEXT PRIMARY KEY, name TEXT NOT NULL, aliases TEXT NOT NULL, sex TEXT NOT NULL, member INTEGER, count INTEGER
) STRICT;
CREATE TABLE photo (
	person TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE, number INTEGER NOT NULL, type TEXT NOT NULL, content BLOB NOT NULL,
	PRIMARY KEY (person, number)
) STRICT;
CREATE TABLE job (
	id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, request TEXT NOT NULL, stage TEXT NOT NULL,
	done INTEGER NOT NULL, total INTEGER NOT NULL, error TEXT NOT NULL,
	created INTEGER NOT NULL, started INTEGER NOT NULL, finished INTEGER NOT NULL
) STRICT;
CREATE TABLE counted (
	job TEXT NOT NULL REFERENCES job(id) ON DELETE CASCADE, place INTEGER NOT NULL, person TEXT NOT NULL, content TEXT NOT NULL,
	PRIMARY KEY (job, place)
) STRICT;
CREATE TABLE evidence (
	number INTEGER PRIMARY KEY, job TEXT NOT NULL REFERENCES job(id) ON DELETE CASCADE,
	person TEXT NOT NULL, kind TEXT NOT NULL, row INTEGER NOT NULL, content TEXT NOT NULL
) STRICT;
CREATE INDEX evidence_of ON evidence (job, person, kind, number);
CREATE TABLE verdict (
	index_name TEXT NOT NULL, person TEXT NOT NULL REFERENCES person(id) ON DELETE CASCADE, kind TEXT NOT NULL, row INTEGER NOT NULL,
	PRIMARY KEY (index_name, person, kind, row)
) STRICT;
CREATE TABLE message (
	job TEXT NOT NULL REFERENCES job(id) ON DELETE CASCADE, number INTEGER NOT NULL, content TEXT NOT NULL,
	PRIMARY KEY (job, number)
) STRICT;`

// indexes are made where they are missing: a file of an earlier program may lack some.
const indexes = `CREATE INDEX IF NOT EXISTS evidence_row ON evidence (job, person, kind, row)`

// Store is the open file. Its methods may be called at once; each is short, and they take turns.
type Store struct {
	db   *sql.DB
	path string   // "" in memory
	lock *os.File // nil in memory
}

// Open opens the file at path, or makes it, readable by its owner alone; one process can have it
// at a time. "" keeps everything in memory, until Close.
func Open(ctx context.Context, path string) (*Store, error) {
	source := ":memory:"
	var held *os.File
	if path != "" {
		if err := createPrivate(path); err != nil {
			return nil, fmt.Errorf("state database: %w", err)
		}
		var err error
		if held, err = lock(path + ".lock"); err != nil {
			return nil, fmt.Errorf("state database %s: %w", path, err)
		}
		// A commit is on disk when it returns, so that nothing that was answered is lost.
		source = "file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=busy_timeout(5000)"
	}
	db, err := sql.Open("sqlite", source)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("state database %s: %w", path, err), unlock(held))
	}
	// One connection: a database in memory is one connection's, and SQLite has one writer anyway.
	db.SetMaxOpenConns(1)
	s := &Store{db, path, held}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("state database %s: %w", path, err), s.Close())
	}
	return s, nil
}

// createPrivate makes the file and its folder before SQLite would with wider rights. Erased
// persons must not stay readable in it.
func createPrivate(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func (s *Store) prepare(ctx context.Context) error {
	for _, pragma := range []string{"PRAGMA foreign_keys = on", "PRAGMA secure_delete = on"} {
		if _, err := s.db.ExecContext(ctx, pragma); err != nil {
			return err
		}
	}
	var found int
	if err := s.db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&found); err != nil {
		return fmt.Errorf("%w: is it a database of rollcall serve?", err)
	}
	switch found {
	case version:
		_, err := s.db.ExecContext(ctx, indexes)
		return err
	case 0:
		return s.within(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, schema+indexes+fmt.Sprintf("; PRAGMA user_version = %d;", version))
			return err
		})
	default:
		return fmt.Errorf("it has version %d, this program reads version %d: use the rollcall that made it, or another file", found, version)
	}
}

// Close closes the file, and lets another process have it.
func (s *Store) Close() error { return errors.Join(s.db.Close(), unlock(s.lock)) }

func unlock(held *os.File) error {
	if held == nil {
		return nil
	}
	return held.Close()
}

// Ping says whether the file can be read.
func (s *Store) Ping(ctx context.Context) error {
	var one int
	return s.db.QueryRowContext(ctx, "SELECT 1 FROM (SELECT count(*) FROM job)").Scan(&one)
}

// within runs do in a transaction.
func (s *Store) within(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// change runs a statement that must touch a row.
func (s *Store) change(ctx context.Context, statement string, args ...any) error {
	result, err := s.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n > 0 {
		return err
	}
	return ErrNotFound
}

// gather reads the rows of a query, one value each.
func gather[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) (list []T, err error) {
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		value, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	return list, rows.Err()
}
