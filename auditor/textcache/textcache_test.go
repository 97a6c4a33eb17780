package textcache

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhatIsStoredIsLoaded(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "cache")
	none, err := Open(dir).Load("m", "a photo of {0}")
	require.NoError(t, err)
	require.Empty(t, none)
	require.NoDirExists(t, dir, "looking makes nothing")

	require.NoError(t, Open(dir).Store("m", "a photo of {0}", []string{"Ann \"A\" Bee", "Cy\tDee"}, [][]float32{{1, 0, -0.5}, {3e-8, 2, 1}}))
	require.NoError(t, Open(dir).Store("m", "a photo of {0}", []string{"Eve Fox", "Cy\tDee"}, [][]float32{{7, 8, 9}, {0, 0, 1}}))
	got, err := Open(dir).Load("m", "a photo of {0}")
	require.NoError(t, err)
	require.Equal(t, map[string][]float32{"Ann \"A\" Bee": {1, 0, -0.5}, "Cy\tDee": {0, 0, 1}, "Eve Fox": {7, 8, 9}}, got, "the newer of two")
	for _, other := range [][2]string{{"n", "a photo of {0}"}, {"m", "{0}"}} {
		none, err := Open(dir).Load(other[0], other[1])
		require.NoError(t, err)
		require.Empty(t, none)
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing half written is left")
	info, err := files[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "names are for their owner")
}

func TestDamagedFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	c := Open(dir)
	require.NoError(t, c.Store("m", "{0}", []string{"Ann Bee"}, [][]float32{{1, 2}}))
	path := c.path("m", "{0}")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for name, data := range map[string][]byte{
		"cut":          whole[:len(whole)-3],
		"empty":        {},
		"no line":      []byte("{"),
		"not JSON":     []byte("hello\n"),
		"wide":         []byte(`{"model":"m","template":"{0}","dimension":99999999,"names":[]}` + "\n"),
		"another's":    bytes.Replace(whole, []byte(`"m"`), []byte(`"n"`), 1),
		"with a tail":  append(bytes.Clone(whole), 0),
		"no dimension": []byte(`{"names":["a"]}` + "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.WriteFile(path, data, 0o600))
			_, err := c.Load("m", "{0}")
			require.ErrorContains(t, err, path)
			require.ErrorContains(t, err, "delete the file")
		})
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"model":"m","template":"{0}","dimension":1,"names":["a"]}` + "\n\x00\x00\x80\x3f"))
	f.Add([]byte(`{"dimension":65536,"names":["a"]}` + "\n"))
	f.Add([]byte("\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, vectors, err := read(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range h.Names {
			require.Len(t, vectors[name], h.Dimension)
		}
	})
}
