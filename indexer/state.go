package indexer

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
	endName   = "end.json"
)

// doneRecord says that a partition is whole.
type doneRecord struct {
	Partition
	Reasons map[string]int64 `json:"reasons"`
	Folder  string           `json:"folder"` // below the state folder; the partition's files are in it
}

// endRecord says how many samples the input has.
type endRecord struct {
	Samples int64 `json:"samples"`
}

// attempt is a name that no other run takes, on no other machine.
func attempt() string { return rand.Text()[:12] }

// recordName matches the names of partitions' records.
var recordName = regexp.MustCompile(`^[0-9]+\.json$`)

// readDone lists the finished partitions in order. The error wraps fs.ErrNotExist when there is no
// state: the index is complete.
func readDone(dir string) ([]doneRecord, error) {
	folder := filepath.Join(dir, stateName, doneName)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var records []doneRecord
	for _, e := range entries {
		if !recordName.MatchString(e.Name()) {
			continue
		}
		var r doneRecord
		if err := readJSON(filepath.Join(folder, e.Name()), &r); err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b doneRecord) int { return cmp.Compare(a.Number, b.Number) })
	return records, nil
}

// readEnd gives how many samples the input has, when a run has come to its end: a partition that
// is not full shows it, else the record of the end.
func readEnd(dir string, partitionRows int, done []Partition) (samples int64, known bool, err error) {
	if n := len(done); n > 0 && done[n-1].Samples < int64(partitionRows) {
		last := done[n-1]
		return int64(last.Number)*int64(partitionRows) + last.Samples, true, nil
	}
	var end endRecord
	err = readJSON(filepath.Join(dir, stateName, doneName, endName), &end)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false, nil
	}
	return end.Samples, err == nil, err
}

// maxRecord bounds a state file; real ones have under 2 KiB.
const maxRecord = 1 << 20

func readJSON(path string, into any) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.Size() > maxRecord {
		return fmt.Errorf("%s has %d bytes, more than rollcall writes there: remove it, and its partition is made again", path, info.Size())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s is damaged (%w): remove it, and what it stood for is made again", path, err)
	}
	return nil
}

// keepFirst writes a JSON file whole and at once, unless there is one already: first says which of
// the two happened.
func keepFirst(dir, path string, content any) (first bool, err error) {
	text, err := json.Marshal(content)
	if err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	temp := filepath.Join(dir, stateName, attempt()+".tmp")
	if err := writeSynced(temp, append(text, '\n')); err != nil {
		return false, err
	}
	err = publishFirst(temp, path)
	if errors.Is(err, fs.ErrExist) {
		return false, os.Remove(temp)
	}
	if err != nil {
		return false, errors.Join(err, os.Remove(temp))
	}
	return true, syncFolder(filepath.Dir(path))
}

// clearState removes what interrupted runs left in the state folder. No other run may be at work.
func clearState(dir string, done []doneRecord) error {
	keep := map[string]bool{doneName: true}
	for _, r := range done {
		keep[r.Folder] = true
	}
	entries, err := os.ReadDir(filepath.Join(dir, stateName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	errs := []error{err}
	for _, e := range entries {
		if !keep[e.Name()] {
			errs = append(errs, os.RemoveAll(filepath.Join(dir, stateName, e.Name())))
		}
	}
	return errors.Join(errs...)
}
