package indexer

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"
)

// While an index is being built it keeps its state in the folder .building beside index.json:
//
//	.building/7-<attempt>/   the files of partition 7, as one run has made them
//	.building/done/7.json    partition 7 is whole: which folder, its counts and checksums
//	.building/done/end.json  how many samples the input has
//
// A record under done appears at once, when everything it names is on disk, and the first one
// stays: so runs on many machines need no common lock, and what a finished partition costs does not
// grow with the number of those before it.
const (
	stateName = ".building"
	doneName  = "done"
	doneDir   = stateName + "/" + doneName
	endPath   = doneDir + "/end.json"
)

// readers is how many records are read at a time: in a bucket each takes tens of milliseconds.
const readers = 16

// doneRecord says that a partition is whole.
type doneRecord struct {
	Partition
	Reasons map[string]int64 `json:"reasons"`
	Folder  string           `json:"folder"` // below the state folder; the partition's files are in it
}

// attemptFolder matches the names of the folders that runs make partitions in.
var attemptFolder = regexp.MustCompile(`^[0-9]+-[0-9A-Za-z]+$`)

// check holds a record against the name of its file. What it names is moved: it must lie in the index.
func (r *doneRecord) check(name string) error {
	switch {
	case fmt.Sprintf("%d.json", r.Number) != name:
		return fmt.Errorf("it is of partition %d", r.Number)
	case !attemptFolder.MatchString(r.Folder):
		return fmt.Errorf("its folder is %q", r.Folder)
	}
	for file := range r.SHA256 {
		if folder, base := path.Split(file); !slices.Contains(partitionFolders, path.Clean(folder)) || !partitionFile.MatchString(base) {
			return fmt.Errorf("it names %q", file)
		}
	}
	return nil
}

// endRecord says how many samples the input has.
type endRecord struct {
	Samples int64 `json:"samples"`
}

// attempt is a name that no other run takes, on no other machine.
func attempt() string { return rand.Text()[:12] }

// recordName matches the names of partitions' records.
var recordName = regexp.MustCompile(`^[0-9]+\.json$`)

// readDone gives the finished partitions in order: none when there is no state.
func (s site) readDone(ctx context.Context) ([]doneRecord, error) {
	names, err := s.List(ctx, doneDir)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !recordName.MatchString(name) })
	records := make([]doneRecord, len(names))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, name := range names {
		group.Go(func() error {
			err := s.readJSON(ctx, path.Join(doneDir, name), &records[i])
			if err == nil {
				err = s.damaged(path.Join(doneDir, name), records[i].check(name))
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	slices.SortFunc(records, func(a, b doneRecord) int { return cmp.Compare(a.Number, b.Number) })
	return records, nil
}

// readEnd gives how many samples the input has, when a run has come to its end: a partition that
// is not full shows it, else the record of the end.
func (s site) readEnd(ctx context.Context, partitionRows int, done []Partition) (samples int64, known bool, err error) {
	if n := len(done); n > 0 && done[n-1].Samples < int64(partitionRows) {
		last := done[n-1]
		return int64(last.Number)*int64(partitionRows) + last.Samples, true, nil
	}
	var end endRecord
	err = s.readJSON(ctx, endPath, &end)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	return end.Samples, err == nil, err
}

// maxRecord bounds a state file; real ones have under 2 KiB.
const maxRecord = 1 << 20

func (s site) readJSON(ctx context.Context, name string, into any) error {
	content, err := s.Read(ctx, name, maxRecord)
	if err != nil {
		return err
	}
	return s.damaged(name, json.Unmarshal(content, into))
}

// damaged says what to do about a file of the state with which something is wrong.
func (s site) damaged(name string, wrong error) error {
	if wrong == nil {
		return nil
	}
	return fmt.Errorf("%s: %s is damaged (%w): remove it, and what it stood for is made again", s.dir, name, wrong)
}

// keepFirst writes a JSON file unless there is one already: first says which of the two happened.
func (s site) keepFirst(ctx context.Context, name string, content any) (first bool, err error) {
	text, err := json.Marshal(content)
	if err != nil {
		return false, fmt.Errorf("%s: %w", name, err)
	}
	return s.Create(ctx, name, append(text, '\n'))
}
