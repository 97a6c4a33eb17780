package clip

import (
	"fmt"
	"os"
	"slices"
)

// TensorInfo describes an input or output of a model file.
type TensorInfo struct {
	Name  string  `json:"name"`
	Type  string  `json:"type"`  // "float32", "float16", "int32", "int64", or "type N" for ONNX's type N
	Shape []int64 `json:"shape"` // -1 where any size is accepted
}

// onnxFile is what an ONNX file says about itself in its graph, without its weights.
type onnxFile struct {
	inputs   []TensorInfo
	outputs  []TensorInfo
	half     bool     // some weights are float16
	quantize bool     // activations are quantised at run time, by the range of the whole batch
	external []string // files beside it that hold weights
}

// dynamicQuantize is the operator that makes a sample's result depend on its batch companions.
const dynamicQuantize = "DynamicQuantizeLinear"

// The numbers of the fields that are read, from ONNX's published message definitions.
const (
	modelGraph        = 7
	graphNode         = 1
	graphInitializer  = 5
	graphInput        = 11
	graphOutput       = 12
	nodeOperator      = 4
	tensorType        = 2
	tensorName        = 8
	tensorExternal    = 13
	entryKey          = 1
	entryValue        = 2
	valueName         = 1
	valueType         = 2
	typeTensor        = 1
	typeElement       = 1
	typeShape         = 2
	shapeDimension    = 1
	dimensionValue    = 1
	elementFloat16    = 10
	maxDimensions     = 16
	maxTensorsAFile   = 256
	maxWeightsOfAFile = 1 << 20
)

// readONNX reads the graph's signature of a model file. An error that is no fs.PathError means that
// the file is not an ONNX file.
func readONNX(path string) (*onnxFile, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	return parseONNX(newWireReader(file), info.Size())
}

func parseONNX(r *wireReader, size int64) (*onnxFile, error) {
	p := onnxParser{r: r, file: &onnxFile{}, weights: map[string]bool{}}
	err := r.fields(size, func(field int, value int64) error {
		if field == modelGraph {
			return r.message(value, p.graphField)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// Old files list their weights among the inputs.
	p.file.inputs = slices.DeleteFunc(p.file.inputs, func(t TensorInfo) bool { return p.weights[t.Name] })
	if len(p.file.inputs) == 0 || len(p.file.outputs) == 0 {
		return nil, fmt.Errorf("it has %d inputs and %d outputs", len(p.file.inputs), len(p.file.outputs))
	}
	return p.file, nil
}

// onnxParser collects a graph's fields.
type onnxParser struct {
	r       *wireReader
	file    *onnxFile
	weights map[string]bool
}

func (p *onnxParser) graphField(field int, value int64) error {
	switch field {
	case graphNode:
		return p.r.message(value, p.nodeField)
	case graphInitializer:
		if len(p.weights) > maxWeightsOfAFile {
			return fmt.Errorf("more than %d weights", maxWeightsOfAFile)
		}
		return p.r.message(value, p.weightField)
	case graphInput:
		return p.tensor(&p.file.inputs, value)
	case graphOutput:
		return p.tensor(&p.file.outputs, value)
	}
	return nil
}

func (p *onnxParser) nodeField(field int, value int64) error {
	if field != nodeOperator || value != int64(len(dynamicQuantize)) {
		return nil
	}
	operator, err := p.r.text(value)
	p.file.quantize = p.file.quantize || operator == dynamicQuantize
	return err
}

func (p *onnxParser) weightField(field int, value int64) error {
	switch field {
	case tensorType:
		p.file.half = p.file.half || value == elementFloat16
	case tensorName:
		name, err := p.r.text(value)
		p.weights[name] = true
		return err
	case tensorExternal:
		return p.externalData(value)
	}
	return nil
}

// externalData reads one key and value of where a weight lies outside the file.
func (p *onnxParser) externalData(length int64) error {
	var key, entry string
	err := p.r.message(length, func(field int, value int64) (err error) {
		switch field {
		case entryKey:
			key, err = p.r.text(value)
		case entryValue:
			entry, err = p.r.text(value)
		}
		return err
	})
	if key == "location" && !slices.Contains(p.file.external, entry) {
		if len(p.file.external) == maxTensorsAFile {
			return fmt.Errorf("weights in more than %d files", maxTensorsAFile)
		}
		p.file.external = append(p.file.external, entry)
	}
	return err
}

func (p *onnxParser) tensor(list *[]TensorInfo, length int64) error {
	var t TensorInfo
	err := p.r.message(length, func(field int, value int64) (err error) {
		switch field {
		case valueName:
			t.Name, err = p.r.text(value)
		case valueType:
			err = p.r.message(value, func(field int, value int64) error {
				if field == typeTensor {
					return p.r.message(value, t.typeField(p.r))
				}
				return nil
			})
		}
		return err
	})
	if len(*list) == maxTensorsAFile {
		// Only files that keep their weights among the inputs have as many; those are dropped anyway.
		return err
	}
	*list = append(*list, t)
	return err
}

// typeField reads a tensor's element type and shape.
func (t *TensorInfo) typeField(r *wireReader) func(field int, value int64) error {
	return func(field int, value int64) error {
		switch field {
		case typeElement:
			t.Type = elementName(value)
		case typeShape:
			return r.message(value, func(field int, value int64) error {
				if field != shapeDimension || len(t.Shape) == maxDimensions {
					return nil
				}
				size := int64(-1)
				err := r.message(value, func(field int, value int64) error {
					if field == dimensionValue {
						size = value
					}
					return nil
				})
				t.Shape = append(t.Shape, size)
				return err
			})
		}
		return nil
	}
}

// elementName names ONNX's element types that CLIP models use.
func elementName(element int64) string {
	switch element {
	case 1:
		return "float32"
	case 6:
		return "int32"
	case 7:
		return "int64"
	case elementFloat16:
		return "float16"
	}
	return fmt.Sprintf("type %d", element)
}
