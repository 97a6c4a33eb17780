package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/indexer"
	"rollcall/internal/clip"
	"rollcall/internal/dataset"
	"rollcall/internal/dataset/storage"
	"rollcall/internal/vectors"
)

// sourceFlags say how the inputs of an index are read.
type sourceFlags struct {
	format, imagesDir, modelName string
}

func (s *sourceFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&s.format, "format", "auto", "auto, folder, webdataset, img2dataset, cc3m, list, laion, csv, jsonl or embeddings")
	flags.StringVar(&s.imagesDir, "images-dir", "", "folder of the images that a caption file's rows refer to; without it, cc3m and laion give an index of captions alone")
	flags.StringVar(&s.modelName, "model-name", "", "for embeddings: name of the model that made them, where its bundle is not at hand for --model")
}

const formatsHelp = `Formats, recognised by --format auto (the log of -v says why):
  folder       images with .txt and .json beside them, paired by path without extension
  webdataset   tar files, folders of them, brace patterns such as {00000..00331}.tar
  img2dataset  tars or folders with a Parquet file each, which also lists failed downloads
  cc3m         Conceptual Captions TSV: caption<TAB>url or url<TAB>caption. With --images-dir a row's
               image is named by a third column or by the row's number from 0: 12.jpg,
               000000012.jpg or 12_<CRC-32 of the URL>, with any image ending or none
  list         training list: a header with title<TAB>filepath, images relative to the list or to
               --images-dir
  laion        Parquet with TEXT and URL, in either case, and img2dataset's with images in it; csv
               and jsonl with the same columns, and images where a column filepath, file_name or
               image_path says
  embeddings   an embedding folder of clip-retrieval or LAION: its vectors are copied, not made
All are also read from s3://, gs:// and azblob:// URLs.`

// openSource opens the data set. A bad one changes nothing.
func (s sourceFlags) open(ctx context.Context, inputs []string) (indexer.Source, error) {
	source, err := dataset.OpenContext(ctx, inputs, dataset.Options{
		Format: s.format, ImagesDir: s.imagesDir,
		Embeddings: func(dir string) (dataset.EmbeddingFolder, error) { return vectors.Open(dir) },
	})
	if err != nil {
		return nil, usageError{err}
	}
	return source, nil
}

// withSource runs do with the data set and what embeds it; a data set of embeddings needs nothing
// but to know their model.
func (a *app) withSource(ctx context.Context, inputs []string, flags indexFlags, do func(context.Context, toEmbed) error) error {
	if flags.model.dir == "" && flags.source.modelName == "" {
		return usagef("which model? Give --model DIR, a bundle that rollcall model inspect accepts")
	}
	source, err := flags.source.open(ctx, inputs)
	if err != nil {
		return err
	}
	if source.Describe().Embedded {
		made, err := madeBy(source, flags)
		if err != nil {
			return err
		}
		return do(ctx, toEmbed{source: source, model: made})
	}
	if flags.model.dir == "" {
		return usagef("--model-name is for embeddings, and these are %s data: give --model DIR", source.Describe().Format)
	}
	return a.withModel(ctx, flags.model, func(ctx context.Context, model *clip.Model) error {
		if flags.fastDecode {
			if err := model.Bundle().FastDecode(); err != nil {
				return usageError{fmt.Errorf("--fast-decode: %w", err)}
			}
		}
		return do(ctx, toEmbed{source, model, model.Bundle().Info()})
	})
}

// toEmbed is a data set and what embeds it.
type toEmbed struct {
	source  indexer.Source
	encoder indexer.Encoder // nil for a data set of embeddings
	model   indexer.ModelInfo
}

// madeBy says which model made the embeddings of a source.
func madeBy(source indexer.Source, flags indexFlags) (indexer.ModelInfo, error) {
	dimension := 0
	if sized, ok := source.(interface{ Dimension() int }); ok {
		dimension = sized.Dimension()
	}
	if flags.model.dir == "" {
		return indexer.ModelInfo{Name: flags.source.modelName, Dimension: dimension}, nil
	}
	bundle, err := clip.OpenBundle(flags.model.dir, flags.model.variant)
	if err != nil {
		return indexer.ModelInfo{}, usageError{err}
	}
	info := bundle.Info()
	if info.Dimension != dimension {
		return info, usagef("the embeddings have %d dimensions and the model in %s gives %d: it did not make them", dimension, flags.model.dir, info.Dimension)
	}
	return info, nil
}

// checkOutside refuses to make an index below a folder that is read with all that is below it: its own
// files would be taken for samples, and the data set would not be the same again.
func checkOutside(of indexer.SourceInfo, dir string) error {
	if of.Format != "folder" {
		return nil
	}
	for _, input := range of.Inputs {
		path, err := storage.Path(input)
		if err != nil {
			return err
		}
		if storage.Within(dir, path) {
			return usagef("the index would be in the data set: %s is below %s, and all that is there is read; give another --data-dir, or a path outside for --name", dir, input)
		}
	}
	return nil
}
