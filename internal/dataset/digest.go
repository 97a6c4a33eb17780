package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

const (
	wholeBelow = 1 << 20  // files below this many bytes are hashed whole
	edge       = 64 << 10 // of larger ones, this many bytes at each end
)

// digest identifies a data set by its files: their names relative to the input, their sizes and
// their content. Of a file of 1 MiB or more only the first and last 64 KiB are read, so a change
// in the middle of a large tar that keeps its size is not seen. Modification times do not count:
// a copy of a data set has the digest of the original.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

// add takes one file; the order of files matters.
func (d digest) add(ctx context.Context, path, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, size, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	content := sha256.New()
	if err := hashContent(content, f, size); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	fmt.Fprintf(d, "%q %d %x\n", name, size, content.Sum(nil))
	return nil
}

// openRegular opens a file and gives its size; what is no file, such as a pipe that would never
// end, is refused.
func openRegular(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	if !info.Mode().IsRegular() {
		return nil, 0, fmt.Errorf("%s: not a regular file", path)
	}
	f, err := os.Open(path)
	return f, info.Size(), err
}

func hashContent(w io.Writer, f io.ReaderAt, size int64) error {
	if size < wholeBelow {
		_, err := io.Copy(w, io.NewSectionReader(f, 0, size))
		return err
	}
	for _, at := range []int64{0, size - edge} {
		if _, err := io.Copy(w, io.NewSectionReader(f, at, edge)); err != nil {
			return err
		}
	}
	return nil
}

func (d digest) String() string { return hex.EncodeToString(d.Sum(nil)) }
