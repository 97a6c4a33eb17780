package storage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
)

const (
	// readThrough is the gap up to which reading on beats a new request.
	readThrough = 1 << 20
	// attempts is how often a read is tried before its error counts. A reader that is slower than
	// the network lets connections lie idle, and clouds close those.
	attempts = 3
	// blockSize and maxBlocks bound what random access holds of one object: 8 MiB.
	blockSize = 256 << 10
	maxBlocks = 32
)

// object is an open object of a bucket. It is read as a stream by Read and Seek, or at random by
// ReadAt; both may be used.
type object struct {
	ctx    context.Context // of Open: io.Reader has no place for it
	bucket Bucket
	key    string
	name   string // for errors
	size   int64
	tag    string

	at   int64         // where Read is
	body io.ReadCloser // open at that place; nil before the first read

	blocks blocks
}

// Size is the object's size when it was opened.
func (o *object) Size() int64 { return o.size }

// Read reads on from where it is, with new requests after errors.
func (o *object) Read(p []byte) (int, error) {
	if o.at >= o.size {
		return 0, io.EOF
	}
	var errs []error
	for range attempts {
		n, err := o.readOnce(p)
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		if err == nil {
			err = io.ErrNoProgress
		}
		errs = append(errs, err)
		o.drop()
		if o.ctx.Err() != nil {
			break
		}
	}
	return 0, objectError(o.name, errors.Join(errs...))
}

func (o *object) readOnce(p []byte) (int, error) {
	if o.body == nil {
		body, err := o.bucket.NewRangeReader(o.ctx, o.key, o.at, -1, nil)
		if err != nil {
			return 0, err
		}
		o.body = body
	}
	n, err := o.body.Read(p[:min(int64(len(p)), o.size-o.at)])
	o.at += int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF // it is not at its size
	}
	return n, err
}

// drop ends the open request. Its error says nothing: what was read of it is good.
func (o *object) drop() {
	if o.body != nil {
		_ = o.body.Close()
	}
	o.body = nil
}

// Seek moves the place of the next Read. A short way forward is read through.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.at
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 {
		return 0, errOffset
	}
	if gap := offset - o.at; o.body != nil && gap > 0 && gap <= readThrough && offset <= o.size {
		if _, err := io.CopyN(io.Discard, o, gap); err != nil {
			return 0, err
		}
	}
	if offset != o.at {
		o.drop()
		o.at = offset
	}
	return offset, nil
}

// ReadAt reads at any place, by whole blocks that are kept a while.
func (o *object) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errOffset
	}
	for n < len(p) {
		if off+int64(n) >= o.size {
			return n, io.EOF
		}
		at := off + int64(n)
		block, err := o.blocks.get(at/blockSize, o.fetch)
		if err != nil {
			return n, objectError(o.name, err)
		}
		n += copy(p[n:], block[at%blockSize:])
	}
	return n, nil
}

// fetch reads one block.
func (o *object) fetch(number int64) ([]byte, error) {
	start := number * blockSize
	block := make([]byte, min(blockSize, o.size-start))
	var errs []error
	for range attempts {
		err := o.fetchInto(block, start)
		if err == nil {
			return block, nil
		}
		errs = append(errs, err)
		if o.ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("%d bytes from %d: %w", len(block), start, errors.Join(errs...))
}

func (o *object) fetchInto(block []byte, start int64) error {
	body, err := o.bucket.NewRangeReader(o.ctx, o.key, start, int64(len(block)), nil)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(body, block)
	return errors.Join(err, body.Close())
}

// Close ends the reading.
func (o *object) Close() error {
	o.drop()
	return nil
}

// blocks keeps the blocks that were used last.
type blocks struct {
	mu   sync.Mutex
	kept map[int64][]byte
	used []int64 // the last used at the end
}

func (b *blocks) get(number int64, fetch func(int64) ([]byte, error)) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, n := range b.used {
		if n == number {
			b.used = append(append(b.used[:i:i], b.used[i+1:]...), number)
			return b.kept[number], nil
		}
	}
	block, err := fetch(number)
	if err != nil {
		return nil, err
	}
	if b.kept == nil {
		b.kept = map[int64][]byte{}
	}
	if len(b.used) == maxBlocks {
		delete(b.kept, b.used[0])
		b.used = b.used[1:]
	}
	b.kept[number], b.used = block, append(b.used, number)
	return block, nil
}
