package milvus

import (
	"context"
	"fmt"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"
	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/retriever"
)

// rowsAtOnce is the number of rows of one answer; captions can be long.
const rowsAtOnce = 1024

// rowFields are the fields that make a retriever.Row.
func rowFields() []string {
	return []string{fieldID, fieldErased, fieldKey, fieldCaption, fieldURL, fieldImagePath, fieldRest}
}

// Get implements retriever.Rows.
func (s *Store) Get(ctx context.Context, ids []int64) (rows []retriever.Row, err error) {
	err = s.pinned(ctx, nil, func(ctx context.Context, g *generation) error {
		found := make(map[int64]retriever.Row, len(ids))
		err := s.fetch(ctx, g.any(), ids, rowsAtOnce, rowFields(), func(answer client.ResultSet) error {
			some, err := rowsOf(answer)
			for _, row := range some {
				found[row.ID] = row
			}
			return err
		})
		rows = make([]retriever.Row, len(ids))
		for i, id := range ids {
			rows[i] = found[id]
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("get rows: %w", err)
	}
	return rows, nil
}

// checkIDs names the first id that the index does not have.
func checkIDs(p *part, ids []int64) error {
	for _, id := range ids {
		if id < 0 || id >= p.Rows {
			return fmt.Errorf("row %d is not in index %s, which has rows 0 to %d", id, p.Name, p.Rows-1)
		}
	}
	return nil
}

// fetch reads fields of the rows with the given ids, each row once, and hands the answers to take.
// An answer too large for one message is asked for in halves.
func (s *Store) fetch(ctx context.Context, p *part, ids []int64, atOnce int, fields []string, take func(client.ResultSet) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := checkIDs(p, ids); err != nil {
		return err
	}
	distinct := slices.Clone(ids)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	for len(distinct) > 0 {
		some := distinct[:min(atOnce, len(distinct))]
		answer, err := s.client.rows(ctx, p, idIn(some), len(some), s.level(), fields)
		if tooLarge(err) && len(some) > 1 {
			atOnce = len(some) / 2
			continue
		}
		if err != nil {
			return err
		}
		if err := take(answer); err != nil {
			return err
		}
		distinct = distinct[len(some):]
	}
	return nil
}

// rows asks until an answer holds as many rows as there must be.
func (c *Client) rows(ctx context.Context, p *part, expression string, want int, level entity.ConsistencyLevel, fields []string) (answer client.ResultSet, err error) {
	err = c.eventually(ctx, "read rows of "+p.collection, func(ctx context.Context) error {
		if answer, err = c.query(ctx, p.collection, expression, level, fields...); err != nil {
			return err
		}
		ids, err := values[int64](answer, fieldID)
		if err != nil {
			return err
		}
		if len(ids) != want {
			return &incompleteError{int64(len(ids)), int64(want)}
		}
		return nil
	})
	return answer, err
}

// texts are the string columns of an answer, by field.
func texts(answer client.ResultSet, rows int, fields ...string) (map[string][]string, error) {
	out := make(map[string][]string, len(fields))
	for _, field := range fields {
		column, err := values[string](answer, field)
		if err != nil {
			return nil, err
		}
		if len(column) != rows {
			return nil, fmt.Errorf("the answer has %d values of %s for %d rows", len(column), field, rows)
		}
		out[field] = column
	}
	return out, nil
}

// rowsOf reads the rows of an answer.
func rowsOf(answer client.ResultSet) ([]retriever.Row, error) {
	ids, erased, err := idsOf(answer)
	if err != nil {
		return nil, err
	}
	text, err := texts(answer, len(ids), fieldKey, fieldCaption, fieldURL, fieldImagePath)
	if err != nil {
		return nil, err
	}
	rest, err := values[[]byte](answer, fieldRest)
	if err != nil {
		return nil, err
	}
	if len(rest) != len(ids) {
		return nil, fmt.Errorf("the answer has metadata of %d rows for %d", len(rest), len(ids))
	}
	rows := make([]retriever.Row, len(ids))
	for i, id := range ids {
		rows[i] = retriever.Row{
			ID: id, Erased: erased[i], Key: text[fieldKey][i], Caption: text[fieldCaption][i],
			URL: text[fieldURL][i], ImagePath: text[fieldImagePath][i],
		}
		if rows[i].Fields, err = decodeFields(rest[i]); err != nil {
			return nil, fmt.Errorf("row %d: %w", id, err)
		}
	}
	return rows, nil
}

// idsOf reads the ids and the erased flags of an answer.
func idsOf(answer client.ResultSet) (ids []int64, erased []bool, err error) {
	if ids, err = values[int64](answer, fieldID); err != nil {
		return nil, nil, err
	}
	if erased, err = values[bool](answer, fieldErased); err != nil {
		return nil, nil, err
	}
	if len(erased) != len(ids) {
		return nil, nil, fmt.Errorf("the answer has %d flags for %d rows", len(erased), len(ids))
	}
	return ids, erased, nil
}
