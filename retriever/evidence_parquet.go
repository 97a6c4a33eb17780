package retriever

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// evidenceGroup is how many rows of evidence are buffered before they are written.
const evidenceGroup = 10_000

// evidenceRow is Evidence as columns; a pointer is a column with nulls.
type evidenceRow struct {
	Kind       string   `parquet:"kind,dict"`
	ID         string   `parquet:"id,dict"`
	Name       string   `parquet:"name,dict"`
	Row        int64    `parquet:"row"`
	Key        string   `parquet:"key"`
	Alias      string   `parquet:"alias,dict"`
	Start      *int     `parquet:"start"`
	End        *int     `parquet:"end"`
	Similarity *float32 `parquet:"similarity"`
	Reference  *int     `parquet:"reference"`
	Group      *int64   `parquet:"group"`
	Hash       string   `parquet:"hash"`
	Left       *float32 `parquet:"left"`
	Top        *float32 `parquet:"top"`
	Width      *float32 `parquet:"width"`
	Height     *float32 `parquet:"height"`
	Caption    string   `parquet:"caption"`
	URL        string   `parquet:"url"`
	ImagePath  string   `parquet:"image_path"`
}

// NewEvidenceParquet writes the columns of the CSV as Parquet; cells that do not apply to a kind
// are null, or "" for text.
func NewEvidenceParquet(w io.Writer) EvidenceWriter {
	return &evidenceParquet{parquet.NewGenericWriter[evidenceRow](w, parquet.Compression(&parquet.Zstd), parquet.MaxRowsPerRowGroup(evidenceGroup))}
}

type evidenceParquet struct {
	out *parquet.GenericWriter[evidenceRow]
}

func (w *evidenceParquet) Write(e Evidence) error {
	if _, err := w.out.Write([]evidenceRow{evidenceRow(e)}); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

func (w *evidenceParquet) Close() error {
	if err := w.out.Close(); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

// resultRow is one row of a search's answer as columns.
type resultRow struct {
	Query      int64   `parquet:"query"`
	Rank       int64   `parquet:"rank"`
	ID         int64   `parquet:"id"`
	Similarity float32 `parquet:"similarity"`
	Key        string  `parquet:"key"`
	Caption    string  `parquet:"caption"`
	URL        string  `parquet:"url"`
	ImagePath  string  `parquet:"image_path"`
	Exact      bool    `parquet:"exact"`

	// Of SearchFaces; null otherwise.
	Left   *float32 `parquet:"left"`
	Top    *float32 `parquet:"top"`
	Width  *float32 `parquet:"width"`
	Height *float32 `parquet:"height"`
	Score  *float32 `parquet:"score"`
}

// WriteResultParquet writes the answers to a search, the query's number (from 0) and the rank
// (from 1) first.
func WriteResultParquet(w io.Writer, r Result) error {
	out := parquet.NewGenericWriter[resultRow](w, parquet.Compression(&parquet.Zstd))
	for q, answer := range r.Answers {
		for rank, m := range answer {
			row := resultRow{
				Query: int64(q), Rank: int64(rank + 1), ID: m.ID, Similarity: m.Similarity,
				Key: m.Key, Caption: m.Caption, URL: m.URL, ImagePath: m.ImagePath, Exact: r.Exact,
			}
			if f := m.Face; f != nil {
				row.Left, row.Top, row.Width, row.Height, row.Score = &f.Left, &f.Top, &f.Width, &f.Height, &f.Score
			}
			if _, err := out.Write([]resultRow{row}); err != nil {
				return fmt.Errorf("writing results: %w", err)
			}
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("writing results: %w", err)
	}
	return nil
}
