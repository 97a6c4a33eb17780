package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollcall/internal/clip"
	"rollcall/retriever"
)

const (
	maxPhotoBytes = 64 << 20
	photoBatch    = 64
)

// references embeds the photos of every person. A photo that cannot be used is said, and is a
// reference without a vector.
func (a *app) references(ctx context.Context, model *clip.Model, c counting) ([]retriever.References, error) {
	all := make([]retriever.References, len(c.roster.Persons))
	for i, person := range c.roster.Persons {
		all[i].Person = person.ID
		paths, err := photosOf(c.flags.photos, person.ID)
		if err != nil {
			return nil, err
		}
		for batch := range slices.Chunk(paths, photoBatch) {
			embedded, err := a.embedPhotos(ctx, model, batch)
			if err != nil {
				return nil, err
			}
			all[i].Vectors = append(all[i].Vectors, embedded...)
		}
	}
	return all, nil
}

// photosOf lists a person's photos in the order of their names; a person without a folder in root has
// none.
func photosOf(root, id string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(root, id))
	if _, missing := os.Stat(root); errors.Is(err, fs.ErrNotExist) && missing == nil {
		return nil, nil
	}
	if err != nil {
		return nil, usageError{err}
	}
	var paths []string
	for _, entry := range entries {
		switch strings.ToLower(filepath.Ext(entry.Name())) {
		case ".jpg", ".jpeg", ".png", ".webp", ".bmp":
			paths = append(paths, filepath.Join(root, id, entry.Name()))
		}
	}
	return paths, nil
}

func (a *app) embedPhotos(ctx context.Context, model *clip.Model, paths []string) ([][]float32, error) {
	files := make([][]byte, len(paths))
	for i, path := range paths {
		data, err := readPhoto(path)
		if err != nil {
			fmt.Fprintf(a.stderr, "warning: photo left out: %v\n", err)
		}
		files[i] = data // nil is an image that cannot be decoded
	}
	embedded, failed, err := model.EncodeImages(ctx, files)
	if err != nil {
		return nil, err
	}
	for i, problem := range failed {
		if problem != nil && files[i] != nil {
			fmt.Fprintf(a.stderr, "warning: photo left out: %s: %v\n", paths[i], problem)
		}
	}
	return embedded, nil
}

func readPhoto(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxPhotoBytes {
		return nil, fmt.Errorf("%s has %d bytes, more than the %d that are read", path, info.Size(), maxPhotoBytes)
	}
	return os.ReadFile(path)
}
