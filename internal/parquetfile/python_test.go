package parquetfile

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"rollcall/internal/peers"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// written is a row as testdata/write_parquet.py has it.
type written struct {
	Plain, Prefixes     string
	Dictionary, Lengths *string
	Deltas, Small       int64
	Halves              *float64
	Truth               *bool
	List                []*int64
}

// What pyarrow writes in its encodings, page versions and compressions is read as it says it was.
func TestWhatPyarrowWrites(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command(peers.Python(t), "testdata/write_parquet.py", dir).Output()
	var said *exec.ExitError
	if errors.As(err, &said) {
		t.Fatalf("%s", said.Stderr)
	}
	require.NoError(t, err)
	var want []written
	require.NoError(t, json.Unmarshal(out, &want))
	files, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	require.NoError(t, err)
	require.Len(t, files, 12)
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			content, err := os.ReadFile(path)
			require.NoError(t, err)
			f, err := openBytes(content)
			require.NoError(t, err)
			got := rowsOf(t, f)
			require.Len(t, got, len(want))
			for i, row := range got {
				require.Equal(t, want[i], writtenOf(row), "row %d", i)
			}
		})
	}
}

// writtenOf sorts a row's values, by column.
func writtenOf(row parquet.Row) (w written) {
	for _, v := range row {
		text := v.Clone().String()
		switch v.Column() {
		case 0:
			w.Plain = text
		case 1:
			w.Dictionary = unlessNull(v, text)
		case 2:
			w.Lengths = unlessNull(v, text)
		case 3:
			w.Prefixes = text
		case 4:
			w.Deltas = v.Int64()
		case 5:
			w.Small = int64(v.Int32())
		case 6:
			w.Halves = unlessNull(v, v.Double())
		case 7:
			w.Truth = unlessNull(v, v.Boolean())
		case 8:
			if v.DefinitionLevel() == 0 { // a null list; 1 is an empty one, 2 a null in it
				continue
			}
			if w.List == nil {
				w.List = []*int64{}
			}
			if v.DefinitionLevel() > 1 {
				w.List = append(w.List, unlessNull(v, v.Int64()))
			}
		}
	}
	return w
}

func unlessNull[T any](v parquet.Value, value T) *T {
	if v.IsNull() {
		return nil
	}
	return &value
}
