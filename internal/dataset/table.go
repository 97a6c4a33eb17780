package dataset

import (
	"context"
	"errors"
	"fmt"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// tableFormat is how the files of a format are read as samples.
type tableFormat struct {
	extensions []string // of the files taken from a folder
	read       rowReader
	listed     bool   // the image of a row is in one of imageNames, relative to the file
	numbered   bool   // without such a column, images are named by row number
	unit       string // between the file and the row in a position
	damaged    indexer.Reason
}

var tableFormats = map[string]tableFormat{
	"cc3m":  {[]string{".tsv", ".tsv.gz"}, readTSV, false, true, ":", indexer.ReasonFileDamaged},
	"list":  {[]string{".tsv", ".tsv.gz"}, readTSV, true, false, ":", indexer.ReasonFileDamaged},
	"csv":   {[]string{".csv", ".csv.gz"}, readCSV, true, false, ":", indexer.ReasonFileDamaged},
	"jsonl": {[]string{".jsonl", ".jsonl.gz"}, readJSONL, true, false, ":", indexer.ReasonFileDamaged},
	"laion": {[]string{".parquet"}, readParquet, false, false, "#", indexer.ReasonParquetDamaged},
}

// table reads the rows of caption files as samples. Images come from ImagesDir or, for lists, CSV
// and JSON Lines with a column that says where they are, from beside the file, or from the file itself
// when that is img2dataset's Parquet; without any of these the samples are captions alone. It holds one row.
type table struct {
	tableFormat
	files     []inputFile
	imagesDir string
	held      bool // the images are in the files
	reach     storage.Reach
	info      indexer.SourceInfo
	forecast
}

func openTable(ctx context.Context, s *setup) (indexer.Source, error) {
	t := &table{tableFormat: tableFormats[s.Format], imagesDir: s.ImagesDir, reach: s.reach}
	var err error
	if t.files, err = expand(ctx, s.files, s.inputs, t.extensions); err != nil {
		return nil, err
	}
	if err := checkImagesDir(ctx, s); err != nil {
		return nil, err
	}
	first, err := t.peek(ctx, s.files)
	if err != nil {
		return nil, err
	}
	if first.lacks != "" {
		return nil, errors.New(first.lacks)
	}
	if s.ImagesDir != "" && first.image == "" && !t.numbered {
		return nil, fmt.Errorf("%s: no column says where a row's image is, so --images-dir is of no use; one of %q is needed", t.files[0].path, imageNames)
	}
	t.held = s.ImagesDir == "" && first.held
	t.info.NoImages = s.ImagesDir == "" && !t.held && (!t.listed || first.image == "")
	digest := newDigest()
	for _, f := range t.files {
		size, err := digest.add(ctx, s.files, f)
		if err != nil {
			return nil, err
		}
		rows := int64(unknown)
		if s.Format == "laion" {
			if rows, err = parquetRows(ctx, s.files, f.path); err != nil {
				return nil, err
			}
		}
		t.add(size, rows)
		if err := t.digestImages(ctx, s.files, f, digest); err != nil {
			return nil, err
		}
	}
	noImages := t.info.NoImages
	t.info = s.info(digest)
	t.info.NoImages = noImages
	return t, nil
}

// parquetRows is how many rows a Parquet file says it has; unknown when it is damaged, which is
// recorded when it is read.
func parquetRows(ctx context.Context, files *storage.Files, path string) (rows int64, err error) {
	f, err := files.Open(ctx, path)
	if err != nil {
		return unknown, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	file, err := openParquet(f, path)
	switch {
	case err == nil:
		return file.NumRows(), nil
	case transient(err):
		return unknown, err
	}
	return unknown, nil
}

func checkImagesDir(ctx context.Context, s *setup) error {
	if s.ImagesDir == "" {
		return nil
	}
	isDir, err := s.files.IsDir(ctx, s.ImagesDir)
	if err == nil && !isDir {
		err = errors.New("not a folder")
	}
	if err != nil {
		return fmt.Errorf("the folder of the images, %s: %w", s.ImagesDir, err)
	}
	return nil
}

// errPeeked ends a look at the first row.
var errPeeked = errors.New("peeked")

// peek reads the first row that can be used. A first file that is not of the format at all shows here,
// before anything is written; later ones are recorded when they are read.
func (t *table) peek(ctx context.Context, files *storage.Files) (first row, err error) {
	for i, f := range t.files {
		err := t.read(ctx, files, f.path, true, func(r row) error {
			if r.err != nil {
				return nil
			}
			first = r
			return errPeeked
		})
		switch {
		case errors.Is(err, errPeeked):
			return first, nil
		case err != nil && (i == 0 || transient(err)):
			return first, err
		}
	}
	return first, nil
}

// digestImages adds the sizes of a file's images. Their content is not read: with the millions of
// files that such sets have, that would be most of the work of indexing them.
func (t *table) digestImages(ctx context.Context, files *storage.Files, f inputFile, digest digest) error {
	if t.info.NoImages || t.held {
		return nil
	}
	finder := t.finder(files, f)
	var n int64
	err := t.read(ctx, files, f.path, true, func(r row) error {
		if err := ctx.Err(); err != nil {
			return &stopped{err}
		}
		if r.err == nil {
			fmt.Fprintf(digest, "%d %d\n", n, finder.size(ctx, r, n))
		}
		n++
		return nil
	})
	var stop *stopped
	if errors.As(err, &stop) {
		return stop.cause
	}
	return nil // a file that cannot be read on is recorded when it is read
}

// finder finds the images of one file's rows.
func (t *table) finder(files *storage.Files, f inputFile) imageFinder {
	root := t.imagesDir
	if root == "" {
		root = storage.Dir(f.path)
	}
	return imageFinder{files: files, root: root, numbered: t.numbered}
}

// Describe says which files these are.
func (t *table) Describe() indexer.SourceInfo { return t.info }

// Read visits every sample.
func (t *table) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	return t.ReadAfter(ctx, 0, visit)
}

// ReadAfter visits every sample after the first skip ones, whose images are not opened.
func (t *table) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) (err error) {
	files := storage.New(t.reach)
	defer func() { err = errors.Join(err, files.Close()) }()
	out := newCounter(&t.forecast, skip, visit)
	for _, f := range t.files {
		t.next()
		if err := t.readFile(ctx, files, f, out); err != nil {
			return err
		}
	}
	return nil
}

