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

// rowEvidence writes evidence of rows, with what the index knows of them.
func (c counting) rowEvidence(opened *index) *retriever.RowEvidence {
	if c.evidence == nil {
		return retriever.NewRowEvidence(opened, nil)
	}
	return retriever.NewRowEvidence(opened, c.evidence.Write)
}
