package milvus

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/milvus-io/milvus-sdk-go/v2/client"

	"rollcall/retriever"
)

// VerifyBatch is how many rows Verify's source gives at a time.
const VerifyBatch = 1024

// Difference is a row that Milvus holds otherwise than the index folder.
type Difference struct {
	Collection string `json:"collection"`
	Row        int64  `json:"row"`
	Problem    string `json:"problem"`
}

func (d Difference) String() string {
	return fmt.Sprintf("collection %s row %d: %s; publish the index again", d.Collection, d.Row, d.Problem)
}

// Verify reads every row of every collection of the index, with its vector, and compares it with the
// source, which streams the index folder. differ gets each row that is not the same; vectors and
// texts are compared bit by bit. It gives the number of rows, all of which were compared. That a
// collection holds more rows than the folder, or fewer, is an error.
func (s *Store) Verify(ctx context.Context, source Source, differ func(Difference) error) (rows int64, err error) {
	g := s.current.Load()
	for _, p := range g.parts {
		if err := s.client.eventually(ctx, "count "+p.collection, func(ctx context.Context) error { return s.client.countWhole(ctx, p) }); err != nil {
			return 0, fmt.Errorf("verify %s: %w; publish the index again", s.name, err)
		}
	}
	err = source(ctx, func(b retriever.RowBatch) error {
		if b.First != rows {
			return fmt.Errorf("row %d came where row %d was due", b.First, rows)
		}
		rows += int64(len(b.Rows))
		for _, m := range allModalities() {
			if p, ok := g.parts[m]; ok {
				if err := s.verifyBatch(ctx, p, b, differ); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err == nil && rows != g.Rows {
		err = fmt.Errorf("the folder has %d rows, the collections have %d", rows, g.Rows)
	}
	if err != nil {
		return rows, fmt.Errorf("verify %s: %w", s.name, err)
	}
	return rows, nil
}

// verifyBatch compares a run of rows with one collection.
func (s *Store) verifyBatch(ctx context.Context, p *part, b retriever.RowBatch, differ func(Difference) error) error {
	wanted := b.Image
	if p.Modality == retriever.Text {
		wanted = b.Text
	}
	if len(wanted) != len(b.Rows) {
		return fmt.Errorf("the folder has %d %s vectors for %d rows", len(wanted), p.Modality, len(b.Rows))
	}
	ids := make([]int64, len(b.Rows))
	for i := range ids {
		ids[i] = b.First + int64(i)
	}
	vectors, rows := make(map[int64][]float32, len(ids)), make(map[int64]retriever.Row, len(ids))
	err := s.fetch(ctx, p, ids, VerifyBatch, append(rowFields(), fieldVector), func(answer client.ResultSet) error {
		some, err := rowsOf(answer)
		for _, row := range some {
			rows[row.ID] = row
		}
		if err != nil {
			return err
		}
		return vectorsOf(answer, p.Dimension, vectors)
	})
	if err != nil {
		return err
	}
	for i, id := range ids {
		problem, err := compare(b.Rows[i], wanted[i], rows[id], vectors[id])
		if err != nil {
			return fmt.Errorf("row %d: %w", id, err)
		}
		if problem != "" {
			if err := differ(Difference{p.collection, id, problem}); err != nil {
				return err
			}
		}
	}
	return nil
}

// compare says what is different between a row of the folder and Milvus's; "" when nothing is.
func compare(want retriever.Row, vector []float32, got retriever.Row, stored []float32) (string, error) {
	text, err := encodeFields(want.Fields)
	if err != nil {
		return "", err
	}
	fields, err := decodeFields(text) // what Milvus cannot hold is left out
	switch {
	case err != nil:
		return "", err
	case !slices.Equal(vector, stored):
		return "another vector", nil
	case want.Erased != got.Erased && !zero(vector):
		return fmt.Sprintf("erased is %v, in the folder %v", got.Erased, want.Erased), nil
	case want.Key != got.Key:
		return fmt.Sprintf("key %.60q, in the folder %.60q", got.Key, want.Key), nil
	case want.Caption != got.Caption:
		return fmt.Sprintf("caption %.60q, in the folder %.60q", got.Caption, want.Caption), nil
	case want.URL != got.URL:
		return fmt.Sprintf("url %.60q, in the folder %.60q", got.URL, want.URL), nil
	case want.ImagePath != got.ImagePath:
		return fmt.Sprintf("image_path %.60q, in the folder %.60q", got.ImagePath, want.ImagePath), nil
	case !reflect.DeepEqual(fields, got.Fields):
		return "other metadata", nil
	}
	return "", nil
}

// zero says whether a vector has no direction: such a row is published as an erased one.
func zero(v []float32) bool { return !slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) }
