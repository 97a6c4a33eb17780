package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// EmbeddingFolder is an open embedding folder; internal/vectors provides it. Batches visits all rows
// in order with their vectors.
type EmbeddingFolder interface {
	Batches(ctx context.Context, size int, visit func(retriever.RowBatch) error) error
	Close() error
}

// OpenEmbeddings opens an embedding folder of clip-retrieval's, LAION's or our own layout.
type OpenEmbeddings func(dir string) (EmbeddingFolder, error)

const (
	// embeddingBatch is how many rows are held at a time: 1,024 of two vectors of 768 are 6 MiB.
	embeddingBatch = 1024
	// unitTolerance is how far the squared length of a vector may be from one before it is
	// normalised: rounding to float16 stays within 0.0003.
	unitTolerance = 0.002
)

// embeddings reads the rows of embedding folders as samples that bring their vectors along. A
// vector of length one is handed on bit for bit, another is normalised; one that is zero or not
// finite becomes a ledger record in the indexer.
type embeddings struct {
	dirs      []string
	open      OpenEmbeddings
	reach     storage.Reach
	dimension int
	info      indexer.SourceInfo
}

func openEmbeddings(ctx context.Context, s *setup) (indexer.Source, error) {
	if s.Embeddings == nil {
		return nil, errors.New("embedding folders cannot be opened here")
	}
	e := &embeddings{dirs: s.inputs, open: s.Embeddings, reach: s.reach}
	digest := newDigest()
	shape := func(info indexer.SourceInfo) [2]bool { return [2]bool{info.NoImages, info.NoTexts} }
	for i, dir := range e.dirs {
		info, dimension, err := e.peek(ctx, s.files, dir)
		if err != nil {
			return nil, err
		}
		if i > 0 && (dimension != e.dimension || shape(info) != shape(e.info)) {
			return nil, fmt.Errorf("%s has embeddings of another dimension (%d) or kind than %s (%d); index them apart", dir, dimension, e.dirs[0], e.dimension)
		}
		e.info, e.dimension = info, dimension
		if err := digestEmbeddings(ctx, s.files, dir, digest); err != nil {
			return nil, err
		}
	}
	info := s.info(digest)
	info.NoImages, info.NoTexts, info.Embedded = e.info.NoImages, e.info.NoTexts, true
	e.info = info
	return e, nil
}

// openFolder opens an embedding folder on disk or in a bucket.
func (e *embeddings) openFolder(ctx context.Context, files *storage.Files, dir string) (EmbeddingFolder, error) {
	if storage.InBucket(dir) {
		return openRemote(ctx, files, dir, e.open)
	}
	return e.open(dir)
}

// peek looks at the first row: what kinds of embeddings there are, and their dimension.
func (e *embeddings) peek(ctx context.Context, files *storage.Files, dir string) (info indexer.SourceInfo, dimension int, err error) {
	folder, err := e.openFolder(ctx, files, dir)
	if err != nil {
		return info, 0, err
	}
	err = folder.Batches(ctx, 1, func(b retriever.RowBatch) error {
		info.NoImages, info.NoTexts = b.Image == nil, b.Text == nil
		for _, vectors := range [][][]float32{b.Image, b.Text} {
			if vectors != nil {
				dimension = len(vectors[0])
			}
		}
		return errPeeked
	})
	if err == nil {
		err = fmt.Errorf("%s: an embedding folder without rows", dir)
	}
	if errors.Is(err, errPeeked) {
		err = nil
	}
	return info, dimension, errors.Join(err, folder.Close())
}

// digestEmbeddings adds every embedding and metadata file of a folder.
func digestEmbeddings(ctx context.Context, files *storage.Files, dir string, digest digest) error {
	if storage.InBucket(dir) {
		names, err := embeddingFiles(ctx, files, dir)
		for _, name := range names {
			err = errors.Join(err, digest.add(ctx, files, storage.Join(dir, name), name))
		}
		return err
	}
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".npy") && !strings.HasSuffix(path, ".parquet") {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		return digest.add(ctx, files, path, filepath.ToSlash(name))
	})
}

// Dimension is that of the vectors.
func (e *embeddings) Dimension() int { return e.dimension }

// Describe says which folders these are.
func (e *embeddings) Describe() indexer.SourceInfo { return e.info }

// Read visits every row.
func (e *embeddings) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	return e.ReadAfter(ctx, 0, visit)
}

// ReadAfter visits every row after the first skip ones.
func (e *embeddings) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) (err error) {
	files := storage.New(e.reach)
	defer func() { err = errors.Join(err, files.Close()) }()
	out := &counter{skip: skip, visit: visit}
	for _, dir := range e.dirs {
		if err := e.readFolder(ctx, files, dir, out); err != nil {
			return err
		}
	}
	return nil
}

func (e *embeddings) readFolder(ctx context.Context, files *storage.Files, dir string, out *counter) error {
	folder, err := e.openFolder(ctx, files, dir)
	if err != nil {
		return err
	}
	if r, inBucket := folder.(*remote); inBucket {
		r.pass = out.pass
	}
	err = folder.Batches(ctx, embeddingBatch, func(b retriever.RowBatch) error {
		for i, row := range b.Rows {
			s := indexer.Sample{
				Key: row.Key, Position: fmt.Sprintf("%s#%d", dir, b.First+int64(i)),
				ImagePath: row.ImagePath, Caption: row.Caption, HasText: true, URL: row.URL, Fields: row.Fields,
			}
			if (b.Image == nil) != e.info.NoImages || (b.Text == nil) != e.info.NoTexts {
				return fmt.Errorf("%s: from row %d on it has other kinds of embeddings than before", dir, b.First)
			}
			if b.Image != nil {
				s.ImageVector = unit(b.Image[i])
			}
			if b.Text != nil {
				s.TextVector = unit(b.Text[i])
			}
			if err := out.emit([]indexer.Sample{s}); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, folder.Close())
}

// unit normalises a vector whose length is not one. One without direction stays as it is.
func unit(v []float32) []float32 {
	var square float64
	for _, x := range v {
		square += float64(x) * float64(x)
	}
	if math.Abs(square-1) <= unitTolerance || square == 0 || math.IsNaN(square) || math.IsInf(square, 0) {
		return v
	}
	scale := 1 / math.Sqrt(square)
	scaled := make([]float32, len(v))
	for i, x := range v {
		scaled[i] = float32(float64(x) * scale)
	}
	return scaled
}
