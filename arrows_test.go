package rollcall_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// imports maps every package folder of the module to what its code (not its tests) imports.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[dir] = append(found[dir], name)
		}
		return nil
	})
	require.NoError(t, err)
	return found
}

func under(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }

// TestHeavyDependenciesHaveOneImporter keeps each of them replaceable in one place.
func TestHeavyDependenciesHaveOneImporter(t *testing.T) {
	gates := map[string]string{
		"github.com/yalue/onnxruntime_go":       "internal/onnx",
		"github.com/milvus-io/milvus-sdk-go/v2": "internal/milvus",
		"github.com/gin-gonic/gin":              "internal/server",
		"github.com/spf13/viper":                "internal/config",
		"gocloud.dev":                           "internal/dataset/storage",
	}
	importers := map[string][]string{}
	for dir, names := range imports(t) {
		for gate := range gates {
			if slices.ContainsFunc(names, func(name string) bool { return under(name, gate) }) {
				importers[gate] = append(importers[gate], dir)
			}
		}
	}
	for gate, only := range gates {
		require.Equal(t, []string{only}, importers[gate], "importers of %s", gate)
	}
}

// TestRoomsAndAdaptersKeepTheirArrows checks the arrows of doc.go.
func TestRoomsAndAdaptersKeepTheirArrows(t *testing.T) {
	rooms := []string{"indexer", "retriever", "auditor"}
	in := func(dir string, folders []string) bool {
		return slices.ContainsFunc(folders, func(folder string) bool { return under(dir, folder) })
	}
	for dir, names := range imports(t) {
		for _, name := range names {
			ours, internal := strings.CutPrefix(name, "rollcall/")
			if !internal {
				continue
			}
			switch {
			case in(dir, rooms):
				require.False(t, under(ours, "internal"), "%s is a room and imports %s", dir, name)
				require.False(t, under(dir, "indexer") && under(ours, "retriever"), "indexer imports %s", name)
				require.False(t, under(dir, "retriever") && !under(ours, "retriever"), "retriever imports %s", name)
				require.False(t, under(dir, "indexer") && under(ours, "auditor"), "indexer imports %s", name)
			case under(dir, "internal"):
				onModels := under(ours, "internal/onnx") && in(dir, []string{"internal/clip", "internal/face"})
				onColumns := ours == "internal/parquetfile" && in(dir, []string{"internal/dataset", "internal/face", "internal/vectors"})
				require.True(t, in(ours, rooms) || under(ours, dir) || onModels || onColumns, "%s is an adapter and imports %s", dir, name)
			}
			require.False(t, under(ours, "cmd"), "%s imports %s", dir, name)
		}
	}
}
