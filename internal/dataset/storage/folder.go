package storage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
	"golang.org/x/sync/errgroup"
)

// transfers is how many objects are copied or removed at a time, each with a request of its own.
const transfers = 16

// uploads is how many files are sent at a time: they share one line.
const uploads = 4

// objectType is the media type of what is written.
const objectType = "application/octet-stream"

// Folder is a folder in a bucket that an index is written to, an indexer.Folder. An object appears
// whole under its name or not at all. Files are made in a scratch folder on disk and sent from there;
// what many runs write at once is settled by conditional writes, which the bucket must know
// (If-None-Match on S3 and Azure, generations on Google Cloud).
type Folder struct {
	bucket  *blob.Bucket
	url     string // for errors
	prefix  string // of the keys; "" or with a slash at the end
	scratch *Scratch
}

// OpenFolder reaches a folder in a bucket by its URL, whether or not there is anything in it.
func OpenFolder(ctx context.Context, url string) (*Folder, error) {
	at := locate(url)
	bucket, err := blob.OpenBucket(ctx, at.bucket)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w; %s", url, err, advice)
	}
	f, err := FolderIn(bucket, at.key, url)
	if err != nil {
		return nil, errors.Join(err, bucket.Close())
	}
	return f, nil
}

// FolderIn is the folder with a key in an open bucket, which it closes in the end; errors call it
// url.
func FolderIn(bucket *blob.Bucket, key, url string) (*Folder, error) {
	scratch, err := NewScratch()
	if err != nil {
		return nil, err
	}
	return &Folder{bucket, url, asPrefix(key), scratch}, nil
}

// Close removes the scratch folder and lets go of the bucket.
func (f *Folder) Close() error { return errors.Join(f.scratch.Close(), f.bucket.Close()) }

// failed is an error of the bucket, with what to do about it.
func (f *Folder) failed(op, name string, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		err = fs.ErrNotExist
	} else {
		err = fmt.Errorf("%w; %s", err, advice)
	}
	return &fs.PathError{Op: op, Path: Join(f.url, name), Err: err}
}

// Read reads a small object. One that breaks off is read again: of an object that another writer is
// replacing, a server may give the content with the checksum of the other one.
func (f *Folder) Read(ctx context.Context, name string, limit int64) ([]byte, error) {
	for try := 0; ; try++ {
		r, err := f.bucket.NewReader(ctx, f.prefix+name, nil)
		if err != nil {
			return nil, f.failed("read", name, err)
		}
		content, err := io.ReadAll(io.LimitReader(r, limit+1))
		err = errors.Join(err, r.Close())
		switch {
		case err == nil && int64(len(content)) > limit:
			return nil, fmt.Errorf("%s has more than %d bytes, so it is no file of rollcall's", Join(f.url, name), limit)
		case err == nil:
			return content, nil
		case try == tries-1:
			return nil, f.failed("read", name, err)
		}
		if err := pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

// List reads the names directly below a prefix.
func (f *Folder) List(ctx context.Context, folder string) ([]string, error) {
	prefix := f.prefix + asPrefix(folder)
	var names []string
	for list := f.bucket.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"}); ; {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil, fmt.Errorf("%s: there is no such bucket; %s", f.url, advice)
		}
		if err != nil {
			return nil, f.failed("list", folder, err)
		}
		if name := strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/"); name != "" {
			names = append(names, name)
		}
	}
}

// tries and firstPause are for an object whose writer, another one, is not done: a server may refuse a
// second one already and have nothing yet to read.
const (
	tries      = 5
	firstPause = 100 * time.Millisecond // before the second try, and twice as long before each further one
)

