package onnx

import (
	"context"
	"fmt"

	ort "github.com/yalue/onnxruntime_go"
)

// Product multiplies matrices of rows on a device. It serves any number of goroutines.
type Product struct{ session *Session }

// NewProduct makes a product on the device of the options. The library must have been started.
func NewProduct(o Options) (*Product, error) {
	session, err := NewSession(Graph{
		Data: productGraph(), Name: "the product of photos and names", Inputs: []string{"a", "b"}, Outputs: []string{"y"},
	}, o)
	if err != nil {
		return nil, err
	}
	return &Product{session}, nil
}

// Multiply gives the inner products of the rows of a and of b, both of dim numbers: len(a)/dim rows of
// len(b)/dim products.
func (p *Product) Multiply(ctx context.Context, a, b []float32, dim int) ([]float32, error) {
	if dim < 1 || len(a) == 0 || len(b) == 0 || len(a)%dim != 0 || len(b)%dim != 0 {
		return nil, fmt.Errorf("%d and %d numbers are not rows of %d", len(a), len(b), dim)
	}
	rows, columns := len(a)/dim, len(b)/dim
	products := make([]float32, rows*columns)
	var values []Value
	for _, t := range []struct {
		data          []float32
		rows, columns int
	}{{a, rows, dim}, {b, columns, dim}, {products, rows, columns}} {
		v, err := ort.NewTensor(NewShape(int64(t.rows), int64(t.columns)), t.data)
		if err != nil {
			return nil, err
		}
		defer v.Destroy()
		values = append(values, v)
	}
	return products, p.session.Run(ctx, values[:2], values[2:])
}

// Close frees the product. No Multiply may be under way.
func (p *Product) Close() error { return p.session.Close() }

// productGraph is an ONNX model of one node: y = a x b transposed, in float32.
func productGraph() []byte {
	const (
		irVersion, opset        = 8, 13
		intAttribute            = 2 // AttributeProto.INT
		float32Element          = 1 // TensorProto.FLOAT
		yes              uint64 = 1
	)
	transposed := message{}.text(1, "transB").number(3, yes).number(20, intAttribute)
	node := message{}.text(1, "a").text(1, "b").text(2, "y").text(4, "Gemm").bytes(5, transposed)
	matrix := func(name, rows, columns string) []byte {
		shape := message{}.bytes(1, message{}.text(2, rows)).bytes(1, message{}.text(2, columns))
		tensor := message{}.number(1, float32Element).bytes(2, shape)
		return message{}.text(1, name).bytes(2, message{}.bytes(1, tensor))
	}
	graph := message{}.bytes(1, node).text(2, "product").
		bytes(11, matrix("a", "photos", "dim")).bytes(11, matrix("b", "names", "dim")).bytes(12, matrix("y", "photos", "names"))
	return message{}.number(1, irVersion).bytes(8, message{}.number(2, opset)).bytes(7, graph)
}
