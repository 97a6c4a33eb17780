package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"rollcall/auditor"
	"rollcall/indexer"
	"rollcall/internal/clip"
	"rollcall/internal/onnx"
)

// modelFlags say which model to load, and where it runs.
type modelFlags struct {
	dir, variant, device string
	threads              int
}

func (m *modelFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.dir, "model", "", "model bundle: a folder")
	m.addRuntime(cmd)
}

// addRuntime adds the flags beside --model, for commands that take several models.
func (m *modelFlags) addRuntime(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&m.variant, "variant", "", "weights of the bundle: fp16, int8 ... (default fp32)")
	flags.StringVar(&m.device, "device", "cpu", "where the model runs: cpu, cuda or cuda:i")
	flags.IntVar(&m.threads, "threads", 0, "threads of the model (default: all cores)")
}

// models keeps ONNX Runtime and what was loaded, to be closed together.
type models struct {
	runtime *clip.Runtime
	loaded  []*clip.Model
	product *onnx.Product // nil until it is needed
}

// startModels finds ONNX Runtime.
func (a *app) startModels() (*models, error) {
	runtime, err := clip.Start(a.onnxruntime)
	if err != nil {
		return nil, err
	}
	return &models{runtime: runtime}, nil
}

// load opens a bundle and its sessions. A bundle that cannot be used is a bad input.
func (m *models) load(dir string, flags modelFlags) (*clip.Model, error) {
	bundle, err := clip.OpenBundle(dir, flags.variant)
	if err != nil {
		return nil, usageError{err}
	}
	model, err := m.runtime.Load(bundle, clip.Options{Device: flags.device, Threads: flags.threads})
	if err != nil {
		return nil, usageError{err}
	}
	m.loaded = append(m.loaded, model)
	return model, nil
}

// multiplier is what compares embeddings on the device where models run; nil on the processor,
// where the auditor's own kernels are faster.
func (m *models) multiplier(flags modelFlags) (auditor.Multiplier, error) {
	if flags.device == "" || flags.device == "cpu" {
		return nil, nil
	}
	if m.product == nil {
		product, err := onnx.NewProduct(onnx.Options{Device: flags.device})
		if err != nil {
			return nil, usageError{err}
		}
		m.product = product
	}
	return m.product, nil
}

func (m *models) close() error {
	var errs []error
	if m.product != nil {
		errs = append(errs, m.product.Close())
	}
	for _, model := range m.loaded {
		errs = append(errs, model.Close())
	}
	return errors.Join(append(errs, m.runtime.Close())...)
}

// withModel runs do with one loaded model.
func (a *app) withModel(ctx context.Context, flags modelFlags, do func(context.Context, *clip.Model) error) error {
	if flags.dir == "" {
		return usagef("which model? Give --model DIR, a bundle that rollcall model inspect accepts")
	}
	models, err := a.startModels()
	if err != nil {
		return err
	}
	model, err := models.load(flags.dir, flags)
	if err != nil {
		return errors.Join(err, models.close())
	}
	return errors.Join(do(ctx, model), models.close())
}

// matchModel refuses a model that did not make the index: similarities between two models mean
// nothing.
func matchModel(opened *index, info indexer.ModelInfo) error {
	switch m := opened.manifest; {
	case (m == nil || m.Model.Digest == "") && info.Dimension != opened.dimension:
		return usagef("the model gives %d dimensions and the embeddings in %s have %d", info.Dimension, opened.dir, opened.dimension)
	case m != nil && m.Model.Digest != "" && m.Model.Digest != info.Digest:
		return usagef("index %s was made with model %s (digest %s, %d dimensions), not with %s (digest %s, %d dimensions): give the model that made it",
			opened.dir, m.Model.Name, m.Model.Digest, m.Model.Dimension, info.Name, info.Digest, info.Dimension)
	}
	return nil
}
