package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// The service counts an index's captions in the parts that its store has.
func TestServedCaptionsComeInParts(t *testing.T) {
	dir := t.TempDir()
	for partition := range 3 {
		w, err := vectors.NewPartitionWriter(dir, partition, 1, 2, true, false)
		require.NoError(t, err)
		require.NoError(t, w.Append([]float32{1, 0}, nil, retriever.Row{ID: int64(partition), Caption: "Ann Lee"}))
		_, err = w.Close()
		require.NoError(t, err)
	}
	opened, err := vectors.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, opened.Close()) }()
	served, err := (&service{}).served(t.Context(), &index{store: opened, name: "three", dir: dir, dimension: 2})
	require.NoError(t, err)
	source, ok := served.Captions.(retriever.CaptionParts)
	require.True(t, ok)
	parts, err := source.Parts(t.Context())
	require.NoError(t, err)
	require.Len(t, parts, 3)
}
