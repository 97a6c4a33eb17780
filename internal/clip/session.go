package clip

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

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

// session is one tower, ready to run. It serves any number of goroutines.
type session struct {
	inner *ort.DynamicAdvancedSession
	file  string
}

// newSession loads a tower's graph.
func newSession(path string, t *Tower, inputs []string, o Options) (*session, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(o.Threads); err != nil {
		return nil, err
	}
	if t.Half {
		// The layout optimisations beyond "extended" end the process with many versions of ONNX
		// Runtime when a ViT has float16 weights.
		if err := options.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableExtended); err != nil {
			return nil, err
		}
	}
	if err := appendDevice(options, o.Device); err != nil {
		return nil, err
	}
	inner, err := ort.NewDynamicAdvancedSession(path, inputs, []string{t.Output}, options)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be loaded by ONNX Runtime %s: %w", t.File, ort.GetVersion(), err)
	}
	return &session{inner: inner, file: t.File}, nil
}

// appendDevice puts a session on the device that was asked for.
func appendDevice(options *ort.SessionOptions, device string) error {
	if device == "" || device == "cpu" {
		return nil
	}
	kind, number, numbered := strings.Cut(device, ":")
	if !numbered {
		number = "0"
	}
	if _, err := strconv.ParseUint(number, 10, 8); kind != "cuda" || err != nil {
		return fmt.Errorf("device %q is unknown: want cpu, cuda or cuda:N", device)
	}
	cuda, err := ort.NewCUDAProviderOptions()
	if err != nil {
		return fmt.Errorf("device %s: this ONNX Runtime cannot use CUDA: %w; give the library of the PyPI package onnxruntime-gpu %s with --onnxruntime, or use --device cpu", device, err, wantVersion)
	}
	defer cuda.Destroy()
	err = cuda.Update(map[string]string{"device_id": number})
	if err == nil {
		err = options.AppendExecutionProviderCUDA(cuda)
	}
	if err != nil {
		return fmt.Errorf("device %s cannot be used: %w; it needs an NVIDIA driver, CUDA 13, cuDNN 9, and libonnxruntime_providers_cuda.so beside the library; or use --device cpu", device, err)
	}
	return nil
}

// run runs one batch. It returns within moments once ctx is done, even in the middle of a run.
func (s *session) run(ctx context.Context, inputs []ort.Value, output ort.Value) error {
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
	err = s.inner.RunWithOptions(inputs, []ort.Value{output}, options)
	if !stop() {
		// The options must not be freed while they are used.
		err = errors.Join(err, <-terminated)
		return errors.Join(ctx.Err(), err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.file, err)
	}
	return nil
}

func (s *session) close() error { return s.inner.Destroy() }
