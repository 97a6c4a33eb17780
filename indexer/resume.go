package indexer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
)

// build is one run on one index.
type build struct {
	Options
	manifest *Manifest
	resumed  int64          // samples that earlier runs finished
	done     map[int64]bool // partitions that are finished
	samples  int64          // how many the input has, when it has ended
	ended    bool
	clock    clock
}

// openBuild starts an index, or takes up one that was interrupted: finished partitions stay.
func openBuild(o Options) (*build, error) {
	fresh, err := newManifest(o)
	if err != nil {
		return nil, err
	}
	there, err := ReadManifest(o.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := startState(o.Dir, fresh); err != nil {
			return nil, err
		}
		there, err = ReadManifest(o.Dir) // another task may have been first
	}
	switch {
	case err != nil:
		return nil, err
	case there.Fingerprint != fresh.Fingerprint:
		return nil, mismatch(o.Dir, there, fresh)
	}
	if there.Reasons == nil {
		there.Reasons = map[string]int64{}
	}
	b := &build{Options: o, manifest: there, resumed: there.Samples, done: map[int64]bool{}}
	for _, p := range there.Partitions {
		b.done[int64(p.Number)] = true
	}
	return b, b.openState()
}

// openState reads how long the input is, and clears what interrupted runs left when no other run
// can be at work.
func (b *build) openState() (err error) {
	state := filepath.Join(b.Dir, stateName)
	if b.manifest.State == StateComplete {
		if b.Task.shared() {
			return nil
		}
		return errors.Join(os.RemoveAll(state), removeLeftover(b.Dir))
	}
	if b.samples, b.ended, err = readEnd(b.Dir, b.PartitionRows, b.manifest.Partitions); err != nil || b.Task.shared() {
		return err
	}
	if err := os.MkdirAll(filepath.Join(state, doneName), 0o777); err != nil {
		return err
	}
	done, err := readDone(b.Dir)
	if err != nil {
		return err
	}
	return errors.Join(clearState(b.Dir, done), removeLeftover(b.Dir))
}

// removeLeftover removes an index.json that was not written to its end.
func removeLeftover(dir string) error {
	err := os.Remove(filepath.Join(dir, ManifestName+".tmp"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// startState begins an index in an empty folder. Of several tasks that do it, one writes
// index.json.
func startState(dir string, m *Manifest) error {
	if err := checkEmpty(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, stateName, doneName), 0o777); err != nil {
		return err
	}
	_, err := keepFirst(dir, filepath.Join(dir, ManifestName), m)
	return err
}

func newManifest(o Options) (*Manifest, error) {
	source := o.Source.Describe()
	made, err := fingerprint(o.Model, source, o.recorded())
	return &Manifest{
		Version: manifestVersion, Tool: o.Tool, State: StateBuilding, Fingerprint: made,
		Model: o.Model, Source: source, Options: o.recorded(),
		Reasons: map[string]int64{}, Partitions: []Partition{}, Store: StoreInfo{Kind: "embedded"},
	}, err
}

// checkEmpty refuses a folder that holds something else, such as another program's embeddings.
func checkEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := e.Name(); name != lockName && name != stateName && name != ManifestName {
			return fmt.Errorf("%s has files (%s) but no %s, so it is no index of rollcall: give another name or an empty folder", dir, e.Name(), ManifestName)
		}
	}
	return nil
}

// partitionFile matches the names of a partition's files, unfinished ones too.
var partitionFile = regexp.MustCompile(`^(img_emb|text_emb|metadata|ledger)_[0-9]+\.(npy|parquet|jsonl)(\.tmp)?$`)

// partitionFolders are the folders they lie in.
var partitionFolders = []string{"img_emb", "text_emb", "metadata", "ledger"}

// removeStrangers removes files with names of partitions that index.json is not going to name: in
// this layout every file counts that has such a name.
func removeStrangers(dir string, m *Manifest) error {
	named := map[string]bool{}
	for _, p := range m.Partitions {
		for name := range p.SHA256 {
			named[name] = true
		}
	}
	var errs []error
	for _, folder := range partitionFolders {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			if partitionFile.MatchString(e.Name()) && !named[folder+"/"+e.Name()] {
				err := os.Remove(filepath.Join(dir, folder, e.Name()))
				if !errors.Is(err, fs.ErrNotExist) {
					errs = append(errs, err)
				}
			}
		}
	}
	return errors.Join(errs...)
}
