package dataset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// Options say how a data set is to be read. The zero value recognises the format.
type Options struct {
	// Format is one of Formats, or "auto" or "": then it is recognised from the inputs, and the Why
	// of Describe says by what.
	Format string
	// ImagesDir is the folder of the images that a caption file's rows refer to; see openTable.
	ImagesDir string
	// Embeddings opens an embedding folder; needed for the format embeddings alone.
	Embeddings OpenEmbeddings

	reach storage.Reach // of buckets; nil: gocloud.dev's
}

// setup is what a reader is opened with.
type setup struct {
	Options
	files  *storage.Files
	given  []string // as they were asked for
	inputs []string // paths on disk and URLs of buckets
	why    string
}

func (s *setup) info(digest digest) indexer.SourceInfo {
	return indexer.SourceInfo{Format: s.Format, Why: s.why, Inputs: s.given, Digest: digest.String()}
}

// openers of the formats, by name.
var openers = map[string]func(context.Context, *setup) (indexer.Source, error){
	"folder":      openFolder,
	"webdataset":  openWebdataset,
	"img2dataset": openImg2dataset,
	"cc3m":        openTable,
	"list":        openTable,
	"laion":       openTable,
	"csv":         openTable,
	"jsonl":       openTable,
	"embeddings":  openEmbeddings,
}

// Formats are the names of the formats, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(openers)) }

// Open is OpenContext with a format and nothing else.
func Open(inputs []string, format string) (indexer.Source, error) {
	return OpenContext(context.Background(), inputs, Options{Format: format})
}

// OpenContext opens a data set of image-text samples; it stops when ctx is done. An input is a
// path, a file:// URL or the URL of a bucket (s3://, gs://, azblob://); of files it may also be a glob (on disk) or a brace pattern such as
// {00000..00331}.tar. Inputs are read in the order given.
//
// Every input file is looked at once, to tell the data set's digest. An input that is not there, or
// nothing that can be read, is an error; a sample that cannot be used is not.
func OpenContext(ctx context.Context, inputs []string, o Options) (source indexer.Source, err error) {
	if len(inputs) == 0 {
		return nil, errors.New("no input: give a folder of images and captions, shards, or caption files")
	}
	s := &setup{Options: o, given: inputs, why: "asked for with --format", files: storage.New(o.reach)}
	defer func() { err = errors.Join(err, s.files.Close()) }()
	for _, input := range inputs {
		path, err := storage.Path(input)
		if err != nil {
			return nil, err
		}
		s.inputs = append(s.inputs, path)
	}
	if err := checkOnce(s.inputs, func(input string) string { return input }); err != nil {
		return nil, err
	}
	if s.ImagesDir, err = storage.Path(o.ImagesDir); err != nil {
		return nil, err
	}
	if s.Format == "" || s.Format == "auto" {
		if s.Format, s.why, err = detect(ctx, s); err != nil {
			return nil, err
		}
	}
	open, known := openers[s.Format]
	if !known {
		return nil, fmt.Errorf("format %q is not read for indexing; those that are: auto, %s", s.Format, strings.Join(Formats(), ", "))
	}
	return open(ctx, s)
}
