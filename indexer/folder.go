package indexer

import "context"

// Folder is where an index comes to be: on disk, or in a bucket, which internal/dataset/storage
// provides. Names are relative to the index, with slashes.
//
// Several runs may use one folder at once, on many machines. What each call does can be repeated, and
// no call leaves half a file under its name.
type Folder interface {
	Records
	Files
}

// Records are the small files that tell how far an index has come.
type Records interface {
	// Read gives a file of at most limit bytes; a longer one is an error. The error of one that is not
	// there wraps fs.ErrNotExist.
	Read(ctx context.Context, name string, limit int64) ([]byte, error)
	// List names what is directly in a folder: nothing when there is no such folder.
	List(ctx context.Context, folder string) ([]string, error)
	// Create writes a file unless there is one, and says whether it did: of several writers the first
	// succeeds.
	Create(ctx context.Context, name string, content []byte) (first bool, err error)
	// Replace writes a file in the place of the one that is there, if there is one.
	Replace(ctx context.Context, name string, content []byte) error
}

// Files are those of the partitions.
type Files interface {
	// Stage is the path on disk at which to make a folder that Keep then takes.
	Stage(folder string) string
	// Keep puts what was made at the Stage of a folder into it, for good.
	Keep(ctx context.Context, folder string) error
	// Place gives files other names, new by old. One that has its new name already, and none of the
	// old name is left, is no error.
	Place(ctx context.Context, names map[string]string) error
	// Remove removes a file, or a folder with all that is in it; what is not there is no error.
	Remove(ctx context.Context, name string) error
}

// site is a folder and what people call it.
type site struct {
	dir string // path or URL
	Folder
}

// at is where the index of the options comes to be.
func (o Options) at() site { return site{o.Dir, o.Folder} }

// siteOf is a folder that was given, or the one on disk.
func siteOf(dir string, folder Folder) site {
	if folder == nil {
		folder = disk{dir}
	}
	return site{dir, folder}
}

// shared says whether other runs may be at work in the same folder: a bucket has no lock that would
// keep them out.
func (o Options) shared() bool {
	_, onDisk := o.Folder.(disk)
	return !onDisk || o.Task.shared()
}

// lock keeps other writers out of a folder on disk; the other tasks of a shared one it lets in.
func (s site) lock(shared bool) (unlock func() error, err error) {
	d, onDisk := s.Folder.(disk)
	switch {
	case !onDisk:
		return func() error { return nil }, nil
	case shared:
		return lockShared(d.dir)
	}
	return lock(d.dir)
}
