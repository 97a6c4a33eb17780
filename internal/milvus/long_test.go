package milvus

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestLongCaptions reads 1,200 captions of 65,535 bytes. Neither all of them nor the 1,024 that Get
// asks for at once fit a message of 64 MiB.
func TestLongCaptions(t *testing.T) {
	t.Parallel()
	c := dial(t)
	b := retriever.RowBatch{}
	var ids []int64
	for i := range int64(1200) {
		ids = append(ids, i)
		b.Image = append(b.Image, []float32{1, float32(i)})
		b.Rows = append(b.Rows, retriever.Row{ID: i, Caption: fmt.Sprintf("%065535d", i)})
	}
	data := []retriever.RowBatch{b}
	require.NoError(t, c.Publish(t.Context(), specOf("long", "g1", data), sourceOf(data)))
	s, err := Open(t.Context(), c, "long")
	require.NoError(t, err)

	rows, err := s.Get(t.Context(), ids)
	require.NoError(t, err)
	require.Len(t, rows, len(ids))
	for i, row := range rows {
		require.Equal(t, int64(i), row.ID)
		require.Len(t, row.Caption, 65535)
		require.True(t, strings.HasSuffix(row.Caption, fmt.Sprintf("%06d", i)))
	}
	read := 0
	require.NoError(t, s.Captions(t.Context(), func(row retriever.CaptionRow) error {
		require.True(t, strings.HasSuffix(row.Caption, fmt.Sprintf("%06d", read)))
		read++
		return nil
	}))
	require.Equal(t, len(ids), read)
}
