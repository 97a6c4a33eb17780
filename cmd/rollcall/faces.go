package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"

	"rollcall/internal/face"
	"rollcall/internal/milvus"
	"rollcall/internal/onnx"
	"rollcall/retriever"
)

// faceStore is what the commands need of an index's stored faces.
type faceStore interface {
	retriever.FaceSearcher
	retriever.FaceCounter
	retriever.RowFaces
	retriever.FaceSource
}

// storedFaces are the faces of an index.
type storedFaces struct {
	faceStore
	bundle string // digest of the bundle that found them
}

// openFaces opens the faces of an index, and refuses those of another state of it. They are searched in
// Milvus where they are published there, else in the folder.
func openFaces(ctx context.Context, opened *index) (*storedFaces, error) {
	stored, err := face.OpenStore(opened.dir)
	if err != nil {
		return nil, usageError{err}
	}
	m := stored.Manifest()
	rows, err := opened.store.Len(ctx)
	if err != nil {
		return nil, err
	}
	if !m.Complete || m.Rows != rows || opened.manifest != nil && m.Index != opened.manifest.Fingerprint {
		return nil, usagef("the faces in %s are of %d rows and not of all the index; run the same rollcall index command with --faces again", opened.dir, m.Rows)
	}
	remote, inMilvus := opened.store.(*milvus.Store)
	if !inMilvus {
		return &storedFaces{stored, m.Digest}, nil
	}
	published, err := remote.Faces(ctx)
	if err != nil {
		return nil, err
	}
	if published == nil || published.Bundle() != m.Digest || published.Fingerprint() != m.Index {
		return &storedFaces{stored, m.Digest}, nil
	}
	return &storedFaces{published, m.Digest}, nil
}

// faceOptions are those of face models, and how many images to look at side by side. The models are
// small: a thread an image is more than twice as fast as all threads on one.
func (m modelFlags) faceOptions() (o onnx.Options, atOnce int) {
	threads := cmp.Or(m.threads, 1)
	return onnx.Options{Device: m.device, Threads: threads}, max(1, runtime.GOMAXPROCS(0)/threads)
}

// withFaces runs do with the face models in a folder; stored, where not nil, must be theirs.
func (a *app) withFaces(dir string, flags modelFlags, stored *storedFaces, do func(*face.Model) error) error {
	options, _ := flags.faceOptions()
	model, err := face.Open(a.onnxruntime, dir, options)
	if err != nil {
		return usageError{err}
	}
	if stored != nil && model.Digest() != stored.bundle {
		err = usagef("the stored faces were made with another bundle (digest %.12s) than %s (digest %.12s); give the one that made them",
			stored.bundle, dir, model.Digest())
	} else {
		err = do(model)
	}
	return errors.Join(err, model.Close())
}

// faceReferences finds the largest face in every photo. A photo without one is said, and is a
// reference without a vector.
func (a *app) faceReferences(ctx context.Context, model *face.Model, c counting) ([]retriever.References, error) {
	type photo struct {
		person int
		path   string
		faces  []face.Face
		err    error
	}
	all := make([]retriever.References, len(c.roster.Persons))
	var photos []photo
	for i, person := range c.roster.Persons {
		all[i].Person = person.ID
		paths, err := photosOf(c.flags.photos, person.ID)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			photos = append(photos, photo{person: i, path: path})
		}
	}
	var looking errgroup.Group
	_, atOnce := c.flags.model.faceOptions()
	looking.SetLimit(atOnce)
	for i := range photos {
		p := &photos[i]
		looking.Go(func() error {
			p.faces, p.err = findFaces(ctx, model, p.path)
			return ctx.Err()
		})
	}
	if err := looking.Wait(); err != nil {
		return nil, err
	}
	for _, p := range photos {
		var vector []float32
		switch {
		case p.err != nil:
			fmt.Fprintf(a.stderr, "warning: photo left out: %s: %v\n", p.path, p.err)
		case len(p.faces) == 0:
			fmt.Fprintf(a.stderr, "warning: photo left out: %s: no face was found\n", p.path)
			all[p.person].NoFace++
		default:
			vector = face.Unit(face.Main(p.faces).Vector)
		}
		all[p.person].Vectors = append(all[p.person].Vectors, vector)
	}
	return all, nil
}

func findFaces(ctx context.Context, model *face.Model, path string) ([]face.Face, error) {
	data, err := readPhoto(path)
	if err != nil {
		return nil, err
	}
	return model.FindFile(ctx, data)
}
