package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

type indexFlags struct {
	name, store            string
	source                 sourceFlags
	model                  modelFlags
	limit                  int64
	partition, batch, work int
	onError                string
	faces                  string
	embed                  []string
	task                   taskFlags
	fastDecode             bool
}

func (a *app) indexCommand() *cobra.Command {
	var flags indexFlags
	cmd := &cobra.Command{
		Use:         "index INPUT... --name N --model DIR",
		Annotations: map[string]string{resumesNote: ""},
		Short:       "Embed a data set of image-text pairs into an index",
		Long: `Reads a data set of images and captions, embeds both, and writes an index in clip-retrieval's
format. Every input sample becomes a row or a ledger record that says why not.
An interrupted run goes on with the same command. Several machines with a common folder, or a bucket
(--name s3://bucket/index, gs:// or azblob://), make one index together, each with its --task; the
result is that of a single run, byte for byte. An index in a bucket is searched after it was copied
to disk. --store milvus publishes the index to Milvus.

` + formatsHelp + `

` + exitCodesHelp,
		Example: `  rollcall index testdata/lab/shards --name lab --model testdata/lab/model
  rollcall index '/data/cc3m/{00000..00331}.tar' --name cc3m --model ViT-B-32
  rollcall index Train_GCC-training.tsv --images-dir training --name cc3m --model ViT-B-32
  rollcall index laion400m-embeddings --name laion --model-name ViT-B/32
  rollcall index 's3://laion/{00000..00331}.tar' --name s3://mine/laion --model ViT-B-32 --task 0/8`,
		Args: flags.task.inputs,
		RunE: func(cmd *cobra.Command, args []string) error { return a.index(cmd.Context(), args, flags) },
	}
	flags.model.add(cmd)
	flags.source.add(cmd)
	flags.task.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.name, "name", "", "name of the index, a path to it, or a URL in a bucket")
	f.StringVar(&flags.store, "store", "", "where it is searched: embedded or milvus (default: where it is published, else embedded)")
	f.Int64Var(&flags.limit, "limit", 0, "index the first n samples only")
	f.IntVar(&flags.partition, "partition-rows", indexer.DefaultPartitionRows, "input samples a partition; an interruption costs at most one")
	f.IntVar(&flags.batch, "batch", indexer.DefaultBatch, "samples a call of the model")
	f.IntVar(&flags.work, "workers", 0, "goroutines that decode images (default: one a core)")
	f.BoolVar(&flags.fastDecode, "fast-decode", false, "scale large JPEGs within their decoder: faster, pixels no longer exactly open_clip's; recorded in the index")
	f.StringSliceVar(&flags.embed, "embed", []string{"images", "captions"}, "what a row needs and what is embedded: images, captions or both")
	f.StringVar(&flags.onError, "on-error", "continue", "on a sample that cannot be used: continue, recording it, or stop")
	f.StringVar(&flags.faces, "faces", "", "bundle of face models: also find the faces in the images and store them beside the index")
	f.StringVar(&a.milvus.indexType, "milvus-index", "", "index type in Milvus (default FLAT, which searches and counts exactly)")
	f.StringToStringVar(&a.milvus.params, "milvus-param", nil, "KEY=VALUE setting of the index type, such as M=32 or ef=128 of HNSW; repeatable")
	return cmd
}

func (f indexFlags) check() error {
	switch {
	case f.name == "":
		return usagef("which index? Give --name N")
	case f.store != "" && f.store != storeEmbedded && f.store != storeMilvus:
		return usagef("--store %s: embedded or milvus", f.store)
	case storage.InBucket(f.name) && (f.store == storeMilvus || f.faces != ""):
		return usagef("--name %s: an index in a bucket has no faces and is in no store; copy it to disk when it is complete, and run the command on the copy", f.name)
	case f.onError != "continue" && f.onError != "stop":
		return usagef("--on-error %s: continue or stop", f.onError)
	case f.limit < 0 || f.partition < 1 || f.batch < 1 || f.work < 0:
		return usagef("--limit and --workers cannot be negative, --partition-rows and --batch start at 1")
	case len(f.embed) == 0:
		return usagef("--embed: images, captions or both")
	}
	for _, part := range f.embed {
		if part != "images" && part != "captions" {
			return usagef("--embed %s: images, captions or both", part)
		}
	}
	return nil
}

func (a *app) index(ctx context.Context, inputs []string, flags indexFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	if err := milvus.CheckIndex(a.milvus.indexType, a.milvus.params); err != nil {
		return usageError{fmt.Errorf("--milvus-index and --milvus-param: %w", err)}
	}
	if flags.task.finish {
		return a.finishIndex(ctx, flags)
	}
	task, err := flags.task.parse()
	if err != nil {
		return err
	}
	return a.withSource(ctx, inputs, flags, func(ctx context.Context, with toEmbed) error {
		dir, err := a.newIndexDir(flags.name)
		if err != nil {
			return err
		}
		if err := checkOutside(with.source.Describe(), dir); err != nil {
			return err
		}
		a.log.Info("indexing", "format", with.source.Describe().Format, "because", with.source.Describe().Why, "into", dir)
		manifest, err := a.build(ctx, with, dir, flags, task)
		if err != nil {
			return err
		}
		if manifest.State != indexer.StateComplete {
			return a.printShare(dir, task, manifest)
		}
		if flags.faces != "" {
			err := locked(dir, func() error { return a.indexFaces(ctx, with.source, dir, flags) })
			if err != nil {
				return err
			}
		}
		if err := a.publish(ctx, dir, manifest, flags); err != nil {
			return err
		}
		return a.printIndexed(dir, manifest)
	})
}

