package clip

import "rollcall/internal/onnx"

// Options are how a model runs.
type Options = onnx.Options

// Runtime is ONNX Runtime, loaded. Several may be held at once; they share the one library that a
// process can load. Close every Model first.
type Runtime struct{ *onnx.Runtime }

// Start loads ONNX Runtime as onnx.Start does, from libraryPath or, where that is empty, from the
// places where make setup and the system keep it.
func Start(libraryPath string) (*Runtime, error) {
	rt, err := onnx.Start(libraryPath)
	if err != nil {
		return nil, err
	}
	return &Runtime{rt}, nil
}

// newSession loads a tower's graph.
func newSession(path string, t *Tower, inputs []string, o Options) (*onnx.Session, error) {
	return onnx.NewSession(onnx.Graph{Path: path, Name: t.File, Inputs: inputs, Outputs: []string{t.Output}, Half: t.Half}, o)
}
