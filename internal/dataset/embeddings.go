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
// in order with their vectors; Len counts them.
type EmbeddingFolder interface {
	Len(ctx context.Context) (int64, error)
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
	parts     [][]remotePartition // of each that is in a bucket
	open      OpenEmbeddings
	reach     storage.Reach
	dimension int
	info      indexer.SourceInfo
	forecast
}

func openEmbeddings(ctx context.Context, s *setup) (indexer.Source, error) {
	if s.Embeddings == nil {
		return nil, errors.New("embedding folders cannot be opened here")
	}
	e := &embeddings{dirs: s.inputs, parts: make([][]remotePartition, len(s.inputs)), open: s.Embeddings, reach: s.reach}
	digest := newDigest()
	shape := func(info indexer.SourceInfo) [2]bool { return [2]bool{info.NoImages, info.NoTexts} }
	for i, dir := range e.dirs {
		info, dimension, rows, err := e.peek(ctx, s.files, i)
		if err != nil {
			return nil, err
		}
		if i > 0 && (dimension != e.dimension || shape(info) != shape(e.info)) {
			return nil, fmt.Errorf("%s has embeddings of another dimension (%d) or kind than %s (%d); index them apart", dir, dimension, e.dirs[0], e.dimension)
		}
		e.info, e.dimension = info, dimension
		e.add(0, rows)
		if err := digestEmbeddings(ctx, s.files, dir, digest); err != nil {
			return nil, err
		}
	}
	info := s.info(digest)
	info.NoImages, info.NoTexts, info.Embedded = e.info.NoImages, e.info.NoTexts, true
	e.info = info
	return e, nil
}

// peek looks at a folder: what kinds of embeddings there are, their dimension and how many. Of one in a
// bucket it reads the headers, and remembers what it found.
func (e *embeddings) peek(ctx context.Context, files *storage.Files, number int) (info indexer.SourceInfo, dimension int, rows int64, err error) {
	dir := e.dirs[number]
	if storage.InBucket(dir) {
		r, err := openRemote(ctx, files, dir, e.open)
		if err != nil {
			return info, 0, 0, err
		}
		e.parts[number] = r.parts
		first := r.parts[0]
		info.NoImages, info.NoTexts = first.image == "", first.text == ""
		rows, err = r.Len(ctx)
		return info, first.dimension, rows, err
	}
	folder, err := e.open(dir)
	if err != nil {
		return info, 0, 0, err
	}
	if rows, err = folder.Len(ctx); err != nil {
		return info, 0, 0, errors.Join(err, folder.Close())
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
	return info, dimension, rows, errors.Join(err, folder.Close())
}

// digestEmbeddings adds every embedding and metadata file of a folder.
func digestEmbeddings(ctx context.Context, files *storage.Files, dir string, digest digest) error {
	if storage.InBucket(dir) {
		found, err := embeddingFiles(ctx, files, dir)
		for _, file := range found {
			_, addErr := digest.add(ctx, files, file)
			err = errors.Join(err, addErr)
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
		_, err = digest.add(ctx, files, inputFile{path: path, name: filepath.ToSlash(name)})
		return err
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
	out := newCounter(&e.forecast, skip, visit)
	for number := range e.dirs {
		e.next()
		if err := e.readFolder(ctx, files, number, out); err != nil {
			return err
		}
	}
	return nil
}

func (e *embeddings) readFolder(ctx context.Context, files *storage.Files, number int, out *counter) (err error) {
	dir := e.dirs[number]
	var folder EmbeddingFolder = &remote{files: files, dir: dir, open: e.open, parts: e.parts[number], pass: out.pass}
	if !storage.InBucket(dir) {
		if folder, err = e.open(dir); err != nil {
			return err
		}
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
