package dataset

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"rollcall/retriever"
)

// maxCaption bounds one line of a caption file and one caption of a Parquet file, in bytes.
const maxCaption = 16 << 20

// captionExtensions are the endings of the files that OpenCaptions reads.
var captionExtensions = []string{".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"}

// rowVisitor takes the rows of one caption file in order.
type rowVisitor func(retriever.CaptionRow) error

// captionReader visits every row of one caption file. It leaves CaptionRow.Row at zero: rows are
// numbered over all files.
type captionReader func(path string, visit rowVisitor) error

type captionFile struct {
	path string
	read captionReader
}

type captionFiles []captionFile

// OpenCaptions opens caption files as one source whose rows are numbered over all files, in the
// order given. A path may be a file, a folder of caption files, a glob or a brace pattern such as
// part-{00000..00127}.parquet. The ending says the format: .tsv (CC3M, CC12M, or with a header),
// .csv, .jsonl, each also with .gz, and .parquet (LAION, img2dataset).
//
// Bytes of a caption that are not UTF-8 become U+FFFD, one for each run of them; the row counts.
// A line above 16 MiB or one that does not fit its format ends the reading with an error that
// names the file and the line.
func OpenCaptions(paths []string) (retriever.CaptionSource, error) {
	files, err := expand(paths, captionExtensions)
	if err != nil {
		return nil, err
	}
	source := make(captionFiles, 0, len(files))
	for _, f := range files {
		read, err := captionFormat(f.path)
		if err != nil {
			return nil, err
		}
		source = append(source, captionFile{f.path, read})
	}
	return source, nil
}

func captionFormat(path string) (captionReader, error) {
	name := strings.TrimSuffix(strings.ToLower(path), ".gz")
	switch {
	case strings.HasSuffix(name, ".tsv"):
		return readTSV, nil
	case strings.HasSuffix(name, ".csv"):
		return readCSV, nil
	case strings.HasSuffix(name, ".jsonl"):
		return readJSONL, nil
	case strings.HasSuffix(strings.ToLower(path), ".parquet"):
		return readParquet, nil
	}
	return nil, fmt.Errorf("%s: not a caption file: give one of %s", path, strings.Join(captionExtensions, ", "))
}

// Captions visits every row of every file, in order.
func (files captionFiles) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	var row int64
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := file.read(file.path, func(r retriever.CaptionRow) error {
			if row%256 == 0 {
				if err := ctx.Err(); err != nil {
					return err
				}
			}
			r.Row = row
			row++
			return visit(r)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// errNoCaption is the part of an error that says a file has nothing to count in.
var errNoCaption = errors.New("no caption column; one of " + strings.Join(captionNames, ", ") + " is needed, in either case")

// clean makes text valid UTF-8: every run of other bytes becomes one U+FFFD.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
