package indexer

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// manifestVersion is the version of index.json that this package writes and reads.
const manifestVersion = 1

// maxManifest bounds index.json: 100,000 partitions take about 50 MiB.
const maxManifest = 256 << 20

// ReadManifest reads the index.json of an index; of one that is being built, what is finished of it
// by now. The error wraps fs.ErrNotExist when there is none.
func ReadManifest(dir string) (*Manifest, error) {
	m, err := readManifest(dir)
	if err != nil || m.State != StateBuilding {
		return m, err
	}
	records, err := readDone(dir)
	if errors.Is(err, fs.ErrNotExist) {
		// The index was completed meanwhile, which takes its state away.
		if again, err := readManifest(dir); err != nil || again.State != StateBuilding {
			return again, err
		}
		records, err = nil, nil
	}
	m.count(records)
	return m, err
}

// count fills the totals of an index that is being built.
func (m *Manifest) count(done []doneRecord) {
	m.Samples, m.Rows, m.Failures, m.Cleaned = 0, 0, 0, 0
	m.Reasons, m.Partitions = map[string]int64{}, []Partition{}
	for _, r := range done {
		m.record(r.Partition, r.Reasons)
	}
}

func readManifest(dir string) (*Manifest, error) {
	path := filepath.Join(dir, ManifestName)
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxManifest {
		return nil, fmt.Errorf("%s has %d bytes, more than an index has: is it another program's file?", path, info.Size())
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("%s is damaged (%w): restore it, or delete the index and build it anew", path, err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("%s has version %d, this program reads version %d: use the rollcall that made it (%s)", path, m.Version, manifestVersion, m.Tool)
	}
	return &m, nil
}

// Write replaces the index.json of dir at once. The caller keeps other writers away.
func (m *Manifest) Write(dir string) error {
	return m.write(dir, filepath.Join(dir, ManifestName+".tmp"))
}

func (m *Manifest) write(dir, temp string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", ManifestName, err)
	}
	return writeFile(temp, filepath.Join(dir, ManifestName), append(text, '\n'))
}

// record adds a finished partition to the totals.
func (m *Manifest) record(p Partition, reasons map[string]int64) {
	m.Partitions = append(m.Partitions, p)
	m.Samples += p.Samples
	m.Rows += p.Rows
	m.Failures += p.Failures
	m.Cleaned += p.Cleaned
	for reason, n := range reasons {
		m.Reasons[reason] += n
	}
}