// readFile hands on the samples of one file. One that cannot be read on has one failed sample in
// place of the rows that are lost.
func (t *table) readFile(ctx context.Context, files *storage.Files, f inputFile, out *counter) error {
	finder := t.finder(files, f)
	var n int64
	err := t.read(ctx, files, f.path, true, func(r row) error {
		if err := ctx.Err(); err != nil {
			return &stopped{err}
		}
		s := t.sample(f, r)
		if s.Err == nil && t.held {
			s.Image, s.Err = r.heldImage()
		} else if s.Err == nil && !t.info.NoImages && out.wanted() {
			var failure *indexer.Failure
			if s.Image, s.ImagePath, failure = finder.read(ctx, r, n); failure != nil {
				s.Err = failure
			}
		}
		n++
		t.at(r.behind)
		if err := out.emit([]indexer.Sample{s}); err != nil {
			return &stopped{err}
		}
		return nil
	})
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		return stop.cause
	case err == nil || transient(err) || ctx.Err() != nil:
		return err
	}
	return out.emit([]indexer.Sample{{Position: f.path, Err: indexer.Failf(t.damaged, "%v; rows after that are lost", err)}})
}

// heldImage is the image that a row itself holds, and why there is none.
func (r row) heldImage() ([]byte, error) {
	if failure := r.downloadFailure(); failure != nil {
		return nil, failure
	}
	if len(r.data) > maxImage {
		return nil, tooLarge("the image of the row", int64(len(r.data)), maxImage)
	}
	return r.data, nil
}

// sample is what a row says of its sample, without the image.
func (t *table) sample(f inputFile, r row) indexer.Sample {
	s := indexer.Sample{
		Key: r.Key, Position: fmt.Sprintf("%s%s%d", f.path, t.unit, r.at),
		Caption: r.Caption, HasText: !r.Null && r.lacks == "" && r.err == nil, WhyNoText: r.lacks, URL: r.URL, Fields: r.fields, Cleaned: r.cleaned,
	}
	var failure *indexer.Failure
	switch {
	case errors.As(r.err, &failure):
		s.Err = failure
	case r.err != nil:
		s.Err = indexer.Failf(indexer.ReasonBadRow, "%v", r.err)
	}
	return s
}
