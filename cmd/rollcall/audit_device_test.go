package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
	"rollcall/internal/onnx"
)

// decisions keeps every decision of a run.
type decisions []auditor.Prediction

func (d *decisions) Predictions(_ string, rows []auditor.Prediction) error {
	*d = append(*d, rows...)
	return nil
}

// findings keeps the findings of a run.
type findings []auditor.Finding

func (f *findings) Handle(m auditor.Message) error {
	if m.Finding != nil {
		*f = append(*f, *m.Finding)
	}
	return nil
}

// A device compares by a graph that ONNX Runtime runs. That graph, here on its CPU provider, must
// come to the decisions of the auditor's own kernels.
func TestDeviceDecidesAsTheProcessorDoes(t *testing.T) {
	t.Parallel()
	a := &app{stdout: io.Discard, stderr: io.Discard, quiet: true, onnxruntime: onnxruntime(t)}
	flags := auditFlags{
		models: []string{lab(t, "model")}, roster: lab(t, "roster.csv"), photos: lab(t, "photos"), names: lab(t, "candidates.txt"),
		minPhotos: 10, draws: 20, tau: 1, resamples: 100, seed: 1, modes: []string{"paper", "calibrated"}, controls: []string{"face-swap", "name-swap"},
	}
	options, err := a.auditOptions(flags)
	require.NoError(t, err)
	models, err := a.startModels()
	require.NoError(t, err)
	defer func() { require.NoError(t, models.close()) }()
	_, err = loadAudited(models, flags, &options)
	require.NoError(t, err)
	require.Nil(t, options.Models[0].Multiplier, "the processor needs none")
	audited := func(on auditor.Multiplier) (decisions, findings) {
		var d decisions
		var f findings
		options.Models[0].Multiplier, options.Predictions = on, &d
		require.NoError(t, auditor.Run(t.Context(), options, &f))
		return d, f
	}
	decided, found := audited(nil)
	product, err := onnx.NewProduct(onnx.Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, product.Close()) }()
	decidedThere, foundThere := audited(product)

	require.Len(t, decided, 3200*21)
	require.Len(t, decidedThere, len(decided))
	close := 0
	for i, want := range decided {
		got := decidedThere[i]
		require.Equal(t, want.Photo, got.Photo)
		require.InDelta(t, want.TrueSimilarity, got.TrueSimilarity, 1e-6)
		require.InDelta(t, want.BestDecoy, got.BestDecoy, 1e-6)
		if want.Winner != got.Winner || want.Rank != got.Rank {
			close++ // two similarities within the rounding of float32
		}
	}
	require.LessOrEqual(t, close, len(decided)/1000)
	require.Len(t, foundThere, 320)
	for i, want := range found {
		got := foundThere[i]
		require.Equal(t, want.Detected, got.Detected, want.ID)
		require.InDelta(t, *want.Score, *got.Score, 1e-6, want.ID)
		require.InDelta(t, *want.P, *got.P, 1.0/681, want.ID)
	}
	t.Logf("%d of %d decisions differ in winner or rank", close, len(decided))
}
