package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// remote is an embedding folder in a bucket. Its partitions are opened one after the other, each
// copied to a scratch folder, because vectors are mapped from disk: there has to be room for one.
type remote struct {
	files *storage.Files
	dir   string
	open  OpenEmbeddings
	parts []remotePartition
	pass  func(rows int64) bool // says of a partition of so many rows that it is not wanted; nil: all are
}

// remotePartition are the files of one partition, below the folder, and which of them hold vectors.
type remotePartition struct {
	names       []string
	image, text string // "" where it has none of the kind
	rows        int64
	dimension   int
}

// vectors is a file of vectors that the partition has.
func (p remotePartition) vectors() string { return cmp.Or(p.image, p.text) }

// embeddingFolders are the folders of an embedding folder, in the order of their names.
var embeddingFolders = []string{"images", "img_emb", "metadata", "text_emb", "texts"}

// partitionName finds the number in the name of a partition's file.
var partitionName = regexp.MustCompile(`_([0-9]+)\.(npy|parquet)$`)

// openRemote lists an embedding folder in a bucket, and reads the headers of its vectors.
func openRemote(ctx context.Context, files *storage.Files, dir string, open OpenEmbeddings) (*remote, error) {
	found, err := embeddingFiles(ctx, files, dir)
	if err != nil {
		return nil, err
	}
	byNumber := map[string]*remotePartition{}
	for _, file := range found {
		name := file.name
		at := partitionName.FindStringSubmatch(name)
		if at == nil {
			continue
		}
		p := byNumber[at[1]]
		if p == nil {
			p = &remotePartition{}
			byNumber[at[1]] = p
		}
		p.names = append(p.names, name)
		switch {
		case at[2] != "npy":
		case strings.HasPrefix(name, "text"):
			p.text = name
		default:
			p.image = name
		}
	}
	r := &remote{files: files, dir: dir, open: open}
	for number, p := range byNumber {
		if p.vectors() == "" {
			return nil, fmt.Errorf("%s has no vectors to partition %s (%s)", dir, number, p.names[0])
		}
		if p.rows, p.dimension, err = npyShape(ctx, files, storage.Join(dir, p.vectors())); err != nil {
			return nil, err
		}
		r.parts = append(r.parts, *p)
	}
	if len(r.parts) == 0 {
		return nil, fmt.Errorf("%s is no embedding folder: no .npy file in img_emb, text_emb or images", dir)
	}
	slices.SortFunc(r.parts, func(a, b remotePartition) int { return cmp.Compare(path.Base(a.vectors()), path.Base(b.vectors())) })
	return r, nil
}

// embeddingFiles are the files of an embedding folder in a bucket, sorted by name.
func embeddingFiles(ctx context.Context, files *storage.Files, dir string) ([]inputFile, error) {
	var found []inputFile
	for _, folder := range embeddingFolders {
		entries, err := files.List(ctx, storage.Join(dir, folder))
		if err != nil {
			return nil, err
		}
		for e := range entries.All() {
			if partitionName.MatchString(e.Name) && !e.Dir {
				name := path.Join(folder, e.Name)
				found = append(found, inputFile{storage.Join(dir, name), name, e})
			}
		}
	}
	slices.SortFunc(found, func(a, b inputFile) int { return cmp.Compare(a.name, b.name) })
	return found, nil
}

// Batches visits all rows in order, but those of partitions that are passed over.
func (r *remote) Batches(ctx context.Context, size int, visit func(retriever.RowBatch) error) error {
	first := int64(0)
	for _, p := range r.parts {
		if r.pass == nil || !r.pass(p.rows) {
			if err := r.partition(ctx, p, size, first, visit); err != nil {
				return err
			}
		}
		first += p.rows
	}
	return nil
}

// Len is how many rows there are.
func (r *remote) Len(context.Context) (rows int64, err error) {
	for _, p := range r.parts {
		rows += p.rows
	}
	return rows, nil
}

// Close has nothing to let go of: the bucket is its opener's.
func (r *remote) Close() error { return nil }

// partition copies a partition and visits its rows, the first of which has the number first.
func (r *remote) partition(ctx context.Context, p remotePartition, size int, first int64, visit func(retriever.RowBatch) error) (err error) {
	scratch, err := storage.NewScratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	for _, name := range p.names {
		if err := r.fetch(ctx, name, filepath.Join(scratch.Dir, filepath.FromSlash(name))); err != nil {
			return err
		}
	}
	folder, err := r.open(scratch.Dir)
	if err != nil {
		return fmt.Errorf("%s, partition with %s: %w", r.dir, p.vectors(), err)
	}
	err = folder.Batches(ctx, size, func(b retriever.RowBatch) error {
		b.First += first
		return visit(b)
	})
	return errors.Join(err, folder.Close())
}

// fetch copies one object to a file.
func (r *remote) fetch(ctx context.Context, name, to string) (err error) {
	from, err := r.files.Open(ctx, storage.Join(r.dir, name))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("copying %s to %s (TMPDIR says where): %w", storage.Join(r.dir, name), to, err)
	}
	return nil
}
