package retriever

import "context"

// rowsAtOnce is how many counted rows are asked of an index at once, for evidence: one by one they
// would each wait for Milvus.
const rowsAtOnce = 512

// RowEvidence writes evidence of rows, with their captions and URLs from an index.
type RowEvidence struct {
	rows     Rows
	write    func(Evidence) error // nil: nowhere
	ids      []int64
	describe []func(*Row) Evidence
}

// NewRowEvidence takes the index's rows, and what takes the evidence; nil drops it.
func NewRowEvidence(rows Rows, write func(Evidence) error) *RowEvidence {
	return &RowEvidence{rows: rows, write: write}
}

// Add takes a row that was counted, and how it is described. After the last, Flush writes those that
// are still held.
func (e *RowEvidence) Add(ctx context.Context, id int64, describe func(*Row) Evidence) error {
	if e.write == nil {
		return nil
	}
	e.ids, e.describe = append(e.ids, id), append(e.describe, describe)
	if len(e.ids) < rowsAtOnce {
		return nil
	}
	return e.Flush(ctx)
}

// Flush writes what is held, in the order in which it was added.
func (e *RowEvidence) Flush(ctx context.Context) error {
	if len(e.ids) == 0 {
		return nil
	}
	rows, err := e.rows.Get(ctx, e.ids)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := e.write(e.describe[i](&rows[i])); err != nil {
			return err
		}
	}
	e.ids, e.describe = e.ids[:0], e.describe[:0]
	return nil
}
