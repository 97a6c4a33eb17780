package clip

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// field appends a length-delimited field, numberField a numeric one, as protowire encodes them.
func field(message []byte, number protowire.Number, inner []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(message, number, protowire.BytesType), inner)
}

func numberField(message []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(message, number, protowire.VarintType), value)
}

// valueInfo encodes a tensor's name, type and shape; 0 stands for a symbolic size.
func valueInfo(name string, element uint64, sizes ...uint64) []byte {
	var shape []byte
	for _, n := range sizes {
		if n == 0 {
			shape = field(shape, 1, field(nil, 2, []byte("any")))
		} else {
			shape = field(shape, 1, numberField(nil, 1, n))
		}
	}
	tensor := field(numberField(nil, 1, element), 2, shape)
	return field(field(nil, 1, []byte(name)), 2, field(nil, 1, tensor))
}

func TestONNXFile(t *testing.T) {
	location := field(field(nil, 1, []byte("location")), 2, []byte("weights.bin"))
	weight := field(field(field(numberField(nil, 2, 10), 8, []byte("w")), 13, location), 9, make([]byte, 100_000))
	graph := field(nil, 1, field(nil, 4, []byte("DynamicQuantizeLinear")))
	graph = field(graph, 5, weight)
	graph = field(graph, 11, valueInfo("w", 10, 5)) // old files repeat their weights here
	graph = field(graph, 11, valueInfo("ids", 6, 0, 77))
	graph = field(graph, 12, valueInfo("out", 1, 1, 512))
	model := field(numberField(nil, 1, 8), 7, graph)

	path := filepath.Join(t.TempDir(), "model.onnx")
	require.NoError(t, os.WriteFile(path, model, 0o644))
	got, err := readONNX(path)
	require.NoError(t, err)
	require.Equal(t, &onnxFile{
		inputs:   []TensorInfo{{"ids", "int32", []int64{-1, 77}}},
		outputs:  []TensorInfo{{"out", "float32", []int64{1, 512}}},
		half:     true,
		quantize: true,
		external: []string{"weights.bin"},
	}, got)
}

func TestExternalWeights(t *testing.T) {
	build := func(location string) string {
		entry := field(field(nil, 1, []byte("location")), 2, []byte(location))
		graph := field(nil, 5, field(field(nil, 8, []byte("w")), 13, entry))
		graph = field(graph, 11, valueInfo("pixel_values", 1, 0, 3, 224, 224))
		graph = field(graph, 12, valueInfo("image_embeds", 1, 0, 64))
		dir := copyBundle(t, "own")
		replaceFile(t, dir, "visual.fp32.onnx", field(nil, 7, graph))
		return dir
	}
	dir := build("visual.bin")
	_, err := OpenBundle(dir, "")
	require.ErrorContains(t, err, "visual.bin is missing")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "visual.bin"), []byte("weights"), 0o644))
	first, err := OpenBundle(dir, "")
	require.NoError(t, err)
	require.Len(t, first.Files, 4)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "visual.bin"), []byte("WEIGHTS"), 0o644))
	second, err := OpenBundle(dir, "")
	require.NoError(t, err)
	require.NotEqual(t, first.Digest(), second.Digest())

	_, err = OpenBundle(build("../../secret"), "")
	require.ErrorContains(t, err, `keeps weights at "../../secret", outside its folder`)
}

func FuzzONNXFile(f *testing.F) {
	f.Add(field(nil, 7, field(field(nil, 11, valueInfo("a", 1, 0)), 12, valueInfo("b", 1, 2))))
	f.Add([]byte{0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte("<html>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		parsed, err := parseONNX(newWireReader(bytes.NewReader(raw)), int64(len(raw)))
		if err == nil {
			require.NotEmpty(t, parsed.inputs)
		}
	})
}
