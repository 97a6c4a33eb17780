package milvus

import (
	"context"
	"testing"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestVerify finds rows that were changed behind the index's back, and nothing else.
func TestVerify(t *testing.T) {
	t.Parallel()
	c := dial(t)
	data := someRows(61, 1000, 700)
	data[0].Rows[3].Fields = map[string]any{"width": int64(640), "score": 0.5, "none": nil}
	data[1].Image[5] = make([]float32, 8) // a zero vector is published as an erased row
	data[1].Rows[5] = retriever.Row{ID: 1005, Erased: true}
	require.NoError(t, c.Publish(t.Context(), specOf("verified", "g1", data), sourceOf(data)))
	s, err := Open(t.Context(), c, "verified")
	require.NoError(t, err)
	verify := func(source Source) (found []Difference, rows int64, err error) {
		rows, err = s.Verify(t.Context(), source, func(d Difference) error { found = append(found, d); return nil })
		return found, rows, err
	}
	found, rows, err := verify(sourceOf(data))
	require.NoError(t, err)
	require.Empty(t, found)
	require.Equal(t, int64(1700), rows)

	p, err := s.current.Load().part(retriever.Image)
	require.NoError(t, err)
	change := func(row retriever.Row, vector []float32) {
		changed := &block{dimension: 8}
		require.NoError(t, changed.add(row, vector))
		_, err := c.sdk.Upsert(t.Context(), p.collection, "", changed.columns()...)
		require.NoError(t, err)
	}
	other := append([]float32(nil), data[0].Image[17]...)
	other[7] += 1e-6
	change(data[0].Rows[17], other)
	row := data[1].Rows[600]
	row.Caption = "changed"
	change(row, data[1].Image[600])
	row = data[0].Rows[3]
	row.Fields = map[string]any{"width": int64(641), "score": 0.5}
	change(row, data[0].Image[3])

	found, _, err = verify(sourceOf(data))
	require.NoError(t, err)
	require.Equal(t, []Difference{
		{"verified_image_g1", 3, "other metadata"},
		{"verified_image_g1", 17, "another vector"},
		{"verified_image_g1", 1600, `caption "changed", in the folder "seed 61 row 1600"`},
	}, found)

	_, _, err = verify(sourceOf(data[:1]))
	require.ErrorContains(t, err, "the folder has 1000 rows, the collections have 1700")
	require.NoError(t, c.sdk.DeleteByPks(t.Context(), p.collection, "", entity.NewColumnInt64(fieldID, []int64{40})))
	hasty := *s.client
	hasty.timeout = 1e9
	s.client = &hasty
	_, _, err = verify(func(context.Context, func(retriever.RowBatch) error) error { return nil })
	require.ErrorContains(t, err, "1699 rows instead of 1700")
}
