package onnx

import (
	"errors"
	"fmt"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// Runtime is ONNX Runtime, loaded. Several may be held at once; they share the one library that a
// process can load. Close each.
type Runtime struct {
	path string
	once sync.Once
	err  error
}

// process is the state of ONNX Runtime, of which a process has one: the library that is loaded and
// how many Runtimes hold it. It mirrors state that the binding itself keeps for the process.
type process struct {
	sync.Mutex
	path  string
	users int
}

// loaded guards every start and stop of the library.
var loaded process

// Start loads ONNX Runtime from libraryPath (a file, or a folder that holds it), or where that is
// empty from the first place of these that has it: beside the executable; .cache/onnxruntime/ in
// the folder above the executable's; the same in the working directory; the system's library
// path. The error lists what was tried, and the version found where it is too old.
//
// While the library is loaded, another path is refused: a process can load one only.
func Start(libraryPath string) (*Runtime, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.users > 0 {
		if libraryPath != "" && libraryPath != loaded.path {
			return nil, fmt.Errorf("ONNX Runtime is already loaded from %s; %s cannot be loaded beside it", loaded.path, libraryPath)
		}
		loaded.users++
		return &Runtime{path: loaded.path}, nil
	}
	// ONNX Runtime's own builds of 1.29 and later tell Microsoft which models are run, and leave an
	// identifier of the machine in the home folder, unless this is set before they are loaded.
	if err := os.Setenv("ORT_DISABLE_TELEMETRY", "1"); err != nil {
		return nil, err
	}
	err := findLibrary(libraryPath, func(path string) error {
		ort.SetSharedLibraryPath(path)
		if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
			return fmt.Errorf("%s cannot be loaded: %w", path, err)
		}
		// For a newer library, in case the variable has another name there.
		if err := ort.DisableTelemetry(); err != nil {
			return errors.Join(err, ort.DestroyEnvironment())
		}
		loaded.path, loaded.users = path, 1
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &Runtime{path: loaded.path}, nil
}

// Library is the path from which ONNX Runtime was loaded, Version its version.
func (rt *Runtime) Library() string { return rt.path }

// Version is the version of ONNX Runtime that is loaded.
func (rt *Runtime) Version() string { return ort.GetVersion() }

// Close gives the library up; the last one to do so unloads it. Close every Session first.
func (rt *Runtime) Close() error {
	rt.once.Do(func() {
		loaded.Lock()
		defer loaded.Unlock()
		loaded.users--
		if loaded.users == 0 {
			rt.err = ort.DestroyEnvironment()
		}
	})
	if rt.err != nil {
		return errors.Join(errors.New("ONNX Runtime cannot be unloaded"), rt.err)
	}
	return nil
}
