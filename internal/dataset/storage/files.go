package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// File is an open file. Size is what it had when it was opened.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64
}

// Files reads files on disk and in buckets. It keeps a bucket that it reached open until Close.
// One goroutine uses it; the files that it opens are on their own.
type Files struct {
	reach   Reach
	buckets map[string]Bucket
}

// New makes access to files; reach nil means by gocloud.dev.
func New(reach Reach) *Files {
	if reach == nil {
		reach = reachCloud
	}
	return &Files{reach: reach, buckets: map[string]Bucket{}}
}

// Close lets go of the buckets. Files that are still open must not be read any more.
func (f *Files) Close() error {
	var errs []error
	for _, b := range f.buckets {
		errs = append(errs, b.Close())
	}
	f.buckets = map[string]Bucket{}
	return errors.Join(errs...)
}

// Open opens a file for reading; ctx ends the reading in a bucket. What is no file, such as a pipe
// that would never end, is refused. The error of a file that is not there is fs.ErrNotExist.
func (f *Files) Open(ctx context.Context, name string) (File, error) {
	if InBucket(name) {
		return f.openObject(ctx, name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: not a regular file", name)
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	return localFile{file, info.Size()}, nil
}

// Stream is Open for a file that is read from its start: of an object that is one request, not two.
func (f *Files) Stream(ctx context.Context, name string) (File, error) {
	if InBucket(name) {
		return f.streamObject(ctx, name)
	}
	return f.Open(ctx, name)
}

// localFile is a file on disk.
type localFile struct {
	*os.File
	size int64
}

// errOffset is the error of a read before the start, or further on than any file goes, to which a
// damaged file can lead: it is not the disk's fault, so it is no fs.PathError.
var errOffset = errors.New("an offset at which no file has anything")

// ReadAt reads at any place.
func (f localFile) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errOffset
	}
	return f.File.ReadAt(p, off)
}

// Seek moves the place of the next Read.
func (f localFile) Seek(offset int64, whence int) (int64, error) {
	at, err := f.File.Seek(offset, whence)
	if errors.Is(err, syscall.EINVAL) {
		err = errOffset
	}
	return at, err
}

// Size is the file's size when it was opened.
func (f localFile) Size() int64 { return f.size }

// IsDir says whether the name is a folder. The error of what is not there at all is
// fs.ErrNotExist.
func (f *Files) IsDir(ctx context.Context, name string) (bool, error) {
	if InBucket(name) {
		return f.isPrefix(ctx, name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	return info.IsDir(), nil
}

// List gives what is directly in a folder, sorted by name; a link counts as a file, whatever it leads
// to. It holds these names, no more.
func (f *Files) List(ctx context.Context, dir string) (*Listing, error) {
	read := listFolder
	if InBucket(dir) {
		read = f.listPrefix
	}
	var found Listing
	if err := read(ctx, dir, &found); err != nil {
		return nil, err
	}
	found.Sort(byName)
	return &found, nil
}

// listed is how many names of a folder are read at a time.
const listed = 4096

func listFolder(ctx context.Context, dir string, into *Listing) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close() // read only: nothing can be lost
	for {
		entries, err := folder.ReadDir(listed)
		for _, e := range entries {
			into.add(Entry{Name: e.Name(), Dir: e.IsDir(), Link: e.Type()&fs.ModeSymlink != 0})
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
}

// missing is the error of a file that is not there.
func missing(name string) error {
	return &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
