package face

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// facePages are the pages of the columns of three faces with vectors (1,0), (0,1), (1,0).
func facePages() map[string][]hostile.Page {
	pages := map[string][]hostile.Page{"row": {hostile.Values(0, 3, format.Plain, plain(int64(4), int64(5), int64(5)))}}
	for i, name := range []string{"left", "top", "width", "height", "score"} {
		x := float32(i)
		pages[name] = []hostile.Page{hostile.Values(0, 3, format.Plain, plain(x, x, x))}
	}
	ten := []byte{0, 1, 1, 1, 1, 1, 1, 1, 1, 1}
	pages["landmarks"] = []hostile.Page{lists(slices.Concat(ten, ten, ten), make([]float32, 30)...)}
	pages["vector"] = []hostile.Page{lists([]byte{0, 1, 0, 1, 0, 1}, 1, 0, 0, 1, 1, 0)}
	return pages
}

func plain(values ...any) (b []byte) {
	for _, v := range values {
		b, _ = binary.Append(b, binary.LittleEndian, v) // of a fixed size
	}
	return b
}

// lists is a page of numbers with such repetition levels.
func lists(levels []byte, values ...float32) hostile.Page {
	var runs []byte
	for _, level := range levels {
		runs = append(runs, hostile.Run(1, uint32(level), 1)...)
	}
	content := append(hostile.Levels(runs...), hostile.Levels(hostile.Run(uint64(len(levels)), 1, 1)...)...)
	return hostile.Values(0, len(levels), format.Plain, append(content, plain(values)...))
}

// facesFile is a file of so many faces; change, where given, changes the footer last.
func facesFile(rows int64, pages map[string][]hostile.Page, change func(*format.FileMetaData)) []byte {
	var all []hostile.Page
	stored := parquet.SchemaOf(Stored{})
	for _, path := range stored.Columns() {
		all = append(all, pages[path[0]]...)
	}
	return hostile.File(hostile.Column{Rows: rows, Change: func(m *format.FileMetaData) {
		root, leaf, chunk := m.Schema[0], m.Schema[1], m.RowGroups[0].Columns[0]
		root.NumChildren.V = int32(len(stored.Columns()))
		m.Schema, m.RowGroups[0].Columns = []format.SchemaElement{root}, nil
		at := int64(len("PAR1"))
		for _, path := range stored.Columns() {
			column, _ := stored.Lookup(path...)
			leaf.Name, leaf.Type.V, leaf.RepetitionType.V = path[0], format.Type(column.Node.Type().Kind()), format.Required
			if column.MaxRepetitionLevel > 0 {
				leaf.RepetitionType.V = format.Repeated
			}
			chunk.MetaData.PathInSchema, chunk.MetaData.Type = path, leaf.Type.V
			chunk.MetaData.DataPageOffset, chunk.MetaData.TotalCompressedSize = at, 0
			for _, p := range pages[path[0]] {
				chunk.MetaData.TotalCompressedSize += int64(len(p.Header) + len(p.Content))
			}
			at += chunk.MetaData.TotalCompressedSize
			m.Schema, m.RowGroups[0].Columns = append(m.Schema, leaf), append(m.RowGroups[0].Columns, chunk)
		}
		if change != nil {
			change(m)
		}
	}}, all...)
}

// storeOf is a store whose only file has these bytes; its faces.json claims so many faces.
func storeOf(t *testing.T, faces int64, file []byte) *Store {
	t.Helper()
	dir := t.TempDir()
	w, err := NewWriter(dir, "model", "index", 2)
	require.NoError(t, err)
	require.NoError(t, w.Add(9, 0, []Stored{at(0, 1, 0)}))
	m := w.Manifest()
	m.Faces, m.Partitions[0].Faces = faces, faces
	require.NoError(t, w.save(m))
	require.NoError(t, os.WriteFile(filepath.Join(dir, StoreDir, m.Partitions[0].File), file, 0o600))
	s, err := OpenStore(dir)
	require.NoError(t, err)
	return s
}

