package vectors

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rollcall/indexer"
)

// Order asks for the erasure of rows.
type Order struct {
	IDs  []int64   // numbers of the rows
	By   string    // how they were chosen, as the audit record says it: "ids", "urls" or "person"
	Tool string    // "rollcall <version>"
	When time.Time // zero is now
}

// Elsewhere removes rows from another store that serves the index, such as Milvus. It is called
// again after an interruption: to remove a row twice must do no harm.
type Elsewhere func(ctx context.Context, ids []int64) error

// Forget removes the content of rows for good: in every file of the folder their vectors become
// zero and their metadata null; index.json, where there is one, lists them and has the files' new
// checksums; elsewhere, which may be nil for an index that is only a folder, removes them from the
// other store. Row numbers stay. The keys and URLs of the rows go to removed.csv and
// removed.parquet, for the owner of the data set, and what was done to erasures.jsonl.
//
// Rows that were erased before change nothing; an id that the folder does not have is an error that
// names it, and then nothing is erased. Every file is replaced whole. From the moment the erasure
// is recorded the rows are hidden from everyone who opens the folder; when it is interrupted after
// that, by ctx or by a crash, the next Forget, with or without ids, finishes it. done lists the
// erasures that this call finished, an interrupted one before its own.
func Forget(ctx context.Context, dir string, order Order, elsewhere Elsewhere) (done []Erased, err error) {
	unlock, err := Lock(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	unfinished, err := readErasure(dir)
	if err != nil {
		return nil, err
	}
	if len(unfinished.Rows) > 0 {
		record, err := finish(ctx, dir, unfinished, elsewhere)
		if err != nil {
			return nil, err
		}
		done = append(done, record)
	}
	e, err := begin(ctx, dir, order, elsewhere)
	if err != nil || len(e.Rows) == 0 {
		return done, err
	}
	record, err := finish(ctx, dir, e, elsewhere)
	if err != nil {
		return done, err
	}
	return append(done, record), nil
}

// begin records which rows are erased from now on; none when all were erased before.
func begin(ctx context.Context, dir string, order Order, elsewhere Elsewhere) (e erasure, err error) {
	s, err := Open(dir)
	if err != nil {
		return e, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ids := slices.Compact(slices.Sorted(slices.Values(order.IDs)))
	for some := range slices.Chunk(ids, rowsChosen) {
		rows, err := s.Get(ctx, some)
		if err != nil {
			return e, fmt.Errorf("nothing was erased: %w", err)
		}
		for _, row := range rows {
			if !row.Erased {
				e.Rows = append(e.Rows, row.ID)
				e.Removed = append(e.Removed, Removal{row.ID, row.Key, row.URL})
			}
		}
	}
	if len(e.Rows) == 0 {
		return e, nil
	}
	if s.manifest != nil && (s.manifest.Store.Kind == "milvus" || s.manifest.Store.Pending != nil) && elsewhere == nil {
		return e, fmt.Errorf("nothing was erased: %s is published in Milvus too: use rollcall forget, which erases there as well", dir)
	}
	if order.When.IsZero() {
		order.When = time.Now()
	}
	e.Record = &Erased{
		ID: rand.Text(), When: order.When.UTC().Truncate(time.Second), By: order.By, Tool: order.Tool, Count: len(e.Rows), Rows: e.Rows,
	}
	return e, s.announce(e)
}

// rowsChosen is how many rows are in memory whole while they are chosen.
const rowsChosen = 10_000

// announce writes erasing.json, provided that this and the lists that it leads to can be read back.
func (s *Store) announce(e erasure) error {
	journal, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("nothing was erased: %w", err)
	}
	if len(journal) > maxJournal {
		return fmt.Errorf("nothing was erased: %d rows at once take %d MiB in %s, of which %d are read: erase fewer at a time",
			len(e.Rows), len(journal)>>20, erasureName, maxJournal>>20)
	}
	records, _, err := readErased(s.dir)
	if err == nil {
		_, err = readRemovals(filepath.Join(s.dir, RemovedCSV))
	}
	if err != nil {
		return fmt.Errorf("nothing was erased: %w", err)
	}
	var manifest []byte
	if s.manifest != nil {
		if manifest, err = json.MarshalIndent(erasedManifest(*s.manifest, e.Rows, nil), "", "  "); err != nil {
			return fmt.Errorf("nothing was erased: %w", err)
		}
	}
	const perRow = 20 // bytes of a row's number in a list
	if max(len(records)+perRow*len(e.Rows), len(manifest)) > maxManifest {
		return fmt.Errorf("nothing was erased: the lists of erased rows in %s would become larger than the %d MiB that are read: index the data set again without those rows",
			s.dir, maxManifest>>20)
	}
	return replace(filepath.Join(s.dir, erasureName), func(w *bufio.Writer) error {
		_, err := w.Write(journal)
		return err
	})
}

// finish does all of a recorded erasure. Each of its steps can be done again.
func finish(ctx context.Context, dir string, e erasure, elsewhere Elsewhere) (record Erased, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("erasing is not finished, though the rows are hidden already; run it again: %w", err)
		}
	}()
	if e.Record == nil {
		e.Record = &Erased{Count: len(e.Rows), Rows: e.Rows}
	}
	// Faces go first: what reads them does not know which rows are hidden. They can be found again.
	if err := os.RemoveAll(filepath.Join(dir, facesFolder)); err != nil {
		return record, fmt.Errorf("cannot remove the stored faces: %w", err)
	}
	if err := eraseFolder(ctx, dir, e.Rows); err != nil {
		return record, err
	}
	if elsewhere != nil {
		if err := elsewhere(ctx, e.Rows); err != nil {
			return record, err
		}
	}
	if err := listRemovals(dir, e.Removed); err != nil {
		return record, err
	}
	if err := recordErased(dir, *e.Record); err != nil {
		return record, err
	}
	if err := os.Remove(filepath.Join(dir, erasureName)); err != nil {
		return record, fmt.Errorf("the rows are erased, but the record of the work stays: %w", err)
	}
	return *e.Record, syncFolder(dir)
}

// eraseFolder takes the rows' content out of every file of the folder.
func eraseFolder(ctx context.Context, dir string, rows []int64) (err error) {
	s, err := Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if last := rows[len(rows)-1]; last >= s.rows {
		return fmt.Errorf("%s names row %d, and %s has %d: it is another index's; remove it, and erase again what was to be erased here",
			filepath.Join(dir, erasureName), last, dir, s.rows)
	}
	sums, err := s.eraseFiles(ctx, rows)
	if err != nil || s.manifest == nil {
		return err
	}
	return writeJSON(filepath.Join(dir, indexer.ManifestName), erasedManifest(*s.manifest, rows, sums))
}
