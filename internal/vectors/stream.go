package vectors

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"rollcall/retriever"
)

// maxBatch and maxBatchText bound what Batches holds in memory: 100,000 rows of two 512-d vectors are
// 400 MB, and a batch ends with the row that makes its texts so many bytes.
const (
	maxBatch     = 100_000
	maxBatchText = 64 << 20
)

// eachRow visits the metadata of a partition in order, from Arrow's format where there is a current
// file of it.
func (s *Store) eachRow(ctx context.Context, p part, visit func(row int, r metadataRow) error) error {
	if p.metadata == "" {
		return eachRow(ctx, p, visit, func(int) (metadataRow, error) { return metadataRow{empty: true}, nil })
	}
	if p.arrow != nil {
		return eachRow(ctx, p, visit, func(row int) (metadataRow, error) { return p.arrow.row(row) })
	}
	file, err := openMetadata(filepath.Join(s.dir, p.metadata))
	if err != nil {
		return err
	}
	reader := file.reader()
	defer reader.close()
	err = eachRow(ctx, p, visit, func(int) (metadataRow, error) { return reader.read() })
	return errors.Join(err, file.close())
}

// eachRow visits the rows of a partition as read gives them.
func eachRow(ctx context.Context, p part, visit func(row int, r metadataRow) error, read func(row int) (metadataRow, error)) error {
	for row := range p.rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := read(row)
		if err != nil {
			return fmt.Errorf("row %d: %w", p.first+int64(row), err)
		}
		if err := visit(row, r); err != nil {
			return err
		}
	}
	return nil
}

// Batches visits all rows in order with their vectors, size at a time (the last batch may be
// smaller, and so may one of long texts). A batch belongs to visit, which may keep it. Erased rows
// come as rows without content and zero vectors.
func (s *Store) Batches(ctx context.Context, size int, visit func(retriever.RowBatch) error) error {
	if size < 1 || size > maxBatch {
		return fmt.Errorf("batches of %d rows were asked for: ask for 1 to %d", size, maxBatch)
	}
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	var batch retriever.RowBatch
	text := 0 // bytes of it in the batch
	flush := func() error {
		if len(batch.Rows) == 0 {
			return nil
		}
		text = 0
		full := batch
		batch = retriever.RowBatch{First: full.First + int64(len(full.Rows))}
		return visit(full)
	}
	for i, p := range s.parts {
		err := s.eachRow(ctx, p, func(row int, r metadataRow) error {
			batch.Rows = append(batch.Rows, s.row(i, row, r))
			if p.image != nil {
				batch.Image = append(batch.Image, s.vector(retriever.Image, i, row))
			}
			if p.text != nil {
				batch.Text = append(batch.Text, s.vector(retriever.Text, i, row))
			}
			if text += r.textSize(); len(batch.Rows) == size || text >= maxBatchText {
				return flush()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if err := flush(); err != nil {
		return err
	}
	return ctx.Err()
}
