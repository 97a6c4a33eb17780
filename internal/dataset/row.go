package dataset

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"rollcall/internal/dataset/storage"
	"rollcall/retriever"
)

// row is one row of a caption file, to be counted or to be made a sample.
type row struct {
	retriever.CaptionRow                // its Row is left at zero: rows are numbered over all files
	lacks                string         // why it has no caption, when its whole file has none
	at                   int64          // line of a text file, from 1; row of a Parquet file, from 0
	image                string         // where the image is, as the file has it
	held                 bool           // the file has a column for the images themselves
	data                 []byte         // that image; nil where it has none
	fields               map[string]any // the columns that are none of these, when asked for
	cleaned              bool           // bytes of the caption that are not UTF-8 were replaced
	behind               int64          // bytes of a text file that are read with it, nearly
	err                  error          // why this row cannot be used; those after it can
}

// rowVisitor takes the rows of one caption file in order.
type rowVisitor func(row) error

// rowReader visits every row of one caption file. whole asks for the fields too, and for the rows of a
// file without captions, which is an error otherwise. An error that it returns, and that is not visit's,
// says that the file cannot be read on.
type rowReader func(ctx context.Context, files *storage.Files, path string, whole bool, visit rowVisitor) error

// rowFormat finds the reader for a file by its ending.
func rowFormat(path string) rowReader {
	name := strings.ToLower(storage.Base(path))
	switch text := strings.TrimSuffix(name, ".gz"); {
	case strings.HasSuffix(text, ".tsv"):
		return readTSV
	case strings.HasSuffix(text, ".csv"):
		return readCSV
	case strings.HasSuffix(text, ".jsonl"):
		return readJSONL
	case strings.HasSuffix(name, ".parquet"):
		return readParquet
	}
	return nil
}

// transient says that an error is the disk's or the network's, not the file's: read again, the rows
// may be there.
func transient(err error) bool {
	var disk *fs.PathError
	return errors.As(err, &disk)
}
