package vectors

import (
	"context"
	"fmt"

	"rollcall/retriever"
)

// Parts implements retriever.CaptionParts: each partition is one.
func (s *Store) Parts(ctx context.Context) ([]retriever.CaptionPart, error) {
	parts := make([]retriever.CaptionPart, 0, len(s.parts))
	for _, p := range s.parts {
		read := func(ctx context.Context, visit func([]retriever.CaptionRow) error) error {
			if err := s.gate.enter(); err != nil {
				return err
			}
			defer s.gate.leave()
			return retriever.InBatches(visit, func(one func(retriever.CaptionRow) error) error {
				return s.captions(ctx, p, func(row retriever.CaptionRow) error {
					row.Row -= p.first
					return one(row)
				})
			})
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
		if err := s.captions(ctx, p, visit); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// captions visits the rows of one partition, inside the gate.
func (s *Store) captions(ctx context.Context, p part, visit func(retriever.CaptionRow) error) error {
	if p.metadata == "" {
		return fmt.Errorf("%s has no metadata, so no captions to count: count from the data set's caption files", s.dir)
	}
	want := func(r role) bool { return r == roleCaption || r == roleURL || r == roleKey }
	return s.eachRow(ctx, p, want, func(row int, r metadataRow) error {
		id := p.first + int64(row)
		if s.gone(id) {
			return visit(retriever.CaptionRow{Row: id, Null: true})
		}
		return visit(retriever.CaptionRow{Row: id, Caption: r.Caption, Null: !r.hasCaption, URL: r.URL, Key: r.Key})
	})
}
