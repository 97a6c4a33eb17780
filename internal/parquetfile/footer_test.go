package parquetfile

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// fixture is the path of a file that is shared with the project, where that is there.
func fixture(t testing.TB, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "fixtures", filepath.FromSlash(name))
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") != "" {
			t.Fatalf("fixture %s is not there", name)
		}
		t.Skipf("fixture %s is not there", name)
	}
	return path
}

// parquetOf puts the two marks and the length around a footer.
func parquetOf(footer ...byte) []byte {
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

func checkBytes(file []byte) error { return checkFooter(bytes.NewReader(file), int64(len(file))) }

func openBytes(file []byte) (*File, error) { return Open(bytes.NewReader(file), int64(len(file))) }

// allocated is how much memory was asked for while f ran.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestFooter(t *testing.T) {
	for _, name := range []string{"captions/img2dataset_1000.parquet", "clip-retrieval/run_2_45/emb_p1/metadata/metadata_0.parquet"} {
		whole, err := os.ReadFile(fixture(t, name))
		require.NoError(t, err)
		require.NoError(t, checkBytes(whole), name)
	}
	// Heads of the compact protocol: high four bits the step to the field's number, low four its type.
	tests := []struct {
		name string
		file []byte
		want string
	}{
		{"a structure without fields", parquetOf(0), ""},
		{"an integer and the stop byte", parquetOf(0x15, 0x02, 0), ""},
		{"booleans have no value", parquetOf(0x11, 0x12, 0), ""},
		{"a map of one string", parquetOf(0x1b, 1, 0x88, 1, 'k', 1, 'v', 0), ""},
		{"no stop byte", parquetOf(0x15, 0x02), "footer is damaged"},
		{"a list that claims 2^31 structs", parquetOf(0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0), "footer is damaged"},
		{"a list of integers where the schema is", parquetOf(0x29, 0x15, 0x02, 0), "footer is damaged"},
		{"a string longer than the footer", parquetOf(0x18, 0x7f, 'a', 0), "footer is damaged"},
		{"a map that claims 2^28 pairs", parquetOf(0x1b, 0xff, 0xff, 0xff, 0x7f, 0x88, 0), "footer is damaged"},
		{"an unknown type", parquetOf(0x1e, 0), "footer is damaged"},
		{"structs nested without end", parquetOf(bytes.Repeat([]byte{0x1c}, 64)...), "footer is damaged"},
		{"a footer longer than the file", append(append([]byte("PAR1"), 0xff, 0xff, 0, 0), "PAR1"...), "claims 65535 bytes of 12"},
		{"another mark", []byte("PAR1\x00\x00\x00\x00\x00PARX"), "does not end with the mark"},
		{"too short", []byte("PAR1"), "only 4 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := checkBytes(test.file)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
		})
	}
	large := parquetOf(make([]byte, maxFooter+1)...)
	require.ErrorContains(t, checkBytes(large), "its footer has 64 MiB, more than the 64 MiB that are read")
}

// A footer that a few bytes make describe more than memory holds is refused: in the library a column
// of a row group takes 560 bytes, and a schema room for the names of all columns that one is in.
func TestHostileFooters(t *testing.T) {
	tests := map[string]func(m *format.FileMetaData){
		"row groups without columns": func(m *format.FileMetaData) { m.RowGroups = make([]format.RowGroup, maxListed+1) },
		"columns in one row group": func(m *format.FileMetaData) {
			m.RowGroups[0].Columns = make([]format.ColumnChunk, maxChunks+1)
		},
		"columns times row groups": func(m *format.FileMetaData) {
			m.Schema[0].NumChildren.V = 1000
			for len(m.Schema) < 1001 {
				m.Schema = append(m.Schema, m.Schema[1])
			}
			m.RowGroups = make([]format.RowGroup, maxChunks/1000+1)
		},
		"a schema of many columns": func(m *format.FileMetaData) {
			for len(m.Schema) <= maxElements {
				m.Schema = append(m.Schema, m.Schema[1])
			}
		},
		"a schema of many levels": func(m *format.FileMetaData) {
			leaf := m.Schema[1]
			for len(m.Schema) < 200_000 {
				m.Schema = append(m.Schema[:len(m.Schema)-1], m.Schema[0], leaf)
			}
		},
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			file := hostile.File(hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Change: change})
			used := allocated(func() {
				_, err := openBytes(file)
				require.ErrorIs(t, err, errLarge)
			})
			require.Less(t, used, uint64(len(file))+16<<20)
		})
	}
}

// The largest footer that is read takes no more memory than is said.
func TestLargestFooter(t *testing.T) {
	file := hostile.File(hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 0, Change: func(m *format.FileMetaData) {
		m.RowGroups = make([]format.RowGroup, maxChunks)
		for i := range m.RowGroups {
			m.RowGroups[i].Columns = make([]format.ColumnChunk, 1)
		}
	}})
	used := allocated(func() {
		f, err := openBytes(file)
		require.NoError(t, err)
		require.Equal(t, maxChunks, f.Groups())
	})
	t.Logf("%d MiB", used>>20)
	require.Less(t, used, uint64(512<<20))
}

func TestNumbersOfRows(t *testing.T) {
	for name, change := range map[string]func(m *format.FileMetaData){
		"row group 0 num_rows=-1 is negative": func(m *format.FileMetaData) { m.RowGroups[0].NumRows = -1 },
		"num_rows=-1 is negative":             func(m *format.FileMetaData) { m.NumRows = -1 },
		"row group 1 claims 9223372036854775807 rows": func(m *format.FileMetaData) {
			m.RowGroups = append(m.RowGroups, m.RowGroups[0])
			m.RowGroups[1].NumRows = 1<<63 - 1
		},
		"column caption has values of 0 bytes": func(m *format.FileMetaData) {
			m.Schema[1].Type.V = format.FixedLenByteArray
			m.Schema[1].TypeLength = m.Schema[0].NumChildren
			m.Schema[1].TypeLength.V = 0
		},
	} {
		_, err := openBytes(hostile.File(hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Change: change}))
		require.ErrorContains(t, err, name)
	}
}

func FuzzFooter(f *testing.F) {
	f.Add([]byte{0x15, 0x02, 0})
	f.Add([]byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0})
	f.Add([]byte{0x1b, 0x02, 0x88, 0x01, 'a', 0x01, 'b', 0, 0})
	whole := hostile.File(hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3})
	f.Add(whole[4 : len(whole)-8])
	f.Fuzz(func(t *testing.T, footer []byte) {
		used := allocated(func() {
			if file, err := openBytes(parquetOf(footer...)); err == nil {
				_ = file.Schema().String()
			}
		})
		require.Less(t, used, 2000*uint64(len(footer))+16<<20)
	})
}
