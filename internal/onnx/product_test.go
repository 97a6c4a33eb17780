package onnx

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// startedRuntime starts the library of the project's set-up.
func startedRuntime(t *testing.T) {
	t.Helper()
	root := filepath.Join("..", "..")
	if _, err := os.Stat(filepath.Join(root, ".cache", "onnxruntime")); err != nil {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	t.Chdir(root)
	rt, err := Start("")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, rt.Close()) })
}

// (1 2) and (3 4) with (5 6), (7 8) and (0 1): 1*5+2*6 = 17, 1*7+2*8 = 23, 2; 3*5+4*6 = 39,
// 3*7+4*8 = 53, 4.
func TestProductByHand(t *testing.T) {
	startedRuntime(t)
	p, err := NewProduct(Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	got, err := p.Multiply(t.Context(), []float32{1, 2, 3, 4}, []float32{5, 6, 7, 8, 0, 1}, 2)
	require.NoError(t, err)
	require.Equal(t, []float32{17, 23, 2, 39, 53, 4}, got)

	_, err = p.Multiply(t.Context(), []float32{1, 2, 3}, []float32{1, 2}, 2)
	require.ErrorContains(t, err, "3 and 2 numbers are not rows of 2")
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = p.Multiply(canceled, []float32{1, 2}, []float32{1, 2}, 2)
	require.ErrorIs(t, err, context.Canceled)
}

// The expected products are sums in float64.
func TestProductAgreesWithFloat64(t *testing.T) {
	startedRuntime(t)
	p, err := NewProduct(Options{Threads: 1})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	r := rand.New(rand.NewPCG(1, 2))
	random := func(rows, dim int) []float32 {
		out := make([]float32, rows*dim)
		for i := range out {
			out[i] = float32(r.NormFloat64())
		}
		return out
	}
	const dim = 96
	for _, rows := range []int{1, 7, 64} { // one session, any number of rows
		a, b := random(rows, dim), random(rows+3, dim)
		got, err := p.Multiply(t.Context(), a, b, dim)
		require.NoError(t, err)
		for i := range rows {
			for j := range rows + 3 {
				want := 0.0
				for k := range dim {
					want += float64(a[i*dim+k]) * float64(b[j*dim+k])
				}
				require.InDelta(t, want, got[i*(rows+3)+j], 1e-4)
			}
		}
	}
}

func TestProductOnADeviceThatIsNotThere(t *testing.T) {
	startedRuntime(t)
	_, err := NewProduct(Options{Device: "cuda"})
	if err == nil {
		t.Skip("this machine has CUDA")
	}
	require.ErrorContains(t, err, "device cuda: this ONNX Runtime cannot use CUDA")
	require.ErrorContains(t, err, "onnxruntime-gpu 1.29.0")
	require.ErrorContains(t, err, "--device cpu")
	_, err = NewProduct(Options{Device: "tpu"})
	require.ErrorContains(t, err, `device "tpu" is unknown: want cpu, cuda or cuda:N`)
}
