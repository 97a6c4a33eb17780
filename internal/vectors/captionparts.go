package vectors

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"rollcall/retriever"
)

// captionRows is how many rows are read, and passed on, at a time.
const captionRows = 1024

// Parts implements retriever.CaptionParts: each partition is one.
func (s *Store) Parts(ctx context.Context) ([]retriever.CaptionPart, error) {
	parts := make([]retriever.CaptionPart, 0, len(s.parts))
	for _, p := range s.parts {
		read := func(ctx context.Context, visit func([]retriever.CaptionRow) error) error {
			if err := s.gate.enter(); err != nil {
				return err
			}
			defer s.gate.leave()
			return s.captions(ctx, p, visit)
		}
		parts = append(parts, retriever.CaptionPart{First: p.first, Read: read})
	}
	return parts, ctx.Err()
}

// Captions implements retriever.CaptionSource over the index's metadata. An erased row has a
// null caption.
func (s *Store) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	if err := s.gate.enter(); err != nil {
		return err
	}
	defer s.gate.leave()
	for _, p := range s.parts {
		err := s.captions(ctx, p, func(rows []retriever.CaptionRow) error {
			for _, row := range rows {
				row.Row += p.first
				if err := visit(row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// captionReader gives the texts of a partition's rows, a column at a time.
type captionReader interface {
	// read fills rows, which begin with the given one of the partition. It is called for all rows in order.
	read(rows []retriever.CaptionRow, first int) error
	close() error
}

// captions visits the rows of one partition, inside the gate, many at a time. They are numbered from
// 0 in it.
func (s *Store) captions(ctx context.Context, p part, visit func([]retriever.CaptionRow) error) (err error) {
	reader, err := s.captionReader(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.close()) }()
	for first := 0; first < p.rows; first += captionRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows := make([]retriever.CaptionRow, min(captionRows, p.rows-first))
		if err := reader.read(rows, first); err != nil {
			return err
		}
		for i := range rows {
			if s.gone(p.first + int64(first+i)) {
				rows[i] = retriever.CaptionRow{Null: true}
			}
			rows[i].Row = int64(first + i)
		}
		if err := visit(rows); err != nil {
			return err
		}
	}
	return nil
}

// captionReader opens the texts of a partition, in Arrow's format where there is a current file.
func (s *Store) captionReader(p part) (captionReader, error) {
	switch {
	case p.metadata == "":
		return nil, fmt.Errorf("%s has no metadata, so no captions to count: count from the data set's caption files", s.dir)
	case p.arrow != nil:
		return arrowCaptions{p.arrow}, nil
	}
	file, err := openMetadata(filepath.Join(s.dir, p.metadata))
	if err != nil {
		return nil, err
	}
	return &parquetCaptions{file: file, first: p.first}, nil
}
