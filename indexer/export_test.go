package indexer

import (
	"context"
	"os"
	"path/filepath"
)

// The moments of a run's end at which a test can have it crash.
const (
	CrashBeforePlacing  = iota // every partition is done
	CrashWhilePlacing          // the files of two partitions have their final names
	CrashAfterPlacing          // all files have, index.json does not say so
	CrashBeforeClearing        // index.json is complete, the state is still there
)

// RunUntil runs as Run does up to a crash at one of these moments.
func RunUntil(ctx context.Context, o Options, moment int) error {
	o, err := o.withDefaults()
	if err != nil {
		return err
	}
	b, err := openBuild(ctx, o)
	if err != nil {
		return err
	}
	if err := b.fill(ctx); err != nil {
		return err
	}
	if _, err := o.at().keepFirst(ctx, endPath, endRecord{b.samples}); err != nil {
		return err
	}
	m, err := o.at().readManifest(ctx)
	if err != nil || moment == CrashBeforePlacing {
		return err
	}
	records, err := o.at().readDone(ctx)
	if err != nil {
		return err
	}
	m.count(records)
	if moment == CrashWhilePlacing {
		for _, r := range records[:2] {
			for name := range r.SHA256 {
				from := filepath.Join(o.Dir, stateName, r.Folder, name)
				if err := moveFile(from, filepath.Join(o.Dir, padded(name, 2))); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := o.at().place(ctx, m, records); err != nil || moment == CrashAfterPlacing {
		return err
	}
	m.State = StateComplete
	text, err := m.text()
	if err != nil {
		return err
	}
	return o.at().Replace(ctx, ManifestName, text)
}

// StateFolder tells whether the state of a build is there.
func StateFolder(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, stateName))
	return err == nil
}
