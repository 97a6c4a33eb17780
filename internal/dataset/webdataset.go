package dataset

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// webdataset reads tar files of samples, in the order given: consecutive members whose path is the
// same up to the first dot of the base name are one sample. It holds one sample at a time.
type webdataset struct {
	tars  []inputFile
	reach storage.Reach
	info  indexer.SourceInfo
	forecast
}

func openWebdataset(ctx context.Context, s *setup) (indexer.Source, error) {
	tars, err := expand(ctx, s.files, s.inputs, []string{".tar"})
	if err != nil {
		return nil, err
	}
	if err := checkTar(ctx, s.files, tars[0].path); err != nil {
		return nil, err
	}
	w := &webdataset{tars: tars, reach: s.reach}
	digest := newDigest()
	for _, t := range tars {
		size, err := digest.add(ctx, s.files, t)
		if err != nil {
			return nil, err
		}
		w.add(size, unknown)
	}
	w.info = s.info(digest)
	return w, nil
}

// checkTar refuses a file that does not begin as a tar does. One that is empty, or ends before it has a
// header, is one that was cut off: that is recorded when it is read.
func checkTar(ctx context.Context, files *storage.Files, path string) error {
	f, err := files.Open(ctx, path)
	if err != nil {
		return err
	}
	defer f.Close() // read only: nothing can be lost
	start := make([]byte, 2)
	if _, err := f.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(start) == "\x1f\x8b" {
		return fmt.Errorf("%s is compressed with gzip: decompress it first (gunzip)", path)
	}
	if _, err := tar.NewReader(f).Next(); errors.Is(err, tar.ErrHeader) {
		return fmt.Errorf("%s is no tar file: %w", path, err)
	}
	return nil
}

// Describe says which tars these are.
func (w *webdataset) Describe() indexer.SourceInfo { return w.info }

// Read visits every sample.
func (w *webdataset) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	return w.ReadAfter(ctx, 0, visit)
}

// ReadAfter visits every sample after the first skip ones, of which only the headers are read.
func (w *webdataset) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) (err error) {
	files := storage.New(w.reach)
	defer func() { err = errors.Join(err, files.Close()) }()
	out := newCounter(&w.forecast, skip, visit)
	for _, t := range w.tars {
		w.next()
		if err := readTar(ctx, files, t.path, out); err != nil {
			return err
		}
	}
	return nil
}
