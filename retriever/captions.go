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

// CaptionParts is a CaptionSource that can be read in parts, several at a time or only some of them.
// Parts gives the same ones each time, in the order of rows, and reads none of the rows.
type CaptionParts interface {
	Parts(ctx context.Context) ([]CaptionPart, error)
}

// CaptionPart is a run of rows that can be read without those before it: a row group, a file.
type CaptionPart struct {
	// First is the number of the part's first row, or -1 when only reading the parts before it
	// would tell.
	First int64

	// Read visits the rows in order, many at a time, with Row counted from 0 in the part. visit may
	// keep them. Otherwise it is as CaptionSource.Captions.
	Read func(ctx context.Context, visit func([]CaptionRow) error) error
}

// partsOf gives a source's parts. One that has none is a part by itself.
func partsOf(ctx context.Context, src CaptionSource) ([]CaptionPart, error) {
	if in, ok := src.(CaptionParts); ok {
		return in.Parts(ctx)
	}
	return []CaptionPart{{Read: func(ctx context.Context, visit func([]CaptionRow) error) error {
		return InBatches(visit, func(one func(CaptionRow) error) error { return src.Captions(ctx, one) })
	}}}, nil
}

// A batch is large enough to cost nothing to pass on and small enough to keep few captions in
// memory and to end soon after a cancellation.
const (
	batchRows  = 1024
	batchBytes = 1 << 20
)

// InBatches visits many rows at a time of a reader that gives one at a time. The last batch may be
// small.
func InBatches(visit func([]CaptionRow) error, read func(one func(CaptionRow) error) error) error {
	var rows []CaptionRow
	bytes := 0
	err := read(func(row CaptionRow) error {
		if rows == nil {
			rows = make([]CaptionRow, 0, batchRows)
		}
		rows = append(rows, row)
		bytes += len(row.Caption) + len(row.URL) + len(row.Key)
		if len(rows) < batchRows && bytes < batchBytes {
			return nil
		}
		full := rows
		rows, bytes = nil, 0
		return visit(full)
	})
	if err != nil || len(rows) == 0 {
		return err
	}
	return visit(rows)
}
