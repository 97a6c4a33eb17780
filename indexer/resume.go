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
	resumed  int64 // samples that earlier runs finished
}

// openBuild starts an index, or takes up one that was interrupted: what its index.json names stays,
// every other file of a partition is a leftover and is removed.
func openBuild(o Options) (*build, error) {
	fresh, err := newManifest(o)
	if err != nil {
		return nil, err
	}
	there, err := ReadManifest(o.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := checkEmpty(o.Dir); err != nil {
			return nil, err
		}
		// Before any other file: whatever is found beside it later is known to be ours.
		if err := fresh.Write(o.Dir); err != nil {
			return nil, err
		}
		there = fresh
	case err != nil:
		return nil, err
	case there.Fingerprint != fresh.Fingerprint:
		return nil, mismatch(o.Dir, there, fresh)
	}
	if there.Reasons == nil {
		there.Reasons = map[string]int64{}
	}
	return &build{o, there, there.Samples}, removeLeftovers(o.Dir, there)
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
		if e.Name() != lockName && e.Name() != ManifestName+".tmp" {
			return fmt.Errorf("%s has files (%s) but no %s, so it is no index of rollcall: give another name or an empty folder", dir, e.Name(), ManifestName)
		}
	}
	return nil
}

// partitionFile matches the names of a partition's files, unfinished ones too.
var partitionFile = regexp.MustCompile(`^(img_emb|text_emb|metadata|ledger)_[0-9]+\.(npy|parquet|jsonl)(\.tmp)?$`)

// partitionFolders are the folders they lie in.
var partitionFolders = []string{"img_emb", "text_emb", "metadata", "ledger"}

// removeLeftovers removes what an interrupted run left behind: the staging folder, and files of
// partitions that index.json does not name.
func removeLeftovers(dir string, m *Manifest) error {
	named := map[string]bool{}
	for _, p := range m.Partitions {
		for name := range p.SHA256 {
			named[name] = true
		}
	}
	errs := []error{os.RemoveAll(filepath.Join(dir, stagingName))}
	for _, folder := range partitionFolders {
		entries, err := os.ReadDir(filepath.Join(dir, folder))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			if partitionFile.MatchString(e.Name()) && !named[folder+"/"+e.Name()] {
				errs = append(errs, os.Remove(filepath.Join(dir, folder, e.Name())))
			}
		}
	}
	return errors.Join(errs...)
}
