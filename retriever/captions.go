package retriever

import "context"

// CaptionRow is what mention counting needs of a row.
type CaptionRow struct {
	Row     int64  // row number within the source, from 0
	Caption string // "" when Null
	Null    bool   // the caption is missing: counted as a row, never matched
	URL     string
	Key     string
}

// CaptionSource streams every row of an index or caption file, in order. internal/dataset reads
// caption files (CC3M TSV, LAION parquet, CSV, JSONL), internal/vectors an index's metadata.
//
// Captions calls visit for every row and stops at visit's first error or when ctx is done. A row
// that cannot be read is an error that names the file and the row.
type CaptionSource interface {
	Captions(ctx context.Context, visit func(CaptionRow) error) error
}
