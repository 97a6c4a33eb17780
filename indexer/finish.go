package indexer

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// MissingError says why an index cannot be completed yet.
type MissingError struct {
	Dir        string
	Partitions []int // the first of those that are missing and known to be
	More       int   // how many are missing beside these
	EndUnknown bool  // no run has come to the end of the input yet
}

// Error lists what is missing.
func (e *MissingError) Error() string {
	text := e.Dir + " is not complete: "
	switch {
	case len(e.Partitions) > 0:
		text += fmt.Sprintf("partitions %v", e.Partitions)
		if e.More > 0 {
			text += fmt.Sprintf(" and %d more", e.More)
		}
		text += " are missing"
		if e.EndUnknown {
			text += ", and the end of the input was not reached"
		}
	default:
		text += "the end of the input was not reached"
	}
	return text + "; run the tasks that are not done (again)"
}

// maxMissing bounds what a MissingError lists.
const maxMissing = 10

// Finish completes an index whose partitions are all done, as the last task does by itself: it
// gives the files their final names and index.json its content. The error is a *MissingError when
// partitions are missing. An index that is complete is returned as it is.
func Finish(dir string) (m *Manifest, err error) {
	if m, err = ReadManifest(dir); err != nil || m.State == StateComplete {
		return m, err
	}
	unlock, err := lockShared(dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	m, missing, err := complete(dir)
	if there, readErr := ReadManifest(dir); err != nil && readErr == nil && there.State == StateComplete {
		return there, nil // another run came to the end first
	}
	if err == nil && missing != nil {
		return m, missing
	}
	return m, inspectFull(dir, err)
}

// complete finishes an index, or says what is missing. The number of a partition is written with as
// many digits as the number of partitions has, floor(log10(P))+1, so that names sort as numbers.
// Every step can be repeated, and done by several runs at once: at any instant a crash leaves either
// the state of a build or a whole index.
func complete(dir string) (m *Manifest, missing *MissingError, err error) {
	if m, err = readManifest(dir); err != nil || m.State == StateComplete {
		return m, nil, err
	}
	records, err := readDone(dir)
	if err != nil {
		return nil, nil, err
	}
	m.count(records)
	if missing, err = missingFrom(dir, m, records); missing != nil || err != nil {
		return m, missing, err
	}
	if err := place(dir, m, records); err != nil {
		return nil, nil, err
	}
	m.State = StateComplete
	if err := m.write(dir, filepath.Join(dir, stateName, attempt()+".tmp")); err != nil {
		return nil, nil, err
	}
	// The state is of no more use; nobody reads it beside an index that is complete.
	return m, nil, os.RemoveAll(filepath.Join(dir, stateName))
}

// missingFrom says which partitions are still to be done.
func missingFrom(dir string, m *Manifest, done []doneRecord) (*MissingError, error) {
	samples, known, err := readEnd(dir, m.Options.PartitionRows, m.Partitions)
	if err != nil {
		return nil, err
	}
	rows := int64(m.Options.PartitionRows)
	if rows < 1 {
		return nil, fmt.Errorf("%s is damaged: it has no partition rows; delete the index and build it anew", filepath.Join(dir, ManifestName))
	}
	partitions := (samples + rows - 1) / rows
	if !known && len(done) > 0 {
		partitions = int64(done[len(done)-1].Number) + 1
	}
	there := map[int]bool{}
	for _, r := range done {
		there[r.Number] = true
	}
	e := &MissingError{Dir: dir, EndUnknown: !known}
	for number := range int(partitions) {
		switch {
		case there[number]:
		case len(e.Partitions) < maxMissing:
			e.Partitions = append(e.Partitions, number)
		default:
			e.More++
		}
	}
	if len(e.Partitions) > 0 || !known {
		return e, nil
	}
	if m.Samples != samples || int64(len(done)) != partitions {
		return nil, fmt.Errorf("%s: the partitions hold %d samples and the input has %d: the input changed while it was read; delete the folder and build it anew", dir, m.Samples, samples)
	}
	return nil, nil
}

// place moves the files of all partitions to their final names, and the manifest follows.
func place(dir string, m *Manifest, records []doneRecord) error {
	digits := len(strconv.Itoa(len(records)))
	folders := []string{dir}
	for i, r := range records {
		renamed := make(map[string]string, len(r.SHA256))
		for name, sum := range r.SHA256 {
			final := padded(name, digits)
			renamed[final] = sum
			to := filepath.Join(dir, filepath.FromSlash(final))
			if err := moveFile(filepath.Join(dir, stateName, r.Folder, filepath.FromSlash(name)), to); err != nil {
				return fmt.Errorf("final name of a partition: %w", err)
			}
			folders = append(folders, filepath.Join(dir, path.Dir(final)))
		}
		m.Partitions[i].SHA256 = renamed
	}
	errs := []error{removeStrangers(dir, m)}
	slices.Sort(folders)
	for _, folder := range slices.Compact(folders) {
		errs = append(errs, syncFolder(folder))
	}
	return errors.Join(errs...)
}

// lastNumber is the partition number in a file's name.
var lastNumber = regexp.MustCompile(`_([0-9]+)(\.[a-z]+)$`)

// padded writes the partition number in a path with at least digits digits.
func padded(name string, digits int) string {
	at := lastNumber.FindStringSubmatchIndex(name)
	if at == nil {
		return name
	}
	number := name[at[2]:at[3]]
	for len(number) < digits {
		number = "0" + number
	}
	return name[:at[2]] + number + name[at[3]:]
}
