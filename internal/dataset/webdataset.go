package dataset

import (
	"context"
	"errors"

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
	w := &webdataset{tars: tars, reach: s.reach}
	digest := newDigest()
	for _, t := range tars {
		size, err := digest.add(ctx, s.files, t.path, t.name)
		if err != nil {
			return nil, err
		}
		w.add(size, unknown)
	}
	w.info = s.info(digest)
	return w, nil
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
