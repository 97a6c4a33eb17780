package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"rollcall/indexer"
	"rollcall/internal/face"
	"rollcall/internal/milvus"
)

// publishFaces puts the faces of an index beside its rows in Milvus; those that the index does not have
// any more are removed there.
func (a *app) publishFaces(ctx context.Context, client *milvus.Client, dir string, manifest *indexer.Manifest, into indexer.StoreInfo) error {
	if _, err := os.Stat(filepath.Join(dir, face.StoreDir)); errors.Is(err, os.ErrNotExist) {
		return client.DropFaces(ctx, into.Collection)
	}
	stored, err := face.OpenStore(dir)
	if err != nil {
		return err
	}
	m := stored.Manifest()
	if !m.Complete || m.Index != manifest.Fingerprint || m.Faces == 0 {
		return client.DropFaces(ctx, into.Collection)
	}
	return client.PublishFaces(ctx, milvus.FacesSpec{
		Name: into.Collection, Generation: into.Generation + "_" + m.Digest[:min(8, len(m.Digest))],
		Fingerprint: m.Index, Bundle: m.Digest, Dimension: m.Dimension, Faces: m.Faces,
	}, stored.Stream)
}
