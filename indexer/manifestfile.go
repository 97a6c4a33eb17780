package indexer

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// manifestVersion is the version of index.json that this package writes and reads.
const manifestVersion = 1

// maxManifest bounds index.json: 100,000 partitions take about 50 MiB.
const maxManifest = 256 << 20

// ReadManifest reads the index.json of an index. The error wraps fs.ErrNotExist when there is none.
func ReadManifest(dir string) (*Manifest, error) {
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
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("%s: %w", ManifestName, err)
	}
	return writeFile(filepath.Join(dir, ManifestName), append(text, '\n'))
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
