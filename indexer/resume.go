package indexer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
)

// build is one run on one index.
type build struct {
	Options
	manifest *Manifest
	resumed  int64          // samples that earlier runs finished
	done     map[int64]bool // partitions that earlier runs finished
	own      int64          // how many of them are this task's
	length   int64          // samples of the input, where an earlier run came to its end
	samples  int64          // how many the input has, when it has ended
	ended    bool
	clock    clock
	spare    spare
	large    chan struct{} // holds one while a large image is decoded
}

// openBuild starts an index, or takes up one that was interrupted: finished partitions stay.
func openBuild(ctx context.Context, o Options) (*build, error) {
	fresh, err := newManifest(o)
	if err != nil {
		return nil, err
	}
	there, err := o.at().readProgress(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		if err := o.at().start(ctx, fresh); err != nil {
			return nil, err
		}
		there, err = o.at().readProgress(ctx) // another task may have been first
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
		if o.Task.owns(int64(p.Number)) {
			b.own++
		}
	}
	err = b.openState(ctx)
	b.length = b.samples
	return b, err
}

// openState reads how long the input is, and clears what interrupted runs left: of an index that is
// being built, when no other run can be at work.
func (b *build) openState(ctx context.Context) (err error) {
	if b.manifest.State == StateComplete {
		return b.at().tidy(ctx)
	}
	if b.samples, b.ended, err = b.at().readEnd(ctx, b.PartitionRows, b.manifest.Partitions); err != nil {
		return err
	}
	d, onDisk := b.Folder.(disk)
	if !onDisk || b.shared() {
		return nil
	}
	done, err := b.at().readDone(ctx)
	if err != nil {
		return err
	}
	return d.clear(done)
}

// start begins an index in a folder that has none. Of several tasks that do it, one writes index.json.
func (s site) start(ctx context.Context, m *Manifest) error {
	text, err := m.text()
	if err != nil {
		return err
	}
	_, err = s.Create(ctx, ManifestName, text)
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

// checkEmpty refuses a folder that holds no index but something else, such as another program's
// embeddings, before anything is put there, a lock file included.
func (s site) checkEmpty(ctx context.Context) error {
	names, err := s.List(ctx, "")
	if err != nil || slices.Contains(names, ManifestName) {
		return err
	}
	for _, name := range names {
		if name != lockName && name != stateName {
			return &MismatchError{fmt.Sprintf("%s has files (%s) but no %s, so it is no index of rollcall: give another name or an empty folder", s.dir, name, ManifestName)}
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
func (s site) removeStrangers(ctx context.Context, m *Manifest) error {
	names, err := s.strangers(ctx, m)
	for _, name := range names {
		err = errors.Join(err, s.Remove(ctx, name))
	}
	return err
}

// strangers are the files with names of partitions that a manifest does not name.
func (s site) strangers(ctx context.Context, m *Manifest) (strange []string, err error) {
	named := map[string]bool{}
	for _, p := range m.Partitions {
		for name := range p.SHA256 {
			named[name] = true
		}
	}
	for _, folder := range partitionFolders {
		names, err := s.List(ctx, folder)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if file := path.Join(folder, name); partitionFile.MatchString(name) && !named[file] {
				strange = append(strange, file)
			}
		}
	}
	return strange, nil
}
