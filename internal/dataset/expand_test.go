package dataset

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/dataset/storage"
)

func TestExpandBraces(t *testing.T) {
	tests := []struct {
		pattern string
		want    []string
	}{
		{"a.tar", []string{"a.tar"}},
		{"{00009..00011}.tar", []string{"00009.tar", "00010.tar", "00011.tar"}},
		{"s{9..11}.tar", []string{"s9.tar", "s10.tar", "s11.tar"}},
		{"{a,b}/{0..1}.tar", []string{"a/0.tar", "a/1.tar", "b/0.tar", "b/1.tar"}},
	}
	for _, test := range tests {
		got, err := expandBraces(test.pattern)
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
	for pattern, want := range map[string]string{
		"{0..x}.tar":             "not a range of numbers",
		"{3..1}.tar":             "not a range of numbers",
		"{0..9":                  "a { without its }",
		"{0..4000000000}":        "more than 1000000 files",
		"{0..9999}{0..9999}.tar": "more than 1000000 files",
	} {
		_, err := expandBraces(pattern)
		require.ErrorContains(t, err, want, pattern)
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.tar", "a.TAR", "c.txt", "{1..2}.tar"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o600))
	}
	names := func(inputs ...string) (got []string) {
		files, err := expand(t.Context(), storage.New(nil), inputs, []string{".tar"})
		require.NoError(t, err)
		for _, f := range files {
			require.Equal(t, f.name, filepath.Base(f.path))
			got = append(got, f.name)
		}
		return got
	}
	require.Equal(t, []string{"a.TAR", "b.tar", "{1..2}.tar"}, names(dir))
	require.Equal(t, []string{"b.tar", "{1..2}.tar"}, names(filepath.Join(dir, "*.tar")))
	require.Equal(t, []string{"{1..2}.tar"}, names(filepath.Join(dir, "{1..2}.tar")), "a path that exists is no pattern")
	require.Equal(t, []string{"c.txt", "b.tar"}, names(filepath.Join(dir, "c.txt"), filepath.Join(dir, "{b.tar,a.TAR}"))[:2])

	for input, want := range map[string]string{
		filepath.Join(dir, "{3..4}.tar"): "3.tar: no such file",
		filepath.Join(dir, "x*.tar"):     "no file matches",
		t.TempDir():                      "no file in this folder ends in .tar",
	} {
		_, err := expand(t.Context(), storage.New(nil), []string{input}, []string{".tar"})
		require.ErrorContains(t, err, want)
	}
}

// What is given twice, in whatever words, would be counted twice.
func TestGivenTwice(t *testing.T) {
	dir := writeTree(t, map[string]string{"a/0.jpg": "J", "ab/1.jpg": "J", "b.tsv": "b\thttp://x\n", "tars/0.tar": string(tarOf(t, "0.jpg=J"))})
	shards := shards(t)
	for name, test := range map[string]struct {
		format string
		inputs []string
		want   string
	}{
		"folder":         {"folder", []string{dir + "/a", dir + "/./a/"}, "/a/ is given twice"},
		"inner folder":   {"folder", []string{dir + "/a", dir}, "/a is in " + dir + ", which is given too"},
		"file":           {"cc3m", []string{dir + "/b.tsv", dir + "/ab/../b.tsv"}, "b.tsv is given twice"},
		"and its folder": {"webdataset", []string{dir + "/tars", dir + "/tars/0.tar"}, "0.tar is given twice"},
		"pattern":        {"webdataset", []string{dir + "/tars/{0,0}.tar"}, "0.tar is given twice"},
		"shard":          {"img2dataset", []string{shards, shards + "/00000.tar"}, "00000 is given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(test.inputs, test.format)
			require.ErrorContains(t, err, test.want)
		})
	}
	require.Len(t, samplesOf(t, "folder", dir+"/a", dir+"/ab"), 2)
}
