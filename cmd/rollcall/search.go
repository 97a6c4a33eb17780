package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

type searchFlags struct {
	model               modelFlags
	text, image, vector string
	face, faces         string
	k                   int
	minSimilarity       float32
	modality            string
	format, output      string
	copyTo              string
	imageRoots          []string
}

func (a *app) searchCommand() *cobra.Command {
	var flags searchFlags
	cmd := &cobra.Command{
		Use:   "search N (--text T | --image F | --face F | --vector F.npy)",
		Short: "Find the rows nearest to a text, an image, a face or a vector",
		Long: `Finds the nearest rows of an index by cosine, best first. Texts and images need the model that
made the index; a vector is a NumPy file with one row, or several, each of which is a query. --face finds the faces nearest to the largest face in a photo, among those
that rollcall index --faces stored; it needs the bundle that found them, and no other model.

--format html is a gallery with small pictures, and --copy-to copies the images themselves, with a
manifest. Images are looked for below --image-root, else in the data set that was indexed, its tars
included.

` + exitCodesHelp,
		Example: "  rollcall search lab --model testdata/lab/model --text 'a photo of a person' -k 5\n  rollcall search lab --face photo.jpg --faces FACES\n  rollcall search lab --vector query.npy --format csv\n  rollcall search lab --vector query.npy -k 50 --format html -o page.html --copy-to images",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.search(cmd.Context(), args[0], flags) },
	}
	flags.model.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.text, "text", "", "text to search for")
	f.StringVar(&flags.image, "image", "", "image file to search for")
	f.StringVar(&flags.face, "face", "", "photo whose largest face to search for, among the stored faces")
	f.StringVar(&flags.faces, "faces", "", "bundle of face models that found the stored faces; for --face")
	f.StringVar(&flags.vector, "vector", "", "NumPy file with the vector to search for")
	f.IntVarP(&flags.k, "k", "k", 10, "results of a query")
	f.Float32Var(&flags.minSimilarity, "min-similarity", -1, "leave out results below this cosine")
	f.StringVar(&flags.modality, "modality", "image", "compare with the rows' image or text embeddings")
	f.StringVar(&flags.format, "format", "table", "table, json, csv, parquet or html")
	f.StringVar(&flags.copyTo, "copy-to", "", "new folder to copy the images found into, with a manifest")
	f.StringArrayVar(&flags.imageRoots, "image-root", nil, "folder of the images or tars; may be repeated (default: what was indexed)")
	f.StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

func (f searchFlags) check() error {
	given := 0
	for _, query := range []string{f.text, f.image, f.face, f.vector} {
		if query != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return usagef("give exactly one of --text, --image, --face and --vector")
	case f.face != "" && f.faces == "":
		return usagef("--face needs --faces DIR, the bundle of face models that found the stored faces")
	case f.k < 1 || f.k > retriever.MaxK:
		return usagef("-k %d: from 1 to %d results", f.k, retriever.MaxK)
	case !(f.minSimilarity >= -1 && f.minSimilarity <= 1):
		return usagef("--min-similarity %v: a cosine from -1 to 1", f.minSimilarity)
	case f.modality != string(retriever.Image) && f.modality != string(retriever.Text):
		return usagef("--modality %s: image or text", f.modality)
	case searchFormats()[f.format] == nil:
		return usagef("--format %s: table, json, csv, parquet or html", f.format)
	}
	return nil
}

// checkCopy refuses early what CopyImages would refuse after the search.
func (f searchFlags) checkCopy() error {
	if f.copyTo == "" {
		return nil
	}
	entries, err := os.ReadDir(f.copyTo)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return usagef("--copy-to: %w", err)
	case len(entries) > 0:
		return usagef("--copy-to %s is not empty; give a new folder, nothing is overwritten", f.copyTo)
	}
	return nil
}

func (a *app) search(ctx context.Context, name string, flags searchFlags) error {
	if err := errors.Join(flags.check(), flags.checkCopy()); err != nil {
		return err
	}
	opened, err := a.open(ctx, name)
	if err != nil {
		return err
	}
	err = a.searchIn(ctx, opened, flags)
	return errors.Join(err, opened.close())
}

func (a *app) searchIn(ctx context.Context, opened *index, flags searchFlags) error {
	find := a.nearestRows
	if flags.face != "" {
		find = a.nearestFaces
	}
	result, err := find(ctx, opened, flags)
	if err != nil {
		return err
	}
	if a.json {
		flags.format = "json"
	}
	found := answer{result, flags.title(), picturesOf(opened, flags.imageRoots)}
	write := func(w io.Writer) error { return searchFormats()[flags.format](ctx, w, found) }
	if err := a.output(flags.output, write); err != nil || flags.copyTo == "" {
		return err
	}
	return a.copyImages(ctx, found, flags.copyTo)
}

// nearestRows compares whole images or texts.
func (a *app) nearestRows(ctx context.Context, opened *index, flags searchFlags) (result retriever.Result, err error) {
	queries, err := a.queries(ctx, opened, flags)
	if err != nil {
		return result, err
	}
	return retriever.Search(ctx, opened, opened, retriever.Query{
		Modality: retriever.Modality(flags.modality), Vectors: queries, K: flags.k, MinSimilarity: &flags.minSimilarity,
	})
}

// title says what was searched for.
func (f searchFlags) title() string {
	switch {
	case f.text != "":
		return f.text
	case f.image != "":
		return "rows like " + f.image
	case f.face != "":
		return "faces like the one in " + f.face
	}
	return "rows near " + f.vector
}

func (a *app) copyImages(ctx context.Context, found answer, dir string) error {
	done, err := retriever.CopyImages(ctx, found.result, found.pictures, dir)
	if err != nil {
		return err
	}
	if done.Missing > 0 {
		fmt.Fprintf(a.stderr, "warning: %d images were not found; %s says why\n", done.Missing, filepath.Join(dir, retriever.CopyManifest))
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d images copied to %s\n", done.Images, dir)
	}
	return nil
}

// queries are the vectors to search for.
func (a *app) queries(ctx context.Context, opened *index, flags searchFlags) ([][]float32, error) {
	if flags.vector != "" {
		return readQueries(flags.vector, opened)
	}
	var queries [][]float32
	err := a.withModel(ctx, flags.model, func(ctx context.Context, model *clip.Model) (err error) {
		if err := matchModel(opened, model.Bundle().Info()); err != nil {
			return err
		}
		if flags.text != "" {
			queries, err = model.EncodeTexts(ctx, []string{flags.text})
			return err
		}
		queries, err = encodeFile(ctx, model, flags.image)
		return err
	})
	return queries, err
}

func encodeFile(ctx context.Context, model *clip.Model, path string) ([][]float32, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError{err}
	}
	encoded, failed, err := model.EncodeImages(ctx, [][]byte{data})
	if err != nil {
		return nil, err
	}
	if failed[0] != nil {
		return nil, usagef("%s: %w", path, failed[0])
	}
	return encoded, nil
}

// readQueries reads the rows of a NumPy file.
func readQueries(path string, opened *index) ([][]float32, error) {
	queries, err := vectors.ReadVectors(path)
	if err != nil {
		return nil, usageError{err}
	}
	for i, query := range queries {
		if len(query) != opened.dimension {
			return nil, usagef("%s: row %d has %d numbers, and index %s has %d dimensions", path, i, len(query), opened.name, opened.dimension)
		}
	}
	return queries, nil
}
