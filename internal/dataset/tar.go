package dataset

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// maxTarKeys bounds the keys of one tar that are remembered to find repeated ones; a shard of the
// usual data sets has 1,000 to 10,000 samples. Keys after that many are not checked.
const maxTarKeys = 1 << 18

// dotHint explains why a.v1.jpg is no image.
const dotHint = " (in a webdataset the key ends at the first dot of the base name, and all that follows is the ending)"

// tarReader reads the samples of one tar file. A tar that ends early or breaks gives the samples
// before that point and one failed sample in place of what was being read.
type tarReader struct {
	file    io.ReadSeeker
	tar     *tar.Reader
	path    string
	out     *counter
	open    *group // the sample whose members are being read
	ordinal int64  // of the open sample in this tar, from 0
	dataEnd int64  // where the last member's data ends, padding included
	keys    map[[16]byte]struct{}
}

func readTar(ctx context.Context, files *storage.Files, path string, out *counter) error {
	f, err := files.Stream(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing can be lost
	return newTarReader(f, path, out).read(ctx)
}

func newTarReader(f io.ReadSeeker, path string, out *counter) *tarReader {
	return &tarReader{file: f, tar: tar.NewReader(f), path: path, out: out, keys: map[[16]byte]struct{}{}}
}

func (r *tarReader) read(ctx context.Context) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		header, err := r.tar.Next()
		if err == nil {
			err = r.member(header)
		}
		var stop *stopped
		switch {
		case errors.As(err, &stop):
			return stop.cause
		case errors.Is(err, io.EOF):
			return r.end()
		case err != nil:
			return r.broken(err)
		}
	}
}

// stopped carries an error of the visitor through the reading of a tar.
type stopped struct{ cause error }

// Error gives the cause.
func (s *stopped) Error() string { return s.cause.Error() }

// member takes one member into its sample. Its error is a *stopped or the tar's.
func (r *tarReader) member(header *tar.Header) error {
	at, err := r.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	r.dataEnd = at
	if header.Typeflag == tar.TypeReg {
		r.dataEnd += (header.Size + 511) / 512 * 512
	}
	key, ext, ok := splitMember(header.Name)
	if !ok {
		return nil
	}
	if r.open == nil || r.open.key != key {
		if err := r.flush(); err != nil {
			return &stopped{err}
		}
		r.open = &group{key: key, position: fmt.Sprintf("%s#%d", r.path, r.ordinal), hint: dotHint}
		r.ordinal++
	}
	p, err := r.part(header, key, ext)
	r.open.parts = append(r.open.parts, p)
	return err
}

// splitMember splits a member's path at the first dot of its base name: key and extension. A base
// name without a dot, or with nothing before it, is in no sample.
func splitMember(name string) (key, extension string, ok bool) {
	dir, base := path.Split(name)
	stem, extension, found := strings.Cut(base, ".")
	return dir + stem, extension, found && stem != ""
}

func (r *tarReader) part(header *tar.Header, key, extension string) (part, error) {
	p := part{name: header.Name, path: key, kind: kindOf(extension)}
	limit := p.kind.limit()
	switch {
	case header.Typeflag == tar.TypeLink, header.Typeflag == tar.TypeSymlink:
		p.err = indexer.Failf(indexer.ReasonUnreadableFile, "%s is a link to %s, and links in a tar are not followed: pack the file itself (tar --dereference --hard-dereference)", header.Name, header.Linkname)
	case header.Typeflag != tar.TypeReg:
		p.err = indexer.Failf(indexer.ReasonUnreadableFile, "%s is no regular file but of the tar's type %q", header.Name, header.Typeflag)
	case header.Size > limit && limit > 0:
		p.err = tooLarge(header.Name, header.Size, limit)
	}
	if limit == 0 || p.err != nil || !r.out.wanted() {
		return p, nil
	}
	// Read to the end rather than into header.Size bytes: a damaged size allocates nothing.
	data, err := io.ReadAll(r.tar)
	p.data = data
	return p, err
}

// flush hands on the sample whose members are all read.
func (r *tarReader) flush() error {
	if r.open == nil {
		return nil
	}
	g := *r.open
	r.open = nil
	r.out.ahead.at(r.dataEnd)
	if r.repeated(g.key) {
		return r.out.emit([]indexer.Sample{{Key: g.key, Position: g.position,
			Err: indexer.Failf(indexer.ReasonDuplicateKey, "%s: the members of %q do not follow each other in the tar, or two samples have this key", g.names(), g.key)}})
	}
	return r.out.emit(g.samples())
}

// repeated tells whether this tar had the key before, and remembers it.
func (r *tarReader) repeated(key string) bool {
	sum := sha256.Sum256([]byte(key))
	short := [16]byte(sum[:16])
	if _, ok := r.keys[short]; ok {
		return true
	}
	if len(r.keys) < maxTarKeys {
		r.keys[short] = struct{}{}
	}
	return false
}

// end finishes a tar that could be read to its end. One that stops without the two empty blocks
// that close every tar may have lost samples: that is recorded as one more failed sample.
func (r *tarReader) end() error {
	if err := r.flush(); err != nil {
		return err
	}
	at, err := r.file.Seek(0, io.SeekCurrent)
	if err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	if at > r.dataEnd {
		return nil
	}
	return r.failed("", indexer.Failf(indexer.ReasonTarTruncated, "%s ends after %d bytes without the end mark of a tar; samples may be missing", r.path, at))
}

// broken records that the tar cannot be read on. The open sample is lost with it, for nothing says
// that it was whole. An error that is not the tar's but the disk's ends the reading instead: read
// again, the samples may be there.
func (r *tarReader) broken(err error) error {
	var disk *fs.PathError
	if errors.As(err, &disk) {
		return err
	}
	reason := indexer.ReasonTarDamaged
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = indexer.ReasonTarTruncated
	}
	var key string
	if r.open != nil {
		key = r.open.key
		r.ordinal--
	}
	at, _ := r.file.Seek(0, io.SeekCurrent)
	return r.failed(key, indexer.Failf(reason, "%s cannot be read beyond byte %d: %v", r.path, at, err))
}

func (r *tarReader) failed(key string, f *indexer.Failure) error {
	position := fmt.Sprintf("%s#%d", r.path, r.ordinal)
	return r.out.emit([]indexer.Sample{{Key: key, Position: position, Err: f}})
}
