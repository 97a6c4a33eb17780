package clip

import (
	"encoding/binary"

	"rollcall/internal/onnx"
)

// newFloats makes an input tensor of the element type that the graph wants.
func newFloats(info TensorInfo, shape onnx.Shape, data []float32) (onnx.Value, error) {
	if info.Type != "float16" {
		return onnx.NewTensor(shape, data)
	}
	raw := make([]byte, 2*len(data))
	for i, f := range data {
		binary.LittleEndian.PutUint16(raw[2*i:], toHalf(f))
	}
	return onnx.NewHalves(shape, raw)
}

// newIDs makes an input tensor of token ids or mask values.
func newIDs(info TensorInfo, shape onnx.Shape, ids []int64) (onnx.Value, error) {
	if info.Type != "int32" {
		return onnx.NewTensor(shape, ids)
	}
	narrow := make([]int32, len(ids))
	for i, id := range ids {
		narrow[i] = int32(id)
	}
	return onnx.NewTensor(shape, narrow)
}

// embeddings is the output tensor of a run: rows of one dimension.
type embeddings struct {
	onnx.Value
	rows, dimension int
	floats          []float32 // of a float32 graph
	halves          []byte    // of a float16 graph
}

func newEmbeddings(info TensorInfo, rows, dimension int) (*embeddings, error) {
	e := &embeddings{rows: rows, dimension: dimension}
	shape := onnx.NewShape(int64(rows), int64(dimension))
	var err error
	if info.Type == "float16" {
		e.halves = make([]byte, 2*rows*dimension)
		e.Value, err = onnx.NewHalves(shape, e.halves)
	} else {
		e.floats = make([]float32, rows*dimension)
		e.Value, err = onnx.NewTensor(shape, e.floats)
	}
	return e, err
}

// vectors returns the rows as float32, each scaled to length 1.
func (e *embeddings) vectors() [][]float32 {
	all := e.floats
	if e.halves != nil {
		all = make([]float32, e.rows*e.dimension)
		for i := range all {
			all[i] = fromHalf(binary.LittleEndian.Uint16(e.halves[2*i:]))
		}
	}
	rows := make([][]float32, e.rows)
	for i := range rows {
		// Full slices, so that appending to one vector cannot reach the next.
		rows[i] = all[i*e.dimension : (i+1)*e.dimension : (i+1)*e.dimension]
		normalise(rows[i])
	}
	return rows
}
