package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"

	"rollcall/internal/dataset/storage"
)

// digest identifies a data set by its files: their names relative to the input, and what
// storage.Files.Identity says of each. A copy of a data set on disk has the digest of the original.
type digest struct{ hash.Hash }

func newDigest() digest { return digest{sha256.New()} }

// add takes one file, and gives its size; the order of files matters. What a listing said of it is as
// good as what the file itself says.
func (d digest) add(ctx context.Context, files *storage.Files, f inputFile) (size int64, err error) {
	size, sum := f.listed.Size, f.listed.Tag
	if sum == "" {
		if size, sum, err = files.Identity(ctx, f.path); err != nil {
			return 0, err
		}
	}
	fmt.Fprintf(d, "%q %d %s\n", f.name, size, sum)
	return size, nil
}

// addAny is add for a file that may not be readable: reading it again will fail too, and be recorded.
func (d digest) addAny(ctx context.Context, files *storage.Files, f inputFile) (size int64, err error) {
	size, err = d.add(ctx, files, f)
	if err != nil && ctx.Err() == nil {
		_, err = fmt.Fprintf(d, "%q unreadable\n", f.name)
	}
	return size, err
}

func (d digest) String() string { return hex.EncodeToString(d.Sum(nil)) }
