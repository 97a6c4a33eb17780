package milvus

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/retriever"
)

// captionsAtOnce is the number of rows of one answer, less where captions are long.
const captionsAtOnce = 8192

// Captions implements retriever.CaptionSource: all rows in the order of their numbers. Milvus has
// no null text, so an empty caption counts as a missing one, as does that of an erased row.
func (s *Store) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	begun := false
	err := s.pinned(ctx, func() bool { return begun }, func(ctx context.Context, g *generation) error {
		return s.captions(ctx, g.any(), func(row retriever.CaptionRow) error {
			begun = true
			return visit(row)
		})
	})
	if err != nil {
		return fmt.Errorf("read captions: %w", err)
	}
	return nil
}

// captions goes through the rows in slices of ids; one too large for a message is halved.
func (s *Store) captions(ctx context.Context, p *part, visit func(retriever.CaptionRow) error) error {
	fields := []string{fieldID, fieldCaption, fieldURL, fieldKey}
	atOnce := int64(captionsAtOnce)
	for first := int64(0); first < p.Rows; {
		if err := ctx.Err(); err != nil {
			return err
		}
		end := min(first+atOnce, p.Rows)
		answer, err := s.client.rows(ctx, p, idFrom(first, end), int(end-first), entity.ClStrong, fields)
		if tooLarge(err) && end-first > 1 {
			atOnce = (end - first) / 2
			continue
		}
		if err != nil {
			return err
		}
		rows, err := captionsOf(answer)
		if err != nil {
			return err
		}
		for i, row := range rows {
			if row.Row != first+int64(i) {
				return fmt.Errorf("collection %s: row %d came where row %d was due", p.collection, row.Row, first+int64(i))
			}
			if err := visit(row); err != nil {
				return err
			}
		}
		first = end
	}
	return nil
}

// captionsOf reads the rows of an answer, in the order of their numbers.
func captionsOf(answer client.ResultSet) ([]retriever.CaptionRow, error) {
	ids, err := values[int64](answer, fieldID)
	if err != nil {
		return nil, err
	}
	text, err := texts(answer, len(ids), fieldCaption, fieldURL, fieldKey)
	if err != nil {
		return nil, err
	}
	rows := make([]retriever.CaptionRow, len(ids))
	for i, id := range ids {
		caption := text[fieldCaption][i]
		rows[i] = retriever.CaptionRow{Row: id, Caption: caption, Null: caption == "", URL: text[fieldURL][i], Key: text[fieldKey][i]}
	}
	slices.SortFunc(rows, func(a, b retriever.CaptionRow) int { return cmp.Compare(a.Row, b.Row) })
	return rows, nil
}