// newIndexDir is where an index of that name is made: below --data-dir, or a path or URL as given.
func (a *app) newIndexDir(name string) (string, error) {
	if !looksLikePath(name) {
		return filepath.Join(a.dataDir, name), nil
	}
	dir, err := storage.Path(name)
	if err != nil {
		return "", usageError{fmt.Errorf("--name: %w", err)}
	}
	return dir, nil
}

func (a *app) build(ctx context.Context, with toEmbed, dir string, flags indexFlags, task indexer.Task) (*indexer.Manifest, error) {
	policy := indexer.Continue
	if flags.onError == "stop" {
		policy = indexer.Stop
	}
	folder, closeFolder, err := openTarget(ctx, dir)
	if err != nil {
		return nil, err
	}
	progress := a.newProgress("samples")
	defer progress.finish()
	manifest, err := indexer.Run(ctx, indexer.Options{
		Source: with.source, Encoder: with.encoder, Model: with.model, Dir: dir, Folder: folder, NewPartition: newPartition,
		PartitionRows: flags.partition, Batch: flags.batch, Workers: flags.work, Limit: flags.limit, Task: task,
		Images: slices.Contains(flags.embed, "images"), Texts: slices.Contains(flags.embed, "captions"),
		OnError: policy, Tool: toolVersion(),
		Progress: func(now indexer.Progress) {
			progress.note, progress.about, progress.started = shares(now.Times), now.About, time.Now().Add(-now.Elapsed)
			if now.Resumed > 0 {
				progress.note = fmt.Sprintf("%d done before; %s", now.Resumed, progress.note)
			}
			progress.update(now.Samples-now.Resumed, max(0, now.Total-now.Resumed), now.Failures)
		},
	})
	err = errors.Join(err, closeFolder())
	var mismatch *indexer.MismatchError
	var failure *indexer.Failure
	switch {
	case errors.As(err, &mismatch):
		return nil, usageError{err}
	case errors.As(err, &failure):
		return nil, fmt.Errorf("%w; with --on-error continue the same command records it in the ledger and goes on", err)
	}
	return manifest, err
}

// shares says where a run's time goes, each stage as a share of what all of them worked.
func shares(t indexer.Times) string {
	sum := t.Read + t.Decode + t.Encode + t.Write
	if sum == 0 {
		return ""
	}
	percent := func(of time.Duration) int64 { return int64((100*of + sum/2) / sum) }
	return fmt.Sprintf("read %d%%, decode %d%%, encode %d%%, write %d%%", percent(t.Read), percent(t.Decode), percent(t.Encode), percent(t.Write))
}

// newPartition writes partitions in the embedded store's files.
func newPartition(dir string, number, digits, dim int, images, texts bool) (indexer.PartitionWriter, error) {
	w, err := vectors.NewPartitionWriter(dir, number, digits, dim, images, texts)
	if err != nil {
		return nil, err
	}
	return partitionWriter{w}, nil
}

// partitionWriter is the embedded store's writer as the indexer wants it.
type partitionWriter struct{ *vectors.PartitionWriter }

func (w partitionWriter) Append(image, text []float32, row indexer.Row) error {
	return w.PartitionWriter.Append(image, text, retriever.Row{Key: row.Key, Caption: row.Caption, URL: row.URL, ImagePath: row.ImagePath, Fields: row.Fields})
}

// Abort removes the partition's temporary files; one that cannot be removed is cleaned up by the
// next run.
func (w partitionWriter) Abort() { _ = w.PartitionWriter.Abort() }

func (a *app) printIndexed(dir string, m *indexer.Manifest) error {
	if a.json {
		return a.printJSON(map[string]any{
			"dir": dir, "state": m.State, "samples": m.Samples, "rows": m.Rows, "failures": m.Failures, "reasons": m.Reasons, "cleaned": m.Cleaned,
			"partitions": len(m.Partitions), "fingerprint": m.Fingerprint, "store": m.Store,
		})
	}
	fmt.Fprintf(a.stdout, "%s is complete: %d samples, %d rows in %d partitions, %d failures\n", dir, m.Samples, m.Rows, len(m.Partitions), m.Failures)
	for _, reason := range slices.Sorted(maps.Keys(m.Reasons)) {
		fmt.Fprintf(a.stdout, "  %6d %s\n", m.Reasons[reason], reason)
	}
	if m.Failures > 0 {
		fmt.Fprintf(a.stdout, "  each is recorded in %s\n", storage.Join(dir, "ledger"))
	}
	if m.Cleaned > 0 {
		fmt.Fprintf(a.stdout, "  %6d rows have captions with bytes that are not UTF-8, now U+FFFD\n", m.Cleaned)
	}
	if m.Samples == 0 {
		fmt.Fprintln(a.stdout, "  nothing was indexed: the data set has no sample")
	} else if m.Rows == 0 && m.Options.Images && m.Options.Texts {
		fmt.Fprintln(a.stdout, "  nothing was indexed: a row needs an image and a caption unless --embed says images or captions alone")
	}
	return nil
}
