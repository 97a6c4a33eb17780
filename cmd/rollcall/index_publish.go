package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// locked does something of which rows could come back that are erased meanwhile.
func locked(dir string, do func() error) error {
	unlock, err := vectors.Lock(dir)
	if err != nil {
		return err
	}
	return errors.Join(do(), unlock())
}

// publish makes the index searchable in its store, and index.json say where that is.
func (a *app) publish(ctx context.Context, dir string, manifest *indexer.Manifest, flags indexFlags) error {
	if storage.InBucket(dir) {
		return nil
	}
	if cmp.Or(flags.store, manifest.Store.Kind, storeEmbedded) == storeEmbedded {
		if err := vectors.Derive(ctx, dir, vectors.DeriveOptions{}); err != nil {
			return fmt.Errorf("the index in %s is complete, but what speeds its searches up could not be made; the same command goes on from there: %w", dir, err)
		}
	}
	return locked(dir, func() error {
		now, err := indexer.ReadManifest(dir) // rows may have been erased since it was complete
		if err != nil {
			return err
		}
		*manifest = *now
		if cmp.Or(flags.store, manifest.Store.Kind) == storeMilvus {
			return a.intoMilvus(ctx, dir, manifest)
		}
		a.withdraw(ctx, manifest)
		if manifest.Store == (indexer.StoreInfo{Kind: storeEmbedded}) {
			return nil
		}
		manifest.Store = indexer.StoreInfo{Kind: storeEmbedded}
		return manifest.Write(dir)
	})
}

// intoMilvus publishes the index there. While it does, index.json says so: whoever erases rows has to
// know of those that Milvus holds already.
func (a *app) intoMilvus(ctx context.Context, dir string, manifest *indexer.Manifest) error {
	before := manifest.Store
	if !a.milvus.given && before.Kind == storeMilvus {
		a.milvus.address = before.Address
	}
	next := indexer.StoreInfo{
		Kind: storeMilvus, Address: a.milvus.address, Collection: collectionName(filepath.Base(dir)), Generation: generation(manifest),
	}
	client, err := a.milvus.dial(ctx)
	if err == nil {
		err = a.publishTo(ctx, client, dir, manifest, next)
		err = errors.Join(err, client.Close())
	}
	if err != nil {
		return fmt.Errorf("the embeddings are in %s, but not in Milvus; the same command goes on from there: %w", dir, err)
	}
	for _, place := range []*indexer.StoreInfo{&before, before.Pending} {
		if place != nil && place.Kind == storeMilvus && place.Address != next.Address {
			fmt.Fprintf(a.stderr, "warning: no erasure reaches what was published as %s in Milvus at %s any more; where that is not the Milvus at %s under another name, drop it there\n",
				place.Collection, place.Address, next.Address)
		}
	}
	if manifest.Store == next {
		return nil
	}
	manifest.Store = next
	return manifest.Write(dir)
}

// publishTo loads the index, with index.json saying so from before the first row on.
func (a *app) publishTo(ctx context.Context, client *milvus.Client, dir string, manifest *indexer.Manifest, next indexer.StoreInfo) (err error) {
	if manifest.Store != next {
		manifest.Store.Pending = &next
		if err := manifest.Write(dir); err != nil {
			return err
		}
	}
	folder, err := vectors.Open(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	err = client.Publish(ctx, milvus.PublishSpec{
		Name: next.Collection, Generation: next.Generation, Fingerprint: manifest.Fingerprint, Model: manifest.Model,
		Dimension: manifest.Model.Dimension, Rows: manifest.Rows, HasImage: manifest.Options.Images, HasText: manifest.Options.Texts,
		IndexType: a.milvus.indexType, Params: a.milvus.params,
	}, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		return folder.Batches(ctx, publishBatch, visit)
	})
	if err != nil {
		return err
	}
	return a.publishFaces(ctx, client, dir, manifest, next)
}

// withdraw takes an index out of Milvus that is searched elsewhere from now on: nobody would erase rows
// there any more.
func (a *app) withdraw(ctx context.Context, manifest *indexer.Manifest) {
	for _, place := range []*indexer.StoreInfo{&manifest.Store, manifest.Store.Pending} {
		if place == nil || place.Kind != storeMilvus {
			continue
		}
		reach := a.milvus
		if !reach.given {
			reach.address = place.Address
		}
		client, err := reach.dial(ctx)
		if err == nil {
			err = errors.Join(client.Withdraw(ctx, place.Collection, manifest.Fingerprint), client.Close())
		}
		if err != nil {
			fmt.Fprintf(a.stderr, "warning: what was published as %s in Milvus at %s stays there, and no erasure reaches it any more: %v\n", place.Collection, place.Address, err)
		}
	}
}

// publishBatch is how many rows are read from the folder at a time.
const publishBatch = 4096

// collectionName makes a name that Milvus takes: letters, digits and underscores, no digit first. A
// name that has to be changed for it, or looks as if it had been, gets a part of its digest, so that
// two names do not become one.
func collectionName(name string) string {
	plain := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	changed := regexp.MustCompile(`_[0-9a-f]{12}$`)
	if plain.MatchString(name) && !changed.MatchString(name) {
		return name
	}
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, name)
	if !plain.MatchString(letters) {
		letters = "_" + letters
	}
	digest := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%s_%x", letters, digest[:6])
}

// generation names a state of the index: the same index published again goes into the same
// collection, another one beside it.
func generation(manifest *indexer.Manifest) string {
	return manifest.Fingerprint[:min(12, len(manifest.Fingerprint))]
}
