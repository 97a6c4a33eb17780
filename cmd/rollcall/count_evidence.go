package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"rollcall/retriever"
)

// withEvidence counts, and writes the rows behind the counts when a file is asked for. opened is
// nil when caption files are counted.
func (a *app) withEvidence(ctx context.Context, opened *index, c counting, count func(counting) error) error {
	path := c.flags.evidenceFile
	if path == "" {
		return count(c)
	}
	return a.output(path, func(w io.Writer) error {
		c.evidence = evidenceWriter(ctx, w, opened, c.flags)
		return errors.Join(count(c), c.evidence.Close())
	})
}

// evidenceWriter writes in the format that the file's name says.
func evidenceWriter(ctx context.Context, w io.Writer, opened *index, flags countFlags) retriever.EvidenceWriter {
	switch strings.ToLower(filepath.Ext(flags.evidenceFile)) {
	case ".csv":
		return retriever.NewEvidenceCSV(w)
	case ".parquet":
		return retriever.NewEvidenceParquet(w)
	case ".html", ".htm":
		page := retriever.Gallery{
			Title: "Rows that were counted",
			Note:  fmt.Sprintf("Rule of the mentions: %s. A mention does not show that the person is in the picture, a similar image not who it shows.", flags.mode),
		}
		if from := picturesOf(opened, flags.imageRoots); len(from.inputs) > 0 {
			page.From = from
		}
		if opened != nil {
			page.Rows = opened
		}
		return retriever.NewEvidenceHTML(ctx, w, page)
	}
	return retriever.NewEvidenceJSONL(w)
}

// rowsAtOnce is how many counted rows are asked of the index at once, for evidence: one by one they
// would each wait for Milvus.
const rowsAtOnce = 512

// rowEvidence writes evidence of rows, with their captions and URLs from the index.
type rowEvidence struct {
	index    *index
	out      retriever.EvidenceWriter // nil: nowhere
	ids      []int64
	describe []func(*retriever.Row) retriever.Evidence
}

func (c counting) rowEvidence(opened *index) *rowEvidence {
	return &rowEvidence{index: opened, out: c.evidence}
}

// add takes a row that was counted. After the last, flush writes those that are still held.
func (e *rowEvidence) add(ctx context.Context, id int64, describe func(*retriever.Row) retriever.Evidence) error {
	if e.out == nil {
		return nil
	}
	e.ids, e.describe = append(e.ids, id), append(e.describe, describe)
	if len(e.ids) < rowsAtOnce {
		return nil
	}
	return e.flush(ctx)
}

func (e *rowEvidence) flush(ctx context.Context) error {
	if len(e.ids) == 0 {
		return nil
	}
	rows, err := e.index.Get(ctx, e.ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := e.out.Write(e.describe[i](&rows[i])); err != nil {
			return err
		}
	}
	e.ids, e.describe = e.ids[:0], e.describe[:0]
	return nil
}
