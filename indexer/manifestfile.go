package indexer

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
)

// manifestVersion is the version of index.json that this package writes and reads.
const manifestVersion = 1

// manifestTemp is where Write makes it.
const manifestTemp = ManifestName + ".tmp"

// maxManifest bounds index.json: 100,000 partitions take about 50 MiB.
const maxManifest = 256 << 20

// ReadManifest reads the index.json of an index on disk; of one that is being built, what is finished
// of it by now. The error wraps fs.ErrNotExist when there is none.
func ReadManifest(dir string) (*Manifest, error) {
	return siteOf(dir, nil).readProgress(context.Background())
}

// readProgress is ReadManifest in any folder.
func (s site) readProgress(ctx context.Context) (*Manifest, error) {
	m, err := s.readManifest(ctx)
	if err != nil || m.State != StateBuilding {
		return m, err
	}
	records, err := s.readDone(ctx)
	if err != nil || len(records) == 0 {
		// Perhaps the index was completed meanwhile, which takes its state away.
		if again, err := s.readManifest(ctx); err != nil || again.State != StateBuilding {
			return again, err
		}
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

func (s site) readManifest(ctx context.Context) (*Manifest, error) {
	content, err := s.Read(ctx, ManifestName, maxManifest)
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(content, &m); err != nil {
		return nil, fmt.Errorf("%s: %s is damaged (%w): restore it, or delete the index and build it anew", s.dir, ManifestName, err)
	}
	if m.Version != manifestVersion {
		return nil, fmt.Errorf("%s: %s has version %d, this program reads version %d: use the rollcall that made it (%s)", s.dir, ManifestName, m.Version, manifestVersion, m.Tool)
	}
	return &m, nil
}

// Write replaces the index.json of dir at once. The caller keeps other writers away.
func (m *Manifest) Write(dir string) error {
	text, err := m.text()
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, manifestTemp), filepath.Join(dir, ManifestName), text)
}

// text is the content of index.json.
func (m *Manifest) text() ([]byte, error) {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestName, err)
	}
	return append(text, '\n'), nil
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
