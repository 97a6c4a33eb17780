package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"

	"rollcall/retriever"
)

// answer is what a search found, and where its images are.
type answer struct {
	result   retriever.Result
	title    string
	pictures retriever.Pictures
}

func searchFormats() map[string]func(context.Context, io.Writer, answer) error {
	plain := func(write func(io.Writer, retriever.Result) error) func(context.Context, io.Writer, answer) error {
		return func(_ context.Context, w io.Writer, a answer) error { return write(w, a.result) }
	}
	return map[string]func(context.Context, io.Writer, answer) error{
		"table": plain(searchTable), "json": plain(searchJSON), "csv": plain(searchCSV), "parquet": plain(retriever.WriteResultParquet), "html": searchHTML,
	}
}

func searchHTML(ctx context.Context, w io.Writer, a answer) error {
	note := "Every row of the index was compared."
	if !a.result.Exact {
		note = "An approximate index answered: rows may be missing."
	}
	return retriever.WriteResultHTML(ctx, w, a.result, retriever.Gallery{Title: a.title, Note: note, From: a.pictures})
}

func searchJSON(w io.Writer, result retriever.Result) error { return writeJSON(w, result) }

func searchTable(w io.Writer, result retriever.Result) error {
	for i, answer := range result.Answers {
		if len(result.Answers) > 1 {
			fmt.Fprintf(w, "query %d\n", i)
		}
		rows := [][]string{{"RANK", "SIMILARITY", "ROW", "CAPTION", "URL"}}
		for rank, match := range answer {
			row := []string{
				strconv.Itoa(rank + 1), fmt.Sprintf("%.4f", match.Similarity), strconv.FormatInt(match.ID, 10),
				shorten(match.Caption, 60), shorten(match.URL, 60),
			}
			if f := match.Face; f != nil {
				rows[0] = append(rows[0][:5], "FACE")
				row = append(row, fmt.Sprintf("%.0fx%.0f at %.0f,%.0f, score %.2f", f.Width, f.Height, f.Left, f.Top, f.Score))
			}
			rows = append(rows, row)
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
	faces := slices.ContainsFunc(result.Answers, func(answer []retriever.Match) bool { return len(answer) > 0 && answer[0].Face != nil })
	if faces {
		header = append(header, "left", "top", "width", "height", "score")
	}
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
			if f := match.Face; f != nil {
				for _, x := range []float32{f.Left, f.Top, f.Width, f.Height, f.Score} {
					row = append(row, strconv.FormatFloat(float64(x), 'g', -1, 32))
				}
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