// pause waits after a try.
func pause(ctx context.Context, try int) error {
	select {
	case <-time.After(firstPause << try):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Create writes an object on the condition that there is none.
func (f *Folder) Create(ctx context.Context, name string, content []byte) (first bool, err error) {
	for try := range tries {
		first, err = f.createOnce(ctx, name, content)
		if gcerrors.Code(err) != gcerrors.FailedPrecondition || try == tries-1 {
			break
		}
		if err := pause(ctx, try); err != nil {
			return false, err
		}
	}
	return first, err
}

// createOnce tries once. When the answer is an error it looks at what is there: an answer can be lost
// after the writing was done, and a second try then finds its own object.
func (f *Folder) createOnce(ctx context.Context, name string, content []byte) (first bool, err error) {
	err = f.bucket.Upload(ctx, f.prefix+name, bytes.NewReader(content), &blob.WriterOptions{ContentType: objectType, IfNotExist: true})
	if err == nil {
		return true, nil
	}
	there, readErr := f.Read(ctx, name, int64(len(content)))
	switch {
	case readErr == nil:
		return bytes.Equal(there, content), nil
	case gcerrors.Code(err) == gcerrors.FailedPrecondition && !errors.Is(readErr, fs.ErrNotExist):
		return false, nil // it is there, and longer than ours
	}
	return false, f.failed("write", name, err)
}

// Replace writes an object. What killed writers had sent of it goes.
func (f *Folder) Replace(ctx context.Context, name string, content []byte) error {
	err := f.put(ctx, name, bytes.NewReader(content))
	if err == nil {
		f.abandon(ctx, f.prefix+name)
	}
	return err
}

// put writes an object from a reader. Here and in Create it is Upload, not the bucket's writer: that
// of azblob:// panics when the server refuses (gocloud.dev v0.47).
func (f *Folder) put(ctx context.Context, name string, content io.Reader) error {
	if err := f.bucket.Upload(ctx, f.prefix+name, content, &blob.WriterOptions{ContentType: objectType}); err != nil {
		return f.failed("write", name, err)
	}
	return nil
}

// Stage is a place in the scratch folder.
func (f *Folder) Stage(folder string) string {
	return filepath.Join(f.scratch.Dir, filepath.FromSlash(folder))
}

// Keep sends the files that were made for a folder, and removes them here.
func (f *Folder) Keep(ctx context.Context, folder string) error {
	staged := f.Stage(folder)
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(uploads)
	err := filepath.WalkDir(staged, func(at string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		below, err := filepath.Rel(staged, at)
		if err != nil {
			return err
		}
		group.Go(func() error { return f.send(sending, at, path.Join(folder, filepath.ToSlash(below))) })
		return nil
	})
	if err = errors.Join(group.Wait(), err); err != nil {
		return err
	}
	return os.RemoveAll(staged)
}

// send uploads one file.
func (f *Folder) send(ctx context.Context, from, name string) error {
	file, err := os.Open(from)
	if err != nil {
		return err
	}
	defer file.Close() // read only: nothing can be lost
	return f.put(ctx, name, file)
}

// Place has the bucket copy objects to their new names. The old ones stay until their folder is
// removed, so that several runs can do the same at once.
func (f *Folder) Place(ctx context.Context, names map[string]string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(transfers)
	for from, to := range names {
		group.Go(func() error {
			err := f.bucket.Copy(ctx, f.prefix+to, f.prefix+from, nil)
			if err == nil {
				return nil
			}
			if gcerrors.Code(err) == gcerrors.NotFound {
				if there, existsErr := f.bucket.Exists(ctx, f.prefix+to); existsErr == nil && there {
					return nil
				}
			}
			return f.failed("copy", from, err)
		})
	}
	return group.Wait()
}

// Remove removes an object of that name, and those below it, unfinished ones too.
func (f *Folder) Remove(ctx context.Context, name string) error {
	group, removing := errgroup.WithContext(ctx)
	group.SetLimit(transfers)
	remove := func(key string) {
		group.Go(func() error {
			if err := f.bucket.Delete(removing, key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
				return f.failed("remove", strings.TrimPrefix(key, f.prefix), err)
			}
			return nil
		})
	}
	remove(f.prefix + name)
	var listErr error
	for list := f.bucket.List(&blob.ListOptions{Prefix: f.prefix + asPrefix(name)}); ; {
		o, err := list.Next(removing)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			listErr = f.failed("list", name, err)
			break
		}
		remove(o.Key)
	}
	f.abandon(ctx, f.prefix+asPrefix(name))
	return errors.Join(group.Wait(), listErr)
}
