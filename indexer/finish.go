package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
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
// partitions are missing. An index that is complete is returned as it is, and what a run left that
// was killed in its last moments is removed. A folder of nil means dir on disk, as in Options.
func Finish(ctx context.Context, dir string, folder Folder) (m *Manifest, err error) {
	s := siteOf(dir, folder)
	if _, err := s.readManifest(ctx); err != nil {
		return nil, err // nor is a folder made that is not there
	}
	unlock, err := s.lock(true)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	m, missing, err := s.complete(ctx)
	if err == nil && missing != nil {
		return m, missing
	}
	return m, s.inspectFull(err)
}

// complete finishes an index, or says what is missing. Every step can be repeated, and done by
// several runs at once: at any instant a crash leaves either the state of a build or a whole index.
// A run that is overtaken finds the state half gone, and the index complete.
func (s site) complete(ctx context.Context) (m *Manifest, missing *MissingError, err error) {
	if m, err = s.readManifest(ctx); err != nil {
		return nil, nil, err
	}
	if m.State != StateComplete {
		if missing, err = s.assemble(ctx, m); err != nil || missing != nil {
			there, readErr := s.readManifest(ctx)
			if readErr != nil || there.State != StateComplete {
				return m, missing, err
			}
			m = there
		}
	}
	return m, nil, s.tidy(ctx)
}

// tidy removes what is of no more use beside an index that is complete, and may hold copies of its
// rows: the state, and a manifest that was not renamed any more.
func (s site) tidy(ctx context.Context) error {
	return errors.Join(s.Remove(ctx, stateName), s.Remove(ctx, manifestTemp))
}

// assemble makes one index of the partitions, when none is missing.
func (s site) assemble(ctx context.Context, m *Manifest) (*MissingError, error) {
	records, err := s.readDone(ctx)
	if err != nil {
		return nil, err
	}
	m.count(records)
	if missing, err := s.missingFrom(ctx, m, records); missing != nil || err != nil {
		return missing, err
	}
	if err := s.place(ctx, m, records); err != nil {
		return nil, err
	}
	m.State = StateComplete
	text, err := m.text()
	if err != nil {
		return nil, err
	}
	return nil, s.Replace(ctx, ManifestName, text)
}

// missingFrom says which partitions are still to be done.
func (s site) missingFrom(ctx context.Context, m *Manifest, done []doneRecord) (*MissingError, error) {
	samples, known, err := s.readEnd(ctx, m.Options.PartitionRows, m.Partitions)
	if err != nil {
		return nil, err
	}
	rows := int64(m.Options.PartitionRows)
	if rows < 1 {
		return nil, fmt.Errorf("%s: %s is damaged: it has no partition rows; delete the index and build it anew", s.dir, ManifestName)
	}
	partitions := (samples + rows - 1) / rows
	if !known && len(done) > 0 {
		partitions = int64(done[len(done)-1].Number) + 1
	}
	there := map[int]bool{}
	for _, r := range done {
		there[r.Number] = true
	}
	e := &MissingError{Dir: s.dir, EndUnknown: !known}
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
		return nil, fmt.Errorf("%s: the partitions hold %d samples and the input has %d: the input changed while it was read; delete the folder and build it anew", s.dir, m.Samples, samples)
	}
	return nil, nil
}

// place moves the files of all partitions to their final names, and the manifest follows. The number
// of a partition is written with as many digits as the number of partitions has,
// floor(log10(P))+1, so that names sort as numbers.
func (s site) place(ctx context.Context, m *Manifest, records []doneRecord) error {
	digits := len(strconv.Itoa(len(records)))
	names := map[string]string{}
	for i, r := range records {
		renamed := make(map[string]string, len(r.SHA256))
		for name, sum := range r.SHA256 {
			final := padded(name, digits)
			renamed[final] = sum
			names[path.Join(stateName, r.Folder, name)] = final
		}
		m.Partitions[i].SHA256 = renamed
	}
	err := s.Place(ctx, names)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("a file of a finished partition is gone (%v): remove the partition's record in %s of %s, and the same command makes it again", err, doneDir, s.dir)
	case err != nil:
		return fmt.Errorf("final names of the partitions: %w", err)
	}
	return s.removeStrangers(ctx, m)
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
