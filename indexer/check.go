package indexer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
)

// Flaw is one thing that is wrong with an index.
type Flaw struct {
	File    string // relative to the index
	Problem string
	Action  string // what to do about it
}

// What to do about flaws.
const (
	actRestore = "restore the file from a copy, or index the data set again"
	actRemove  = "remove it"
	actFinish  = "run `rollcall index --finish --name` with this index, or the command that made it again: both remove it"
)

// Check holds the index.json of a complete index in dir against itself, against the ledgers, and
// against the names of the files that are there: its fingerprint, the numbers and sizes of its
// partitions, which files each has, a record for each failure with its sample and reason; nothing may
// be left of how it was made. What is in the partitions' other files is not looked at. A file has one
// flaw at most. checked is how many ledgers were read.
func (m *Manifest) Check(ctx context.Context, dir string) (flaws []Flaw, checked int, err error) {
	flawed := func(file, format string, args ...any) {
		flaws = append(flaws, Flaw{file, fmt.Sprintf(format, args...), actRestore})
	}
	made, err := fingerprint(m.Model, m.Source, m.Options)
	if err != nil {
		return nil, 0, err
	}
	if made != m.Fingerprint {
		flawed(ManifestName, "its fingerprint is %s, and that of its model, data set and options %s", m.Fingerprint, made)
	}
	if err := m.checkPartitions(); err != nil {
		flawed(ManifestName, "%v", err)
	}
	reasons := map[string]int64{}
	for _, p := range m.Partitions {
		name, err := m.ledgerOf(p)
		if err != nil {
			flawed(ManifestName, "%v", err)
			continue
		}
		checked++
		found, err := checkLedger(ctx, filepath.Join(dir, filepath.FromSlash(name)), p, int64(m.Options.PartitionRows))
		if ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		if err != nil {
			flawed(name, "%v", err)
		}
		for reason, n := range found {
			reasons[reason] += n
		}
	}
	if len(flaws) == 0 && !maps.Equal(reasons, m.Reasons) {
		flawed(ManifestName, "its reasons are %v, and those of the ledgers %v", m.Reasons, reasons)
	}
	extra, err := siteOf(dir, nil).checkNames(ctx, m)
	return append(flaws, extra...), checked, err
}

// checkNames finds files that are not the index's, or not any more.
func (s site) checkNames(ctx context.Context, m *Manifest) (flaws []Flaw, err error) {
	strangers, err := s.strangers(ctx, m)
	for _, name := range strangers {
		flaws = append(flaws, Flaw{name, "it has the name of a partition's file, and " + ManifestName + " does not name it: tools that read the folder take it for one", actRemove})
	}
	names, listErr := s.List(ctx, "")
	for _, name := range names {
		if name == stateName || name == manifestTemp {
			flaws = append(flaws, Flaw{name, "a run that was killed when the index was complete left it; it may hold copies of rows, which erasing would not reach", actFinish})
		}
	}
	return flaws, errors.Join(err, listErr)
}

// checkPartitions checks that the partitions are runs of the input without a gap, all but the last one
// full.
func (m *Manifest) checkPartitions() error {
	cleaned := int64(0)
	for i, p := range m.Partitions {
		cleaned += p.Cleaned
		full := int64(m.Options.PartitionRows)
		switch last := i == len(m.Partitions)-1; {
		case p.Number != i:
			return fmt.Errorf("partition %d has the place of partition %d", p.Number, i)
		case p.Samples > full, p.Samples < full && !last, p.Samples < 1:
			return fmt.Errorf("partition %d has %d samples, and all but the last one have %d", i, p.Samples, full)
		}
	}
	if cleaned != m.Cleaned {
		return fmt.Errorf("%d rows of the partitions had bytes that are not UTF-8, %d in all", cleaned, m.Cleaned)
	}
	return nil
}

// ledgerOf checks which files a partition names, and gives its ledger.
func (m *Manifest) ledgerOf(p Partition) (ledger string, err error) {
	want := map[string]bool{"ledger": true}
	if p.Rows > 0 {
		want["metadata"], want["img_emb"], want["text_emb"] = true, m.Options.Images, m.Options.Texts
	}
	for _, name := range slices.Sorted(maps.Keys(p.SHA256)) {
		folder := path.Dir(name)
		if !want[folder] || !partitionFile.MatchString(path.Base(name)) {
			return "", fmt.Errorf("partition %d names %s, which is none of its files", p.Number, name)
		}
		if want[folder] = false; folder == "ledger" {
			ledger = name
		}
	}
	for _, folder := range partitionFolders {
		if want[folder] {
			return "", fmt.Errorf("partition %d names no file in %s", p.Number, folder)
		}
	}
	return ledger, nil
}

// checkLedger checks a partition's ledger: its checksum, and a record for each failure, of a sample of
// the partition, in order. It counts the reasons.
func checkLedger(ctx context.Context, at string, p Partition, rows int64) (reasons map[string]int64, err error) {
	f, err := os.Open(at)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only: nothing can be lost
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return nil, err
	}
	if got, want := hex.EncodeToString(sum.Sum(nil)), p.SHA256["ledger/"+filepath.Base(at)]; got != want {
		return nil, fmt.Errorf("its SHA-256 is %s, %s has %s: it was changed or damaged", got, ManifestName, want)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	reasons = map[string]int64{}
	first, before, records := int64(p.Number)*rows, int64(-1), int64(0)
	for lines := json.NewDecoder(f); ctx.Err() == nil; records++ {
		var r Record
		err := lines.Decode(&r)
		switch {
		case errors.Is(err, io.EOF) && records != p.Failures:
			return nil, fmt.Errorf("it has %d records for %d failures", records, p.Failures)
		case errors.Is(err, io.EOF):
			return reasons, nil
		case err != nil:
			return nil, fmt.Errorf("record %d cannot be read: %w", records+1, err)
		case r.Sample < first || r.Sample >= first+p.Samples || r.Sample <= before:
			return nil, fmt.Errorf("record %d is of sample %d, which is not after that of the record before and from %d to %d", records+1, r.Sample, first, first+p.Samples-1)
		}
		before = r.Sample
		reasons[string(r.Reason)]++
	}
	return nil, ctx.Err()
}
