package clip

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

// inspect reads the tower's graph from its file.
func (t *Tower) inspect(dir string) error {
	if !filepath.IsLocal(filepath.FromSlash(t.File)) {
		return fmt.Errorf("%q is not the name of a file inside the bundle", t.File)
	}
	file, err := readONNX(filepath.Join(dir, filepath.FromSlash(t.File)))
	if opening := (*fs.PathError)(nil); errors.As(err, &opening) {
		return missing(t.File, err)
	}
	if err != nil {
		return fmt.Errorf("%s is not an ONNX file (%w); fetch or export it again", t.File, err)
	}
	t.Inputs, t.Outputs = file.inputs, file.outputs
	t.Half, t.Quantized = file.half, file.quantize
	folder := filepath.ToSlash(filepath.Dir(t.File))
	for _, location := range file.external {
		if !filepath.IsLocal(filepath.FromSlash(location)) {
			return fmt.Errorf("%s keeps weights at %q, outside its folder: such a file is refused", t.File, location)
		}
		t.external = append(t.external, strings.TrimPrefix(folder+"/"+location, "./"))
	}
	return nil
}

// input finds a declared input, output a declared output.
func (t *Tower) input(name string) (TensorInfo, error) { return t.find("input", t.Inputs, name) }

func (t *Tower) output(name string) (TensorInfo, error) { return t.find("output", t.Outputs, name) }

func (t *Tower) find(kind string, tensors []TensorInfo, name string) (TensorInfo, error) {
	names := make([]string, len(tensors))
	for i, tensor := range tensors {
		if tensor.Name == name {
			return tensor, nil
		}
		names[i] = tensor.Name
	}
	return TensorInfo{}, fmt.Errorf("%s has no %s %q; it has %s", t.File, kind, name, strings.Join(names, ", "))
}

// fixedBatch reports whether the graph takes one sample at a time only.
func (t *Tower) fixedBatch() bool {
	input, err := t.input(t.Input)
	return err == nil && len(input.Shape) > 0 && input.Shape[0] == 1
}

// alone reports whether samples must run one at a time.
func (t *Tower) alone() bool { return t.Quantized || t.fixedBatch() }

// expect compares a tensor with the types and the shape that the layout promises; -1 stands for
// any size.
func (t *Tower) expect(tensor TensorInfo, types []string, shape ...int64) error {
	fits := len(tensor.Shape) == len(shape) && slices.Contains(types, tensor.Type)
	for i := 0; fits && i < len(shape); i++ {
		fits = shape[i] < 0 || tensor.Shape[i] < 0 || tensor.Shape[i] == shape[i]
	}
	if !fits {
		return fmt.Errorf("%s: tensor %q is %s %s, want %s %s", t.File, tensor.Name,
			tensor.Type, shapeText(tensor.Shape), strings.Join(types, " or "), shapeText(shape))
	}
	return nil
}

func shapeText(shape []int64) string {
	sizes := make([]string, len(shape))
	for i, n := range shape {
		sizes[i] = fmt.Sprint(n)
		if n < 0 {
			sizes[i] = "any"
		}
	}
	return "[" + strings.Join(sizes, ", ") + "]"
}

// checkOutput compares the embeddings that a tower gives with the bundle's dimension.
func (t *Tower) checkOutput(dimension int) error {
	output, err := t.output(t.Output)
	if err != nil {
		return err
	}
	if n := len(output.Shape); n == 2 && output.Shape[1] >= 0 && output.Shape[1] != int64(dimension) {
		return fmt.Errorf("%s gives embeddings of dimension %d, but the bundle's dimension is %d: both towers must agree; the files are of different models",
			t.File, output.Shape[1], dimension)
	}
	return t.expect(output, []string{"float32", "float16"}, -1, int64(dimension))
}

// checkImage compares the image graph's tensors with the configuration.
func (b *Bundle) checkImage() error {
	input, err := b.Image.input(b.Image.Input)
	if err != nil {
		return err
	}
	if len(b.Image.Inputs) > 1 {
		return fmt.Errorf("%s wants %d inputs; an image encoder has one", b.Image.File, len(b.Image.Inputs))
	}
	size := int64(b.Image.Spec.Size)
	if err := b.Image.expect(input, []string{"float32", "float16"}, -1, 3, size, size); err != nil {
		return err
	}
	return b.Image.checkOutput(b.Dimension)
}

// checkText compares the text graph's tensors with the configuration, and finds out whether the
// graph wants an attention mask.
func (b *Bundle) checkText() error {
	input, err := b.Text.input(b.Text.Input)
	if err != nil {
		return err
	}
	ids := []string{"int64", "int32"}
	if err := b.Text.expect(input, ids, -1, int64(b.Text.ContextLength)); err != nil {
		return err
	}
	for _, other := range b.Text.Inputs {
		switch other.Name {
		case b.Text.Input:
		case "attention_mask":
			b.Text.Mask = other.Name
			if err := b.Text.expect(other, ids, -1, int64(b.Text.ContextLength)); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s wants an input %q; a text encoder has token ids and at most an attention_mask", b.Text.File, other.Name)
		}
	}
	return b.Text.checkOutput(b.Dimension)
}

// dynamicLength reports whether the graph takes texts that are shorter than its context.
func (t *TextTower) dynamicLength() bool {
	input, err := t.input(t.Input)
	return err == nil && len(input.Shape) == 2 && input.Shape[1] < 0
}
