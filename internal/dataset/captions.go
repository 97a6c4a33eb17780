package dataset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// maxCaption bounds one line of a caption file and one caption of a Parquet file, in bytes.
const maxCaption = 16 << 20

// captionExtensions are the endings of the files that OpenCaptions reads.
var captionExtensions = []string{".tsv", ".tsv.gz", ".csv", ".csv.gz", ".jsonl", ".jsonl.gz", ".parquet"}

type captionFile struct {
	path string
	read rowReader
}

type captionFiles struct {
	files []captionFile
	reach storage.Reach
}

// OpenCaptions opens caption files as one source whose rows are numbered over all files, in the
// order given. A path may be a file, a folder of caption files, a glob or a brace pattern such as
// part-{00000..00127}.parquet, on disk or in a bucket (s3://, gs://, azblob://). The ending says the format: .tsv (CC3M, CC12M, or with a header),
// .csv, .jsonl, each also with .gz, and .parquet (LAION, img2dataset).
//
// Bytes of a caption that are not UTF-8 become U+FFFD, one for each run of them; the row counts.
// A line above 16 MiB or one that does not fit its format ends the reading with an error that
// names the file and the line.
func OpenCaptions(paths []string) (source retriever.CaptionSource, err error) {
	files := storage.New(nil)
	defer func() { err = errors.Join(err, files.Close()) }()
	inputs := make([]string, len(paths))
	for i, path := range paths {
		if inputs[i], err = storage.Path(path); err != nil {
			return nil, err
		}
	}
	found, err := expand(context.Background(), files, inputs, captionExtensions)
	if err != nil {
		return nil, err
	}
	return newCaptionFiles(found, nil)
}

func newCaptionFiles(found []inputFile, reach storage.Reach) (*captionFiles, error) {
	source := &captionFiles{reach: reach}
	for _, f := range found {
		read := rowFormat(f.path)
		if read == nil {
			return nil, fmt.Errorf("%s: not a caption file: give one of %s", f.path, strings.Join(captionExtensions, ", "))
		}
		source.files = append(source.files, captionFile{f.path, read})
	}
	return source, nil
}

// Captions visits every row of every file, in order.
func (c *captionFiles) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	parts, err := c.Parts(ctx)
	if err != nil {
		return err
	}
	var number int64
	for _, part := range parts {
		err := part.Read(ctx, func(rows []retriever.CaptionRow) error {
			for _, r := range rows {
				if number%256 == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				r.Row = number
				number++
				if err := visit(r); err != nil {
					return err
				}
			}
			return nil
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
func clean(s string) string {
	if utf8.ValidString(s) { // which is told eight bytes at a time
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
