package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

type searchFlags struct {
	model               modelFlags
	text, image, vector string
	k                   int
	minSimilarity       float32
	modality            string
	format, output      string
}

func (a *app) searchCommand() *cobra.Command {
	var flags searchFlags
	cmd := &cobra.Command{
		Use:   "search N (--text T | --image F | --vector F.npy)",
		Short: "Find the rows nearest to a text, an image or a vector",
		Long: `Finds the nearest rows of an index by cosine, best first. Texts and images need the model that
made the index; a vector is a NumPy file with one row, or several, each of which is a query.

` + exitCodesHelp,
		Example: "  rollcall search lab --model testdata/lab/model --text 'a photo of a person' -k 5\n  rollcall search lab --vector query.npy --format csv",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.search(cmd.Context(), args[0], flags) },
	}
	flags.model.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.text, "text", "", "text to search for")
	f.StringVar(&flags.image, "image", "", "image file to search for")
	f.StringVar(&flags.vector, "vector", "", "NumPy file with the vector to search for")
	f.IntVarP(&flags.k, "k", "k", 10, "results of a query")
	f.Float32Var(&flags.minSimilarity, "min-similarity", -1, "leave out results below this cosine")
	f.StringVar(&flags.modality, "modality", "image", "compare with the rows' image or text embeddings")
	f.StringVar(&flags.format, "format", "table", "table, json or csv")
	f.StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

func (f searchFlags) check() error {
	given := 0
	for _, query := range []string{f.text, f.image, f.vector} {
		if query != "" {
			given++
		}
	}
	switch {
	case given != 1:
		return usagef("give exactly one of --text, --image and --vector")
	case f.k < 1 || f.k > retriever.MaxK:
		return usagef("-k %d: from 1 to %d results", f.k, retriever.MaxK)
	case f.modality != string(retriever.Image) && f.modality != string(retriever.Text):
		return usagef("--modality %s: image or text", f.modality)
	case searchFormats()[f.format] == nil:
		return usagef("--format %s: table, json or csv", f.format)
	}
	return nil
}

func (a *app) search(ctx context.Context, name string, flags searchFlags) error {
	if err := flags.check(); err != nil {
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
	queries, err := a.queries(ctx, opened, flags)
	if err != nil {
		return err
	}
	result, err := retriever.Search(ctx, opened, opened, retriever.Query{
		Modality: retriever.Modality(flags.modality), Vectors: queries, K: flags.k, MinSimilarity: &flags.minSimilarity,
	})
	if err != nil {
		return err
	}
	if a.json {
		flags.format = "json"
	}
	return a.output(flags.output, func(w io.Writer) error { return searchFormats()[flags.format](w, result) })
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

func searchFormats() map[string]func(io.Writer, retriever.Result) error {
	return map[string]func(io.Writer, retriever.Result) error{"table": searchTable, "json": searchJSON, "csv": searchCSV}
}

func searchJSON(w io.Writer, result retriever.Result) error { return writeJSON(w, result) }

func searchTable(w io.Writer, result retriever.Result) error {
	for i, answer := range result.Answers {
		if len(result.Answers) > 1 {
			fmt.Fprintf(w, "query %d\n", i)
		}
		rows := [][]string{{"RANK", "SIMILARITY", "ROW", "CAPTION", "URL"}}
		for rank, match := range answer {
			rows = append(rows, []string{
				strconv.Itoa(rank + 1), fmt.Sprintf("%.4f", match.Similarity), strconv.FormatInt(match.ID, 10),
				shorten(match.Caption, 60), shorten(match.URL, 60),
			})
		}
		if err := writeTable(w, rows); err != nil {
			return err
		}
	}
	if !result.Exact {
		fmt.Fprintln(w, "an approximate index answered: rows may be missing")
	}
	return nil
}

func searchCSV(w io.Writer, result retriever.Result) error {
	out := csv.NewWriter(w)
	header := []string{"rank", "id", "similarity", "key", "caption", "url", "image_path", "exact"}
	several := len(result.Answers) > 1
	if several {
		header = append([]string{"query"}, header...)
	}
	if err := out.Write(header); err != nil {
		return err
	}
	for i, answer := range result.Answers {
		for rank, match := range answer {
			row := []string{
				strconv.Itoa(rank + 1), strconv.FormatInt(match.ID, 10), strconv.FormatFloat(float64(match.Similarity), 'g', -1, 32),
				match.Key, match.Caption, match.URL, match.ImagePath, strconv.FormatBool(result.Exact),
			}
			if several {
				row = append([]string{strconv.Itoa(i)}, row...)
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	out.Flush()
	return out.Error()
}
