package clip

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"rollcall/indexer"
	"rollcall/internal/onnx"
)

// The sizes of batches, bounded so that memory does not grow with what a caller asks for. On the
// CPU larger batches are slower: 256 texts of 77 tokens ran at less than half the rate of 64.
const (
	maxImages     = 64
	maxImageBytes = 64 << 20 // of pixels in a batch; fewer images of large models
	maxTexts      = 64
)

// Model is a bundle with both towers loaded. It satisfies indexer.Encoder, retriever.Encoder and
// auditor.Encoder, and serves any number of goroutines: sessions are shared, not copied.
type Model struct {
	bundle      *Bundle
	image, text *onnx.Session
}

// Load makes a bundle ready to run. An error names the file, or says what the device lacks. Close
// the model before the runtime.
func (rt *Runtime) Load(b *Bundle, o Options) (*Model, error) {
	m := &Model{bundle: b}
	if err := m.open(o); err != nil {
		return nil, errors.Join(fmt.Errorf("model bundle %s: %w", b.Dir, err), m.Close())
	}
	return m, nil
}

func (m *Model) open(o Options) (err error) {
	b := m.bundle
	path := func(name string) string { return filepath.Join(b.Dir, filepath.FromSlash(name)) }
	if m.image, err = newSession(path(b.Image.File), &b.Image.Tower, []string{b.Image.Input}, o); err != nil {
		return err
	}
	inputs := []string{b.Text.Input}
	if b.Text.Mask != "" {
		inputs = append(inputs, b.Text.Mask)
	}
	m.text, err = newSession(path(b.Text.File), &b.Text.Tower, inputs, o)
	if err != nil {
		return err
	}
	return m.probe()
}

// probe runs each tower once where its file does not declare the dimension, so that a mismatch is
// found before any data is read.
func (m *Model) probe() error {
	if output, err := m.bundle.Image.output(m.bundle.Image.Output); err != nil || output.Shape[1] < 0 {
		blank := make(indexer.Pixels, m.pixelCount())
		if _, err := m.EncodePixels(context.Background(), []indexer.Pixels{blank}); err != nil {
			return fmt.Errorf("trial run, expecting dimension %d: %w", m.bundle.Dimension, err)
		}
	}
	if output, err := m.bundle.Text.output(m.bundle.Text.Output); err != nil || output.Shape[1] < 0 {
		if _, err := m.EncodeTexts(context.Background(), []string{""}); err != nil {
			return fmt.Errorf("trial run, expecting dimension %d: %w", m.bundle.Dimension, err)
		}
	}
	return nil
}

// Bundle is what the model was loaded from.
func (m *Model) Bundle() *Bundle { return m.bundle }

// Close frees both sessions. No call may be under way.
func (m *Model) Close() error {
	var failed []error
	for _, s := range []*onnx.Session{m.image, m.text} {
		if s != nil {
			failed = append(failed, s.Close())
		}
	}
	return errors.Join(failed...)
}

// Decode turns an encoded image file into the 3 x S x S values that the model takes, in the memory
// of dst where that has room. Its error wraps ErrEmpty, ErrUnsupported, ErrTooLarge or ErrDecode,
// and an indexer.Failure with the reason for the ledger.
func (m *Model) Decode(dst indexer.Pixels, image []byte) (indexer.Pixels, error) {
	pixels, err := m.bundle.pixels.Pixels(dst, image)
	return pixels, withReason(err)
}

// Promised is how many pixels an image file says that it has, before any is decoded: 0 where none will
// be.
func (m *Model) Promised(image []byte) int { return promised(image) }

// pixelCount is how many values an image has.
func (m *Model) pixelCount() int { return 3 * m.bundle.Image.Spec.Size * m.bundle.Image.Spec.Size }

// imageBatch is how many images run at once.
func (m *Model) imageBatch() int {
	if m.bundle.Image.alone() {
		return 1
	}
	return max(1, min(maxImages, maxImageBytes/(4*m.pixelCount())))
}

// EncodePixels returns one vector of length 1 for each preprocessed image. The error means that
// the model failed or ctx is done.
func (m *Model) EncodePixels(ctx context.Context, batch []indexer.Pixels) ([][]float32, error) {
	vectors := make([][]float32, 0, len(batch))
	for len(batch) > 0 {
		n := min(m.imageBatch(), len(batch))
		part, err := m.runPixels(ctx, batch[:n])
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, part...)
		batch = batch[n:]
	}
	return vectors, nil
}

// runPixels runs the image tower once.
func (m *Model) runPixels(ctx context.Context, batch []indexer.Pixels) ([][]float32, error) {
	tower, count := &m.bundle.Image.Tower, m.pixelCount()
	data := []float32(batch[0])
	for _, pixels := range batch {
		if len(pixels) != count {
			return nil, fmt.Errorf("an image of %d values; %s takes %d", len(pixels), tower.File, count)
		}
	}
	if len(batch) > 1 {
		data = make([]float32, 0, count*len(batch))
		for _, pixels := range batch {
			data = append(data, pixels...)
		}
	}
	info, err := tower.input(tower.Input)
	if err != nil {
		return nil, err
	}
	side := int64(m.bundle.Image.Spec.Size)
	input, err := newFloats(info, onnx.NewShape(int64(len(batch)), 3, side, side), data)
	if err != nil {
		return nil, err
	}
	defer input.Destroy()
	return m.runTower(ctx, m.image, tower, []onnx.Value{input}, len(batch))
}

// runTower runs a session on its inputs and returns the rows of its output.
func (m *Model) runTower(ctx context.Context, s *onnx.Session, t *Tower, inputs []onnx.Value, rows int) ([][]float32, error) {
	info, err := t.output(t.Output)
	if err != nil {
		return nil, err
	}
	output, err := newEmbeddings(info, rows, m.bundle.Dimension)
	if err != nil {
		return nil, err
	}
	defer output.Destroy()
	if err := s.Run(ctx, inputs, []onnx.Value{output.Value}); err != nil {
		return nil, err
	}
	return output.vectors(), nil
}