// Lists may go on in the next page, and their numbers may be in a dictionary.
func TestListsInPages(t *testing.T) {
	whole, split, indexed := facePages(), facePages(), facePages()
	split["vector"] = []hostile.Page{lists([]byte{0, 1, 0}, 1, 0, 0), lists([]byte{1, 0}, 1, 1), lists([]byte{1}, 0)}
	index := append([]byte{1}, 3, 0b011001) // six numbers of one bit, lowest first
	levels := append(hostile.Levels(3, 0b101010), hostile.Levels(hostile.Run(6, 1, 1)...)...)
	indexed["vector"] = []hostile.Page{
		hostile.Dictionary(0, 2, plain(float32(0), float32(1))), hostile.Values(0, 6, format.RLEDictionary, append(levels, index...)),
	}
	for name, pages := range map[string]map[string][]hostile.Page{"whole": whole, "split": split, "indexed": indexed} {
		t.Run(name, func(t *testing.T) {
			var vectors [][]float32
			require.NoError(t, storeOf(t, 3, facesFile(3, pages, nil)).Each(t.Context(), func(id int64, f *Stored) error {
				require.Equal(t, []int64{4, 5, 5}[id], f.Row)
				require.Equal(t, []float32{0, 1, 2, 3, 4}, []float32{f.Left, f.Top, f.Width, f.Height, f.Score})
				require.Equal(t, make([]float32, 10), f.Landmarks)
				vectors = append(vectors, slices.Clone(f.Vector))
				return nil
			}))
			require.Equal(t, [][]float32{{1, 0}, {0, 1}, {1, 0}}, vectors)
		})
	}
}

// hostileFaces is a file of faces that is refused.
type hostileFaces struct {
	name, want string
	faces      int64 // that footer and faces.json claim
	vector     []hostile.Page
	change     func(*format.FileMetaData)
}

// Files of faces that claim, or inflate to, more than there is end a pass with an error that names
// the file and the face, without room being made for it.
func TestHostileFaces(t *testing.T) {
	const vector = columnVector // the file's columns are in the order of Stored
	large := hostile.Compress(format.Zstd, make([]byte, 64<<20))
	bomb := hostile.Header(6, format.Plain, 40, len(large))
	claim := hostile.Header(6, format.Plain, 1<<31-1, 40)
	const many = 4_000_000 // numbers of the second of three vectors, all the dictionary's one
	levels := slices.Concat(hostile.Run(1, 0, 1), hostile.Run(1, 1, 1), hostile.Run(1, 0, 1), hostile.Run(many-4, 1, 1), hostile.Run(1, 0, 1))
	endless := slices.Concat(hostile.Levels(levels...), hostile.Levels(hostile.Run(many, 1, 1)...), []byte{1}, hostile.Run(many, 0, 1))
	tests := []hostileFaces{
		{"a bomb", "larger than the 40 bytes that its header claims", 3,
			[]hostile.Page{{Header: hostile.Encode(&bomb), Content: large}},
			func(m *format.FileMetaData) { m.RowGroups[0].Columns[vector].MetaData.Codec = format.Zstd }},
		{"a page of 2 GiB", "it claims to take 2048 MiB", 3,
			[]hostile.Page{{Header: hostile.Encode(&claim), Content: make([]byte, 40)}}, nil},
		{"an endless vector", "face 1 of the file: its vector: there are more than 2 numbers", 3,
			[]hostile.Page{hostile.Dictionary(0, 1, plain(float32(math.Sqrt(0.5)))), hostile.Values(0, many, format.RLEDictionary, endless)}, nil},
		{"a short vector", "face 1 of the file: its vector: there are 1 numbers, not 2", 3, []hostile.Page{lists([]byte{0, 1, 0, 0, 1}, 1, 0, 1, 1, 0)}, nil},
		{"two vectors of three", "face 2 of the file: its vector: unexpected EOF", 3, []hostile.Page{lists([]byte{0, 1, 0, 1}, 1, 0, 0, 1)}, nil},
		{"an empty vector", "face 0 of the file: its vector: a number is missing", 3,
			[]hostile.Page{hostile.Values(0, 3, format.Plain, append(hostile.Levels(hostile.Run(3, 0, 1)...), hostile.Levels(hostile.Run(3, 0, 1)...)...))}, nil},
		{"2^40 faces", "face 3 of the file: unexpected EOF", 1 << 40, nil, nil},
		{"2^40 faces, and three in faces.json", "it has 1099511627776 faces, and faces.json says 3", 3, nil,
			func(m *format.FileMetaData) { m.NumRows, m.RowGroups[0].NumRows = 1<<40, 1<<40 }},
		{"a vector of texts", "it has no column vector as files of faces have", 3, nil,
			func(m *format.FileMetaData) { m.Schema[1+vector].Type.V = format.ByteArray }},
		{"a vector of one number", "it has no column vector as files of faces have", 3, nil,
			func(m *format.FileMetaData) { m.Schema[1+vector].RepetitionType.V = format.Required }},
	}
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, v := range map[string][2]float32{"no number": {nan, 1}, "infinite": {inf, 0}, "of length 0": {0, 0}, "of length 1000": {1000, 0}} {
		tests = append(tests, hostileFaces{"a vector " + name, "face 1 of the file: a value is no number, or its vector is not of length 1", 3,
			[]hostile.Page{lists([]byte{0, 1, 0, 1, 0, 1}, 1, 0, v[0], v[1], 1, 0)}, nil})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pages := facePages()
			if test.vector != nil {
				pages["vector"] = test.vector
			}
			s := storeOf(t, test.faces, facesFile(test.faces, pages, test.change))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := s.Each(t.Context(), func(int64, *Stored) error { return nil })
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, "faces_0.parquet")
			require.ErrorContains(t, err, "run rollcall index again with --faces")
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(48<<20))
		})
	}
}

