package onnx

import (
	"fmt"

	ort "github.com/yalue/onnxruntime_go"
)

// Value is a tensor of ONNX Runtime. Destroy it.
type Value = ort.Value

// Shape is the lengths of a tensor's axes.
type Shape = ort.Shape

// NewShape makes a shape.
func NewShape(lengths ...int64) Shape { return ort.NewShape(lengths...) }

// NewTensor makes a tensor over data, which it shares.
func NewTensor[T float32 | int64 | int32](shape Shape, data []T) (Value, error) {
	return ort.NewTensor(shape, data)
}

// NewHalves makes a float16 tensor over little-endian bytes, which it shares.
func NewHalves(shape Shape, raw []byte) (Value, error) {
	return ort.NewCustomDataTensor(shape, raw, ort.TensorElementDataTypeFloat16)
}

// Info is what a graph declares of an input or output.
type Info struct {
	Name  string
	Float bool    // float32
	Shape []int64 // -1 is any length
}

// Inspect reads what a graph's inputs and outputs are.
func Inspect(path string) (inputs, outputs []Info, err error) {
	in, out, err := ort.GetInputOutputInfo(path)
	if err != nil {
		return nil, nil, fmt.Errorf("%s cannot be read by ONNX Runtime: %w", path, err)
	}
	return infos(in), infos(out), nil
}

func infos(list []ort.InputOutputInfo) []Info {
	out := make([]Info, len(list))
	for i, x := range list {
		out[i] = Info{x.Name, x.DataType == ort.TensorElementDataTypeFloat, x.Dimensions}
	}
	return out
}
