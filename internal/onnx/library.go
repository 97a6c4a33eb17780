package onnx

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The version of ONNX Runtime that the binding needs at least: its API 29.
const (
	wantMajor, wantMinor = 1, 29
	wantVersion          = "1.29.0"
)

// libraryName is how the library is called where only its name is known.
const libraryName = "libonnxruntime.so"

// libraryAdvice is what to do about a library that is missing or does not load.
const libraryAdvice = "run `make setup`, or give the path of " + libraryName + " " + wantVersion +
	" with --onnxruntime or ROLLCALL_ONNXRUNTIME (it is in the PyPI package onnxruntime " + wantVersion + ")"

// findLibrary calls load with the paths at which the library may be, until one is loaded. given,
// where not empty, is the only one.
func findLibrary(given string, load func(path string) error) error {
	if given != "" {
		path, err := libraryAt(given)
		if err == nil {
			err = load(path)
		}
		if err != nil {
			return fmt.Errorf("ONNX Runtime: %w; %s", err, libraryAdvice)
		}
		return nil
	}
	var tried []string
	for _, folder := range libraryFolders() {
		path, err := libraryAt(folder)
		if err == nil {
			err = load(path)
		}
		if err == nil {
			return nil
		}
		tried = append(tried, err.Error())
	}
	// A bare name makes the loader search the system's library path.
	for _, name := range []string{libraryName, libraryName + ".1"} {
		err := load(name)
		if err == nil {
			return nil
		}
		tried = append(tried, "the system's library path: "+err.Error())
	}
	return fmt.Errorf("ONNX Runtime %d.%d or newer was not found:\n  %s\n%s", wantMajor, wantMinor, strings.Join(tried, "\n  "), libraryAdvice)
}

// libraryFolders lists the folders of the installation and of the working directory.
func libraryFolders() []string {
	cache := filepath.Join(".cache", "onnxruntime")
	var folders []string
	if executable, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(executable); err == nil {
			executable = resolved
		}
		beside := filepath.Dir(executable)
		folders = append(folders, beside, filepath.Join(filepath.Dir(beside), cache))
	}
	return append(folders, cache)
}

// libraryAt checks the library at path, which may be a folder that holds it.
func libraryAt(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("%s is not there", path)
	}
	if info.IsDir() {
		found, err := filepath.Glob(filepath.Join(path, libraryName+"*"))
		if err != nil || len(found) == 0 {
			return "", fmt.Errorf("%s holds no %s", path, libraryName)
		}
		// The plain name is usually a link to the newest; otherwise the last in order.
		path = slices.Max(found)
	}
	return path, checkVersion(path)
}

// checkVersion refuses a library that is too old before it is loaded: an old one ends in a message
// on standard error that does not say what to do.
func checkVersion(path string) error {
	found := libraryVersion(path)
	if found == "" {
		return nil // the loader decides
	}
	parts := strings.SplitN(found, ".", 3)
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	if major > wantMajor || major == wantMajor && minor >= wantMinor {
		return nil
	}
	return fmt.Errorf("%s is ONNX Runtime %s, want %d.%d or newer", path, found, wantMajor, wantMinor)
}

// libraryVersion reads the version from the library's own symbol versions ("VERS_1.29.0"), or from
// its file name; "" when neither tells.
func libraryVersion(path string) string {
	version := regexp.MustCompile(`\d+\.\d+(\.\d+)?$`)
	if file, err := elf.Open(path); err == nil {
		defer file.Close()
		versions, _ := file.DynamicVersions() // a library without them is judged by its name
		for _, v := range versions {
			if strings.HasPrefix(v.Name, "VERS_") {
				return version.FindString(v.Name)
			}
		}
	}
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	return version.FindString(filepath.Base(path))
}
