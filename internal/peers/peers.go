// Package peers finds what tests compare with: the programs that make setup and make peers fetch into
// .cache.
package peers

import (
	"os"
	"path/filepath"
	"testing"
)

// Absent ends a test one of whose parts is not here: it is skipped, with the reason, or fails where
// ROLLCALL_REQUIRE_ALL=1 requires every part.
func Absent(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// Python is the interpreter that scripts/python_peers.sh provides, with its packages.
func Python(t testing.TB) string { return PythonProgram(t, "python") }

// PythonProgram is a program of the packages that scripts/python_peers.sh provides.
func PythonProgram(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join(root(t), ".cache", "py-venv", "bin", name)
	if _, err := os.Stat(path); err != nil {
		Absent(t, "%s of the Python packages is not here: run scripts/python_peers.sh", name)
	}
	return path
}

// root is the module's folder, in or above the one that the test runs in.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("the test does not run in the module")
		}
		dir = filepath.Dir(dir)
	}
}
