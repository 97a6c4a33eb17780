package parquetfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// inflater inflates the content of pages, none further than the room that is given for it. What its
// decoders keep between pages is some MiB, 16 of them Brotli's window.
type inflater struct {
	source bytes.Reader
	gzip   *gzip.Reader
	brotli *brotli.Reader
	zstd   *zstd.Decoder
}

// inflate fills dst with the content of src, and says how far. Content that goes on beyond dst is an
// error.
func (i *inflater) inflate(codec format.CompressionCodec, dst, src []byte) (n int, err error) {
	if len(src) == 0 {
		return 0, nil
	}
	switch codec {
	case format.Uncompressed: // a page that compressing made no smaller
		if len(src) > len(dst) {
			return 0, tooLarge(dst)
		}
		return copy(dst, src), nil
	case format.Snappy:
		return inflateSnappy(dst, src)
	case format.Gzip:
		return i.inflateGzip(dst, src)
	case format.Brotli:
		i.source.Reset(src)
		if i.brotli == nil {
			i.brotli = brotli.NewReader(&i.source)
		} else if err := i.brotli.Reset(&i.source); err != nil {
			return 0, err
		}
		return readAll(i.brotli, dst)
	case format.Zstd:
		return i.inflateZstd(dst, src)
	case format.Lz4Raw:
		if n, err = lz4.UncompressBlock(src, dst); err != nil {
			return 0, fmt.Errorf("its content is damaged, or larger than the %d bytes that its header claims (%w)", len(dst), err)
		}
		return n, nil
	}
	return 0, fmt.Errorf("it is compressed by %s, which is not read", codec)
}

func tooLarge(dst []byte) error {
	return fmt.Errorf("its content is larger than the %d bytes that its header claims", len(dst))
}

func inflateSnappy(dst, src []byte) (int, error) {
	n, err := snappy.DecodedLen(src)
	if err != nil {
		return 0, err
	}
	if n > len(dst) {
		return 0, tooLarge(dst)
	}
	_, err = snappy.Decode(dst, src)
	return n, err
}

func (i *inflater) inflateGzip(dst, src []byte) (int, error) {
	i.source.Reset(src)
	var err error
	if i.gzip == nil {
		i.gzip, err = gzip.NewReader(&i.source)
	} else {
		err = i.gzip.Reset(&i.source)
	}
	if err != nil {
		return 0, err
	}
	return readAll(i.gzip, dst)
}

func (i *inflater) inflateZstd(dst, src []byte) (n int, err error) {
	if i.zstd == nil {
		i.zstd, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return 0, err
		}
	}
	out, err := i.zstd.DecodeAll(src, dst[:0:len(dst)])
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return 0, tooLarge(dst)
	}
	return len(out), err
}

// readAll reads r to its end into dst.
func readAll(r io.Reader, dst []byte) (n int, err error) {
	for n < len(dst) && err == nil {
		var k int
		if k, err = r.Read(dst[n:]); k == 0 && err == nil {
			err = io.ErrNoProgress
		}
		n += k
	}
	if err == nil {
		var more [1]byte
		var k int
		if k, err = io.ReadFull(r, more[:]); k > 0 {
			return n, tooLarge(dst)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}
