package vectors

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
	"rollcall/retriever"
)

// hostileFolder is a folder of so many rows whose metadata is the given file.
func hostileFolder(t *testing.T, rows int, file []byte) string {
	t.Helper()
	dir := bareFolder(t, map[string]int{"img_emb/img_emb_0.npy": rows}, nil)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "metadata"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "metadata/metadata_0.parquet"), file, 0o600))
	return dir
}

// Metadata that claims, or inflates to, more than there is ends every use of it with an error that
// names the file, the row group, the column and the page, without room being made for it.
func TestHostileMetadata(t *testing.T) {
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3}
	optional := column
	optional.Repetition = format.Optional
	list := hostile.Column{Name: "tags", Kind: parquet.ByteArray, Rows: 3, Repetition: format.Repeated}
	zipped := column
	zipped.Codec = format.Zstd
	stored := hostile.Compress(zipped.Codec, make([]byte, 64<<20))
	bomb := hostile.Header(3, format.Plain, 15, len(stored))
	claim := hostile.Header(3, format.Plain, 1<<31-1, 15)
	const values = 2_000_000 // of the first of three rows
	levels := append(append(hostile.Run(1, 0, 1), hostile.Run(values-3, 1, 1)...), hostile.Run(2, 0, 1)...)
	for want, file := range map[string][]byte{
		"larger than the 15 bytes that its header claims": hostile.File(zipped, hostile.Page{Header: hostile.Encode(&bomb), Content: stored}),
		"it claims to take 2048 MiB":                      hostile.File(column, hostile.Page{Header: hostile.Encode(&claim), Content: hostile.Texts("a", "b", "c")}),
		"it has 2147483647 differences for 3 values":      hostile.File(column, hostile.Values(0, 3, format.DeltaLengthByteArray, hostile.Deltas(1<<31-1, 0, 0))),
		"its list has more than 1048576 values": hostile.File(list, hostile.Values(0, values, format.Plain,
			append(hostile.Levels(levels...), hostile.Levels(hostile.Run(values, 0, 1)...)...))),
		"it ends before its values do": hostile.File(optional, hostile.Values(0, 3, format.Plain,
			append(hostile.Levels(hostile.Run(1<<31-1, 1, 1)...), hostile.Texts("a", "b")...))),
	} {
		t.Run(want, func(t *testing.T) {
			s := openStore(t, hostileFolder(t, 3, file))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := s.Get(t.Context(), []int64{2})
			runtime.ReadMemStats(&after)
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "metadata_0.parquet")
			require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(128<<20))
			if want != "its list has more than 1048576 values" {
				require.ErrorContains(t, err, "row group 0, column caption: the page at byte 4")
				require.ErrorContains(t, s.Captions(t.Context(), func(retriever.CaptionRow) error { return nil }), want)
			}
			require.ErrorContains(t, Derive(t.Context(), s.dir, DeriveOptions{}), want)
			require.ErrorContains(t, erase(t.Context(), s.dir, []int64{1}), "nothing was erased")
		})
	}
}

// A page index that claims more than the file has is not read.
func TestHostilePageIndex(t *testing.T) {
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Change: func(m *format.FileMetaData) {
		chunk := &m.RowGroups[0].Columns[0]
		chunk.ColumnIndexOffset, chunk.ColumnIndexLength = 4, 1<<31-1
		chunk.OffsetIndexOffset, chunk.OffsetIndexLength = 4, 1<<31-1
	}}
	s := openStore(t, hostileFolder(t, 3, hostile.File(column, hostile.Values(0, 3, format.Plain, hostile.Texts("a", "b", "c")))))
	rows, err := s.Get(t.Context(), []int64{2})
	require.NoError(t, err)
	require.Equal(t, "c", rows[0].Caption)
}

// The rows of a slab are read together; one text of a dictionary may be that of them all.
func TestSlabTextIsBounded(t *testing.T) {
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Codec: format.Snappy}
	for size, want := range map[int]string{maxText: "", maxText + 1: "its text has more than 16 MiB"} {
		dictionary := hostile.Dictionary(column.Codec, 1, hostile.Texts(string(make([]byte, size))))
		index := hostile.Values(column.Codec, 3, format.RLEDictionary, append([]byte{1}, hostile.Run(3, 0, 1)...))
		s := openStore(t, hostileFolder(t, 3, hostile.File(column, dictionary, index)))
		_, err := s.Get(t.Context(), []int64{0})
		require.Empty(t, s.cache.slabs, "48 MiB are not kept")
		if want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// One text of a dictionary may be every one of a list, too: three of 8 MiB are not read.
func TestListTextIsBounded(t *testing.T) {
	column := hostile.Column{Name: "tags", Kind: parquet.ByteArray, Rows: 3, Codec: format.Snappy, Repetition: format.Repeated}
	dictionary := hostile.Dictionary(column.Codec, 1, hostile.Texts(string(make([]byte, 8<<20))))
	const refused = "metadata_0.parquet: cannot read row 1 of column tags (the texts of its list have more than 16 MiB)"
	for levels, want := range map[byte]string{0b01010: "", 0b01100: refused} { // the first row's lowest
		content := append(hostile.Levels(3, levels), hostile.Levels(hostile.Run(5, 1, 1)...)...)
		index := hostile.Values(column.Codec, 5, format.RLEDictionary, append(append(content, 1), hostile.Run(5, 0, 1)...))
		s := openStore(t, hostileFolder(t, 3, hostile.File(column, dictionary, index)))
		rows, err := s.Get(t.Context(), []int64{0, 2})
		if want == "" {
			require.NoError(t, err)
			require.Len(t, rows[0].Fields["tags"], 2)
			continue
		}
		require.ErrorContains(t, err, want)
	}
}

// A batch of long texts ends early: four of 16 MiB are 64 MiB.
func TestBatchTextIsBounded(t *testing.T) {
	const rows = 9
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: rows, Codec: format.Snappy}
	dictionary := hostile.Dictionary(column.Codec, 1, hostile.Texts(string(make([]byte, maxText))))
	index := hostile.Values(column.Codec, rows, format.RLEDictionary, append([]byte{1}, hostile.Run(rows, 0, 1)...))
	s := openStore(t, hostileFolder(t, rows, hostile.File(column, dictionary, index)))
	for size, want := range map[int][]int{3: {3, 3, 3}, 4: {4, 4, 1}, 100: {4, 4, 1}} {
		var got []int
		next := int64(0)
		require.NoError(t, s.Batches(t.Context(), size, func(b retriever.RowBatch) error {
			require.Equal(t, next, b.First)
			require.Len(t, b.Image, len(b.Rows))
			for i, r := range b.Rows {
				require.Equal(t, next+int64(i), r.ID)
				require.Len(t, r.Caption, maxText)
			}
			got, next = append(got, len(b.Rows)), next+int64(len(b.Rows))
			return nil
		}))
		require.Equal(t, want, got)
	}
}
