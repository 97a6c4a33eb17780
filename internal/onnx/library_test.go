package onnx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLibraryThatIsAbsent(t *testing.T) {
	dir := t.TempDir()
	_, err := Start(filepath.Join(dir, "absent.so"))
	require.ErrorContains(t, err, "absent.so is not there")
	require.ErrorContains(t, err, "make setup")
	_, err = Start(dir)
	require.ErrorContains(t, err, dir+" holds no libonnxruntime.so")
}

func TestLibraryThatIsTooOld(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so.1.27.0")
	require.NoError(t, os.WriteFile(path, []byte("not loaded"), 0o644))
	_, err := Start(path)
	require.ErrorContains(t, err, "is ONNX Runtime 1.27.0, want 1.29 or newer")
}

func TestLibraryThatIsNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "libonnxruntime.so")
	require.NoError(t, os.WriteFile(path, []byte("text"), 0o644))
	_, err := Start(path)
	require.ErrorContains(t, err, path+" cannot be loaded")
}

func TestLibrarySearchListsWhatItTried(t *testing.T) {
	t.Chdir(t.TempDir())
	rt, err := Start("")
	if err == nil {
		require.NoError(t, rt.Close())
		t.Skip("this machine has an ONNX Runtime on its library path")
	}
	require.ErrorContains(t, err, "ONNX Runtime 1.29 or newer was not found")
	require.ErrorContains(t, err, filepath.Join(".cache", "onnxruntime"))
	require.ErrorContains(t, err, "the system's library path")
	require.ErrorContains(t, err, "ROLLCALL_ONNXRUNTIME")
}

func TestLibraryInTheWorkingDirectory(t *testing.T) {
	if _, err := os.Stat(filepath.Join("..", "..", ".cache", "onnxruntime")); err != nil {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	t.Chdir(filepath.Join("..", ".."))
	rt, err := Start("")
	require.NoError(t, err)
	require.Equal(t, "1.29.0", rt.Version())
	require.NoError(t, rt.Close())
}

func TestLibraryVersionIsReadWithoutLoading(t *testing.T) {
	found, err := filepath.Glob(filepath.Join("..", "..", ".cache", "onnxruntime", "libonnxruntime.so.1.29.0"))
	require.NoError(t, err)
	if len(found) == 0 {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	raw, err := os.ReadFile(found[0])
	require.NoError(t, err)
	renamed := filepath.Join(t.TempDir(), "renamed.so") // so that only the content tells
	require.NoError(t, os.WriteFile(renamed, raw, 0o644))
	require.Equal(t, "1.29.0", libraryVersion(renamed))
}

func TestRuntimesShareTheLibrary(t *testing.T) {
	if _, err := os.Stat(filepath.Join("..", "..", ".cache", "onnxruntime")); err != nil {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	t.Chdir(filepath.Join("..", ".."))
	first, err := Start("")
	require.NoError(t, err)
	second, err := Start("")
	require.NoError(t, err)
	require.Equal(t, first.Library(), second.Library())
	_, err = Start("/elsewhere/libonnxruntime.so")
	require.ErrorContains(t, err, "is already loaded from")
	require.NoError(t, second.Close())
	require.NoError(t, second.Close(), "closing twice does nothing")
	_, err = NewSession(Graph{Path: "absent.onnx", Name: "absent.onnx"}, Options{})
	require.ErrorContains(t, err, "absent.onnx cannot be loaded by ONNX Runtime 1.29.0", "the first is still open")
	require.NoError(t, first.Close())
}

func skip(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}
