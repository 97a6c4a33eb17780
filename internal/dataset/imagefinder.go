package dataset

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// numberedEndings are the endings that are tried of images named by row number; the scripts that
// download Conceptual Captions write names without any.
var numberedEndings = []string{"", ".jpg", ".jpeg", ".png", ".webp", ".bmp"}

// imageFinder finds the image of a row. Where the row says a path, it is that path below root, or
// the path itself when it is absolute. Else, when images are numbered, it is the first of these
// below root that is there, n being the row in its file, from 0:
//
//	n         123.jpg         the row number
//	n, padded 000000123.jpg   the same with nine digits
//	n_crc     123_3523407757  with the CRC-32 (IEEE) of the URL, as open_clip's download script does
//
// each as it is or with one of the endings of numberedEndings.
type imageFinder struct {
	files    *storage.Files
	root     string
	numbered bool
}

// names are the paths at which the image may be.
func (f imageFinder) names(r row, n int64) []string {
	switch {
	case r.image != "" && (path.IsAbs(r.image) || storage.InBucket(r.image)):
		return []string{r.image}
	case r.image != "":
		return []string{storage.Join(f.root, r.image)}
	case !f.numbered:
		return nil
	}
	var names []string
	for _, stem := range []string{
		fmt.Sprint(n), fmt.Sprintf("%09d", n), fmt.Sprintf("%d_%d", n, crc32.ChecksumIEEE([]byte(r.URL))),
	} {
		for _, ending := range numberedEndings {
			names = append(names, storage.Join(f.root, stem+ending))
		}
	}
	return names
}

// open opens the row's image and gives its path.
func (f imageFinder) open(ctx context.Context, r row, n int64) (storage.File, string, *indexer.Failure) {
	names := f.names(r, n)
	if len(names) == 0 {
		return nil, "", indexer.Failf(indexer.ReasonNoImage, "the row does not say where its image is")
	}
	for _, name := range names {
		file, err := f.files.Open(ctx, name)
		if err == nil {
			return file, name, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, name, indexer.Failf(indexer.ReasonUnreadableFile, "%v", err)
		}
	}
	if len(names) == 1 {
		return nil, names[0], indexer.Failf(indexer.ReasonMissingFile, "%s is not there", names[0])
	}
	return nil, "", indexer.Failf(indexer.ReasonMissingFile, "no image of row %d is there, from %s to %s", n, names[0], names[len(names)-1])
}

// size is the size of the row's image, -1 when it cannot be had.
func (f imageFinder) size(ctx context.Context, r row, n int64) int64 {
	file, _, failure := f.open(ctx, r, n)
	if failure != nil {
		return -1
	}
	defer file.Close() // read only: nothing can be lost
	return file.Size()
}

// read reads the row's image. What is named as an image of another format is not read.
func (f imageFinder) read(ctx context.Context, r row, n int64) (data []byte, at string, failure *indexer.Failure) {
	file, at, failure := f.open(ctx, r, n)
	if failure != nil {
		return nil, at, failure
	}
	data, failure = readOpen(file, at, maxImage)
	return data, at, failure
}
