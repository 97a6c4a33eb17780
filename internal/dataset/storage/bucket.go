package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/azureblob" // azblob://
	_ "gocloud.dev/blob/gcsblob"   // gs://
	_ "gocloud.dev/blob/s3blob"    // s3://
	"gocloud.dev/gcerrors"
)

// Bucket is what is used of a bucket.
type Bucket interface {
	Attributes(ctx context.Context, key string) (*blob.Attributes, error)
	NewRangeReader(ctx context.Context, key string, offset, length int64, o *blob.ReaderOptions) (*blob.Reader, error)
	List(o *blob.ListOptions) *blob.ListIterator
	Close() error
}

// Reach opens a bucket by its URL.
type Reach func(ctx context.Context, url string) (Bucket, error)

// reachCloud opens a bucket with the credentials of its cloud's own tools.
func reachCloud(ctx context.Context, url string) (Bucket, error) {
	return blob.OpenBucket(ctx, url)
}

// advice is what to do about a bucket that does not answer as it should.
const advice = "check the URL, the region or endpoint behind its ?, and the credentials that this cloud's own tools use"

// maxListing bounds how many names of one folder in a bucket are held, which come a thousand a request.
const maxListing = 10_000_000

// bucket finds or opens the bucket of a URL.
func (f *Files) bucket(ctx context.Context, url string) (Bucket, error) {
	if b, open := f.buckets[url]; open {
		return b, nil
	}
	b, err := f.reach(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be reached: %w; %s", url, err, advice)
	}
	f.buckets[url] = b
	return b, nil
}

func (f *Files) openObject(ctx context.Context, name string) (File, error) {
	at := locate(name)
	b, err := f.bucket(ctx, at.bucket)
	if err != nil {
		return nil, err
	}
	attributes, err := b.Attributes(ctx, at.key)
	if err != nil {
		return nil, objectError(name, err)
	}
	return &object{ctx: ctx, bucket: b, key: at.key, name: name, size: attributes.Size, tag: attributes.ETag}, nil
}

func (f *Files) streamObject(ctx context.Context, name string) (File, error) {
	at := locate(name)
	b, err := f.bucket(ctx, at.bucket)
	if err != nil {
		return nil, err
	}
	body, err := b.NewRangeReader(ctx, at.key, 0, -1, nil)
	if err != nil {
		return nil, objectError(name, err)
	}
	return &object{ctx: ctx, bucket: b, key: at.key, name: name, size: body.Size(), body: body}, nil
}

// objectError is the operating system's kind of error for an object: reading on is no use, and
// reading again may help.
func objectError(name string, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound {
		return missing(name)
	}
	return &fs.PathError{Op: "read", Path: name, Err: fmt.Errorf("%w; %s", err, advice)}
}

// isPrefix tells a folder in a bucket, which is the start of other objects' keys, from an object.
func (f *Files) isPrefix(ctx context.Context, name string) (bool, error) {
	at := locate(name)
	b, err := f.bucket(ctx, at.bucket)
	if err != nil {
		return false, err
	}
	if at.key != "" {
		_, err := b.Attributes(ctx, at.key)
		if err == nil {
			return false, nil
		}
		if gcerrors.Code(err) != gcerrors.NotFound {
			return false, objectError(name, err)
		}
	}
	_, err = b.List(&blob.ListOptions{Prefix: asPrefix(at.key)}).Next(ctx)
	switch {
	case errors.Is(err, io.EOF):
		return false, missing(name)
	case err != nil:
		return false, objectError(name, err)
	}
	return true, nil
}

func (f *Files) listPrefix(ctx context.Context, dir string, into *Listing) error {
	at := locate(dir)
	b, err := f.bucket(ctx, at.bucket)
	if err != nil {
		return err
	}
	prefix := asPrefix(at.key)
	for list := b.List(&blob.ListOptions{Prefix: prefix, Delimiter: "/"}); ; {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return objectError(dir, err)
		}
		name := strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), "/")
		if name == "" { // the mark that some tools leave for an empty folder
			continue
		}
		if into.Len() == maxListing {
			return fmt.Errorf("%s has more than %d objects: give folders below it, or a pattern such as {00000..00331}.tar", dir, maxListing)
		}
		into.add(Entry{Name: name, Dir: o.IsDir, Size: o.Size, Tag: listedTag(o)})
	}
}

func asPrefix(key string) string {
	if key == "" {
		return ""
	}
	return key + "/"
}
