package onnx

import (
	"context"
	"errors"
	"fmt"
	"slices"

	ort "github.com/yalue/onnxruntime_go"
)

// Options are how a model runs.
type Options struct {
	// Device is "cpu" (also when empty), "cuda" or "cuda:1". CUDA that is not there is an error,
	// never a fall back to the CPU.
	Device string
	// Threads is how many threads one run may use; 0 leaves it to ONNX Runtime, which takes one a
	// physical core.
	Threads int
}

// Graph says what a session is made of.
type Graph struct {
	Path    string   // of the .onnx file
	Data    []byte   // the file's content, in the place of Path
	Name    string   // for errors, such as the file's name in its bundle
	Inputs  []string // names of the tensors
	Outputs []string
	Half    bool // it has float16 weights
}

// Session is one graph, ready to run. It serves any number of goroutines.
type Session struct {
	inner   *ort.DynamicAdvancedSession
	name    string
	device  string
	outputs int
}

// NewSession loads a graph. The library must have been started.
func NewSession(g Graph, o Options) (*Session, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(o.Threads); err != nil {
		return nil, err
	}
	if g.Half {
		// The layout optimisations beyond "extended" end the process with many versions of ONNX
		// Runtime when a ViT has float16 weights.
		if err := options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableExtended); err != nil {
			return nil, err
		}
	}
	if err := appendDevice(options, o.Device); err != nil {
		return nil, err
	}
	inner, err := g.open(options)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be loaded by ONNX Runtime %s: %w", g.Name, ort.GetVersion(), explained(o.Device, err))
	}
	return &Session{inner: inner, name: g.Name, device: o.Device, outputs: len(g.Outputs)}, nil
}

func (g Graph) open(options *ort.SessionOptions) (*ort.DynamicAdvancedSession, error) {
	if g.Data != nil {
		return ort.NewDynamicAdvancedSessionWithONNXData(g.Data, g.Inputs, g.Outputs, options)
	}
	return ort.NewDynamicAdvancedSession(g.Path, g.Inputs, g.Outputs, options)
}

// Run runs one batch. An output that is nil is made, and then to be destroyed by the caller. Run
// returns within moments once ctx is done, even in the middle.
func (s *Session) Run(ctx context.Context, inputs, outputs []Value) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return err
	}
	defer options.Destroy()
	terminated := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { terminated <- options.Terminate() })
	err = s.inner.RunWithOptions(inputs, outputs, options)
	if !stop() {
		// The options must not be freed while they are used.
		err = errors.Join(err, <-terminated)
		return errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.name, explained(s.device, err))
	}
	return nil
}

// Floats runs a graph of float32 on one input and gives its outputs, in the order of
// Graph.Outputs, as flat lists.
func (s *Session) Floats(ctx context.Context, shape Shape, data []float32) (lists [][]float32, err error) {
	input, err := ort.NewTensor(shape, data)
	if err != nil {
		return nil, err
	}
	defer input.Destroy()
	outputs := make([]Value, s.outputs)
	defer func() {
		for _, o := range outputs {
			if o != nil {
				err = errors.Join(err, o.Destroy())
			}
		}
	}()
	if err := s.Run(ctx, []Value{input}, outputs); err != nil {
		return nil, err
	}
	for i, o := range outputs {
		t, ok := o.(*ort.Tensor[float32])
		if !ok {
			return nil, fmt.Errorf("%s: output %d is not of float32", s.name, i)
		}
		lists = append(lists, slices.Clone(t.GetData()))
	}
	return lists, nil
}

// Close frees the session. No run may be under way.
func (s *Session) Close() error { return s.inner.Destroy() }