// A face is of a row that its partition has, and not of one before that of the face before it: a
// face of no row, or of another one's, would count for somebody.
func TestHostileRows(t *testing.T) {
	for want, rows := range map[string][3]int64{
		"face 0 of the file: it is of row -1, where rows 0 to 8 come":  {-1, 5, 5},
		"face 2 of the file: it is of row 9, where rows 5 to 8 come":   {4, 5, 9},
		"face 1 of the file: it is of row 3, where rows 4 to 8 come":   {4, 3, 5},
		"face 0 of the file: it is of row 1099511627776, where rows 0": {1 << 40, 5, 5},
	} {
		pages := facePages()
		pages["row"] = []hostile.Page{hostile.Values(0, 3, format.Plain, plain(rows[0], rows[1], rows[2]))}
		err := storeOf(t, 3, facesFile(3, pages, nil)).Each(t.Context(), func(int64, *Stored) error { return nil })
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "run rollcall index again with --faces")
	}
}

// A faces.json that is larger than any index needs is not read to its end, and one that claims what
// cannot be is not believed.
func TestHostileManifest(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, StoreDir), 0o755))
	path := filepath.Join(dir, StoreDir, manifestName)
	for text, want := range map[string]string{
		`{`:                                     "unexpected end of JSON input",
		`{"dimension":1099511627776}`:           "vectors have 1099511627776 numbers",
		`{"dimension":-1}`:                      "vectors have -1 numbers",
		`{"dimension":2,"faces":1099511627776}`: "it says 1099511627776 faces in 0 rows, and its partitions have 0 in 0",
		`{"dimension":2,"faces":1,"partitions":[{"file":"a","faces":2}]}`:                      "a has 2 faces of the 1 that are left",
		`{"dimension":2,"rows":3,"partitions":[{"file":"a","rows":-1},{"file":"b","rows":4}]}`: "a has 0 faces of the 0 that are left, in -1 rows of 3",
		`{"dimension":2,"rows":3,"partitions":[{"file":"a","rows":2}]}`:                        "it says 0 faces in 3 rows, and its partitions have 0 in 2",
		`{"dimension":2,"partitions":[{"file":"a","faces":-1},{"file":"b","faces":1}]}`:        "a has -1 faces",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := OpenStore(dir)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "faces.json")
	}
	require.NoError(t, os.Truncate(path, 1<<40)) // takes no room on the disk
	_, err := OpenStore(dir)
	require.ErrorContains(t, err, "faces.json has more than 64 MiB")
}
