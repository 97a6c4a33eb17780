package clip

import (
	"encoding/binary"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// readNPY reads a float32 array of numpy's format 1.0 in C order.
func readNPY(t testing.TB, path string) (shape []int, data []float32) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "\x93NUMPY\x01\x00", string(raw[:8]))
	start := 10 + int(binary.LittleEndian.Uint16(raw[8:]))
	header := string(raw[10:start])
	require.Contains(t, header, "'descr': '<f4'")
	require.Contains(t, header, "'fortran_order': False")
	sizes := regexp.MustCompile(`'shape': \(([^)]*)\)`).FindStringSubmatch(header)
	require.NotNil(t, sizes)
	total := 1
	for size := range strings.SplitSeq(strings.TrimSuffix(sizes[1], ","), ",") {
		n, err := strconv.Atoi(strings.TrimSpace(size))
		require.NoError(t, err)
		shape, total = append(shape, n), total*n
	}
	require.Len(t, raw, start+4*total)
	data = make([]float32, total)
	for i := range data {
		data[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[start+4*i:]))
	}
	return shape, data
}

// rowsOf cuts an array into rows.
func rowsOf(t testing.TB, path string) [][]float32 {
	t.Helper()
	shape, data := readNPY(t, path)
	rows := make([][]float32, shape[0])
	width := len(data) / shape[0]
	for i := range rows {
		rows[i] = data[i*width : (i+1)*width]
	}
	return rows
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	return dot / math.Sqrt(aa*bb)
}
