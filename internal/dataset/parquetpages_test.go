package dataset

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// The largest count that fits.
const most = math.MaxInt32

// encoded is a structure as Parquet writes it.
func encoded(t testing.TB, v any) []byte {
	t.Helper()
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	require.NoError(t, err)
	return b
}

// dataPage is the header of a page of three captions in so many bytes.
func dataPage(uncompressed, compressed int32) format.PageHeader {
	h := format.PageHeader{Type: format.DataPage, UncompressedPageSize: uncompressed, CompressedPageSize: compressed}
	h.DataPageHeader.Valid = true
	h.DataPageHeader.V = format.DataPageHeader{NumValues: 3}
	return h
}

// oneColumn writes a Parquet file whose only column chunk is a header and what follows it.
func oneColumn(t *testing.T, rows int64, header, content []byte) string {
	t.Helper()
	type captions struct {
		Caption string `parquet:"caption,snappy"`
	}
	whole, err := os.ReadFile(writeParquet(t, []captions{{"a"}, {"b"}, {"c"}}))
	require.NoError(t, err)
	file, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	require.NoError(t, err)
	meta := *file.Metadata()
	meta.NumRows, meta.RowGroups[0].NumRows = rows, rows
	chunk := &meta.RowGroups[0].Columns[0].MetaData
	chunk.NumValues, chunk.DataPageOffset, chunk.DictionaryPageOffset = rows, 4, 0
	chunk.TotalCompressedSize = int64(len(header) + len(content))
	meta.RowGroups[0].Columns[0].OffsetIndexOffset, meta.RowGroups[0].Columns[0].ColumnIndexOffset = 0, 0
	path := filepath.Join(t.TempDir(), "hostile.parquet")
	footer := encoded(t, &meta)
	data := append(append([]byte("PAR1"), header...), content...)
	data = append(append(data, footer...), binary.LittleEndian.AppendUint32(nil, uint32(len(footer)))...)
	require.NoError(t, os.WriteFile(path, append(data, "PAR1"...), 0o600))
	return path
}

// snappyCaptions are a, b and c, each with its length, as Snappy writes them: the length of it all
// (15), a literal of 15 bytes, and the bytes.
var snappyCaptions = []byte("\x0f\x38\x01\x00\x00\x00a\x01\x00\x00\x00b\x01\x00\x00\x00c")

// allocated is how much memory was asked for while f ran.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A header that claims what cannot be is refused before room is made for it: rows become records, and
// what was asked for stays under 8 MiB.
func TestHostilePageHeaders(t *testing.T) {
	dictionary := format.PageHeader{Type: format.DictionaryPage, UncompressedPageSize: 15, CompressedPageSize: 17}
	dictionary.DictionaryPageHeader.Valid = true
	dictionary.DictionaryPageHeader.V = format.DictionaryPageHeader{NumValues: most}
	hidden := dataPage(15, 17) // a dictionary's header in a page of values
	hidden.DictionaryPageHeader.Valid = true
	hidden.DictionaryPageHeader.V.NumValues = most
	many := dataPage(15, 17)
	many.DataPageHeader.V.NumValues = most
	second := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: 15, CompressedPageSize: 17}
	second.DataPageHeaderV2.Valid = true
	second.DataPageHeaderV2.V = format.DataPageHeaderV2{NumValues: 3, NumNulls: most}
	tests := []struct {
		name    string
		rows    int64
		header  []byte
		content string
		want    string
	}{
		{"a good one", 3, encoded(t, ptr(dataPage(15, 17))), "", ""},
		{"2 GiB when decompressed", 3, encoded(t, ptr(dataPage(most, 17))), "", "claims to take 2048 MiB"},
		{"2 GiB compressed", 3, encoded(t, ptr(dataPage(15, most))), "", "claims 2147483647 bytes, and its column has 17 left"},
		{"2^31 values of 3 rows", 3, encoded(t, &many), "", "claims 2147483647 values, and its row group has 3 rows left"},
		{"a dictionary of 2^31 values", 3, encoded(t, &dictionary), "", "a dictionary of 2147483647 values in 15 bytes"},
		{"a hidden dictionary", 3, encoded(t, &hidden), "", "a dictionary of 2147483647 values"},
		{"more nulls than values", 3, encoded(t, &second), "", "its header is damaged"},
		{"4 GiB in the content", 3, encoded(t, ptr(dataPage(15, 17))), "\xff\xff\xff\xff\x0f\x38aaaaaaaaaaa", "claims 15 bytes, and its content 4294967295"},
		{"a negative size", 3, encoded(t, ptr(dataPage(-1, 17))), "", "its header is damaged"},
		// 0x15 is field 1 as an integer, 0x1c a structure that is the next field but one.
		{"a size of 64 bits", 3, []byte{0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x3f, 0}, "", "its header is damaged"},
		{"statistics of 2^31 bytes", 3, []byte{0x15, 0, 0x15, 30, 0x15, 34, 0x2c, 0x15, 6, 0x4c, 0x18, 0xff, 0xff, 0xff, 0xff, 0x07}, "", "its header is damaged"},
		{"a size twice", 3, []byte{0x15, 0, 0x15, 30, 0x05, 4, 30, 0}, "", "its header is damaged"},
		{"no header", 3, []byte{0xff}, "", "its header is damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			content := snappyCaptions
			if test.content != "" {
				content = []byte(test.content)
			}
			path := oneColumn(t, test.rows, test.header, content)
			source, err := Open([]string{path}, "laion")
			require.NoError(t, err)
			var failures, rows int
			used := allocated(func() {
				samples := 0
				for _, s := range readAfter(t, source, test.rows-3) {
					samples++
					if s.Err == nil {
						rows++
						continue
					}
					failures++
					require.ErrorContains(t, s.Err, test.want)
					require.ErrorContains(t, s.Err, "parquet-damaged")
				}
			})
			require.Less(t, used, uint64(8<<20))
			if test.want == "" {
				require.Equal(t, []int{3, 0}, []int{rows, failures})
			} else {
				require.Equal(t, []int{0, 3}, []int{rows, failures})
			}
			captions, err := captionsOf(t, path)
			if test.want != "" {
				require.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []retriever.CaptionRow{{Row: 0, Caption: "a"}, {Row: 1, Caption: "b"}, {Row: 2, Caption: "c"}}, captions)
		})
	}
}

