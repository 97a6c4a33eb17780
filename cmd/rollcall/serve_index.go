package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rollcall/internal/server"
	"rollcall/retriever"
)

// served is an open index as the service takes it.
func (s *service) served(ctx context.Context, x *index) (server.Index, error) {
	served := server.Index{
		Name: x.name, Store: x, Dimension: x.dimension, Manifest: x.manifest, Counter: x,
		Captions: x.store, // itself, which may come in parts that are read side by side
	}
	if s.model != nil {
		served.Encoder = s.model
	}
	if from, _ := hashedFrom(x, s.flags.imageRoots); from != nil {
		served.Pictures = from
	}
	if embedded, ok := x.store.(interface{ Has(retriever.Modality) bool }); ok {
		for _, m := range []retriever.Modality{retriever.Image, retriever.Text} {
			if embedded.Has(m) {
				served.Modalities = append(served.Modalities, m)
			}
		}
	}
	return served, s.addFaces(ctx, x, &served)
}

// addFaces gives an index its stored faces, where it has some and the bundle that found them is
// loaded.
func (s *service) addFaces(ctx context.Context, x *index, served *server.Index) error {
	if s.faces == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(x.dir, "faces")); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	stored, err := openFaces(ctx, x)
	if err != nil {
		return err
	}
	if stored.bundle != s.faces.Digest() {
		return usagef("the faces of index %s were found with another bundle (digest %.12s) than %s (digest %.12s); give the one that found them",
			x.name, stored.bundle, s.flags.faces, s.faces.Digest())
	}
	served.Faces, served.Finder = stored, faceFinder{s.faces}
	return nil
}