func ptr[T any](v T) *T { return &v }

// Columns share the room for their open pages, and give it back page by page.
func TestPageRoomIsShared(t *testing.T) {
	room := &pageRoom{}
	a := &checkedPages{end: 1 << 40, rows: 100, room: room}
	b := &checkedPages{end: 1 << 40, rows: 100, room: room}
	many := pageHeader{kind: format.DataPage, compressed: 17, uncompressed: 15, values: most}
	require.ErrorContains(t, (&checkedPages{end: 100, rows: most, room: room}).check(many), "claims to take 32768 MiB", "16 bytes a value")
	large := pageHeader{kind: format.DataPage, compressed: 1 << 20, uncompressed: 300 << 20, values: 10}
	require.NoError(t, a.check(large))
	require.ErrorContains(t, b.check(large), "claims to take 301 MiB, and the pages of a row group that are open at a time may take 512 MiB")
	room.used -= a.page
	a.page = 0
	require.NoError(t, b.check(large))
	require.Equal(t, int64(90), b.rows)
	require.Equal(t, int64(301<<20+160), room.used)
}

// A footer of a few bytes for each of many structures is refused: the library's take 560 bytes.
func TestHostileFooterLists(t *testing.T) {
	const count = maxFooterListed + 1
	list := binary.AppendUvarint([]byte{0x49, 0xfc}, count) // field 4, row groups: a list of structures
	path := filepath.Join(t.TempDir(), "hostile.parquet")
	require.NoError(t, os.WriteFile(path, parquetOf(append(append(list, make([]byte, count)...), 0)...), 0o600))
	used := allocated(func() {
		_, err := captionsOf(t, path)
		require.ErrorContains(t, err, "describes more than 1048576 row groups, columns and parts of them")
	})
	require.Less(t, used, uint64(16<<20))
	large := parquetOf(make([]byte, maxFooter+1)...)
	require.ErrorContains(t, checkBytes(large), "its footer has 64 MiB, more than the 64 MiB that are read")
}

// FuzzPageHeader holds the check against the library: what is let through, it reads as the same sizes
// and the same number of bytes.
func FuzzPageHeader(f *testing.F) {
	good := dataPage(15, 17)
	f.Add(encoded(f, &good))
	good.DataPageHeader.V.Statistics = format.Statistics{MinValue: []byte("a"), MaxValue: []byte("zebra")}
	f.Add(encoded(f, &good))
	second := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: 99, CompressedPageSize: 44}
	second.DataPageHeaderV2.Valid = true
	second.DataPageHeaderV2.V = format.DataPageHeaderV2{NumValues: 7, NumNulls: 2, NumRows: 7, DefinitionLevelsByteLength: 5}
	f.Add(encoded(f, &second))
	f.Add([]byte{0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x3f, 0})
	f.Add([]byte{0x15, 0, 0x15, 30, 0x15, 34, 0x2c, 0x15, 6, 0x4c, 0x18, 0xff, 0xff, 0xff, 0xff, 0x07})
	f.Fuzz(func(t *testing.T, data []byte) {
		var h pageHeader
		rest, ok := h.parse(data)
		if !ok {
			return
		}
		r := bytes.NewReader(data)
		var theirs format.PageHeader
		if err := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(r)).Decode(&theirs); err != nil {
			return
		}
		require.Equal(t, len(rest), r.Len())
		require.Equal(t, []int64{int64(theirs.CompressedPageSize), int64(theirs.UncompressedPageSize)}, []int64{h.compressed, h.uncompressed})
		require.Equal(t, theirs.Type, h.kind)
		for _, values := range []int32{theirs.DataPageHeader.V.NumValues, theirs.DataPageHeaderV2.V.NumValues} {
			require.LessOrEqual(t, int64(values), h.values)
		}
		require.LessOrEqual(t, int64(theirs.DictionaryPageHeader.V.NumValues), h.entries)
	})
}
