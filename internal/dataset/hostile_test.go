package dataset

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/dataset/storage"
	"rollcall/internal/parquetfile/hostile"
	"rollcall/retriever"
)

// The largest count that fits.
const most = math.MaxInt32

// allocated is how much memory was asked for while f ran.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// captionColumn is a column of three captions, compressed by Snappy.
func captionColumn() hostile.Column {
	return hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Codec: format.Snappy}
}

// requireOutcome reads a file for indexing and for counting. The three rows are samples, or records of
// a damaged file that say why, and what was asked for stays below a bound.
func requireOutcome(t *testing.T, file []byte, want string, bound uint64) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hostile.parquet")
	require.NoError(t, os.WriteFile(path, file, 0o600))
	source, err := Open([]string{path}, "laion")
	require.NoError(t, err)
	var failures, rows int
	used := allocated(func() {
		for _, s := range readAfter(t, source, 0) {
			if s.Err == nil {
				rows++
				continue
			}
			failures++
			require.ErrorContains(t, s.Err, want)
			require.ErrorContains(t, s.Err, "parquet-damaged")
			require.ErrorContains(t, s.Err, "hostile.parquet: rows from 0: row group 0, column caption: the page at byte ")
		}
	})
	require.Less(t, used, bound)
	captions, err := captionsOf(t, path)
	if want == "" {
		require.Equal(t, []int{3, 0}, []int{rows, failures})
		require.NoError(t, err)
		require.Equal(t, []retriever.CaptionRow{{Row: 0, Caption: "a"}, {Row: 1, Caption: "b"}, {Row: 2, Caption: "c"}}, captions)
		return
	}
	require.Equal(t, []int{0, 3}, []int{rows, failures})
	require.ErrorContains(t, err, want)
	require.ErrorContains(t, err, "hostile.parquet: rows from 0: row group 0, column caption: ")
}

// A header that claims what cannot be is refused before room is made for it: rows become records, and
// what was asked for stays under 8 MiB.
func TestHostilePageHeaders(t *testing.T) {
	encoded := func(h format.PageHeader) []byte { return hostile.Encode(&h) }
	data := func(uncompressed, compressed int) format.PageHeader {
		return hostile.Header(3, format.Plain, uncompressed, compressed)
	}
	dictionary := format.PageHeader{Type: format.DictionaryPage, UncompressedPageSize: 15, CompressedPageSize: 17}
	dictionary.DictionaryPageHeader.Valid = true
	dictionary.DictionaryPageHeader.V.NumValues = most
	hidden := data(15, 17) // a dictionary's header in a page of values
	hidden.DictionaryPageHeader = dictionary.DictionaryPageHeader
	none := data(15, 17)
	none.Type = format.DataPageV2
	second := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: 15, CompressedPageSize: 17}
	second.DataPageHeaderV2.Valid = true
	second.DataPageHeaderV2.V = format.DataPageHeaderV2{NumValues: 3, NumNulls: most}
	levels := second
	levels.DataPageHeaderV2.V = format.DataPageHeaderV2{NumValues: 3, DefinitionLevelsByteLength: most}
	sum := data(15, 17)
	sum.CRC = 1
	// a, b and c, each with its length, as Snappy writes them: the length of it all (15), a literal of
	// 15 bytes, and the bytes.
	const good = "\x0f\x38\x01\x00\x00\x00a\x01\x00\x00\x00b\x01\x00\x00\x00c"
	tests := []struct {
		name    string
		header  []byte
		content string
		want    string
	}{
		{"a good one", encoded(data(15, 17)), good, ""},
		{"2 GiB when decompressed", encoded(data(most, 17)), good, "claims to take 2048 MiB"},
		{"2 GiB compressed", encoded(data(15, most)), good, "claims 2147483647 bytes, and its column has 17 left"},
		{"2^31 values of 3 rows", encoded(hostile.Header(most, format.Plain, 15, 17)), good, "claims 2147483647 values, and its row group has 3 rows left"},
		{"a dictionary of 2^31 values", encoded(dictionary), good, "a dictionary of 2147483647 values in 15 bytes"},
		{"a hidden dictionary is none", encoded(hidden), good, ""},
		{"another page's header", encoded(none), good, "its header is damaged"},
		{"more nulls than values", encoded(second), good, "its header is damaged"},
		{"levels longer than the page", encoded(levels), good, "its header is damaged"},
		{"another checksum", encoded(sum), good, "does not have the checksum"},
		{"4 GiB in the content", encoded(data(15, 17)), "\xff\xff\xff\xff\x0f\x38aaaaaaaaaaa", "larger than the 15 bytes that its header claims"},
		{"a negative size", encoded(data(-1, 17)), good, "its header is damaged"},
		// 0x15 is field 1 as an integer, 0x1c a structure that is the next field but one.
		{"a size of 64 bits", []byte{0x15, 0, 0x15, 0xfe, 0xff, 0xff, 0xff, 0xff, 0x3f, 0}, good, "its header is damaged"},
		{"statistics of 2^31 bytes", []byte{0x15, 0, 0x15, 30, 0x15, 34, 0x2c, 0x15, 6, 0x4c, 0x18, 0xff, 0xff, 0xff, 0xff, 0x07}, good, "its header is damaged"},
		{"a size twice", []byte{0x15, 0, 0x15, 30, 0x05, 4, 30, 0}, good, "its header is damaged"},
		{"no header", []byte{0xff}, good, "its header is damaged"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := hostile.Page{Header: test.header, Content: []byte(test.content)}
			requireOutcome(t, hostile.File(captionColumn(), page), test.want, 8<<20)
		})
	}
}

// Content that is more, or says more, than its header is a record too: 64 MiB of nothing, runs of 2^31
// values, and fewer values than are promised, in which other pages' memory would show.
func TestHostilePageContents(t *testing.T) {
	for _, codec := range []format.CompressionCodec{format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw} {
		column := captionColumn()
		column.Codec = codec
		stored := hostile.Compress(codec, make([]byte, 64<<20))
		h := hostile.Header(3, format.Plain, 15, len(stored))
		t.Run("inflates/"+codec.String(), func(t *testing.T) {
			page := hostile.Page{Header: hostile.Encode(&h), Content: stored}
			requireOutcome(t, hostile.File(column, page), "larger than the 15 bytes that its header claims", 24<<20+uint64(len(stored)))
		})
	}
	column := captionColumn()
	dictionary := hostile.Dictionary(column.Codec, 3, hostile.Texts("a", "b", "c"))
	index := func(b ...byte) []byte {
		return hostile.File(column, dictionary, hostile.Values(column.Codec, 3, format.RLEDictionary, b))
	}
	t.Run("a dictionary", func(t *testing.T) { requireOutcome(t, index(2, 3, 0b100100, 0), "", 8<<20) })
	t.Run("outside of it", func(t *testing.T) {
		requireOutcome(t, index(2, 3, 0b110100, 0), "its value 2 is number 3 of a dictionary of 3", 8<<20)
	})
	t.Run("too few", func(t *testing.T) { requireOutcome(t, index(2, 2, 0), "it ends before its values do", 8<<20) })
	t.Run("2^31 of one", func(t *testing.T) {
		column.Repetition = format.Optional
		content := append(hostile.Levels(hostile.Run(most, 1, 1)...), hostile.Texts("a", "b", "c")...)
		requireOutcome(t, hostile.File(column, hostile.Values(column.Codec, 3, format.Plain, content)), "", 8<<20)
	})
	t.Run("lz4 that ends in its middle", func(t *testing.T) { // the library doubles its room for it until there is none
		column := captionColumn()
		column.Codec = format.Lz4Raw
		h := hostile.Header(3, format.Plain, 15, 9)
		page := hostile.Page{Header: hostile.Encode(&h), Content: []byte("\xf0\xff\xff\xff\xffaaaa")}
		requireOutcome(t, hostile.File(column, page), "its content is damaged", 8<<20)
	})
}

// A text that a dictionary has once may be that of many rows. It is made once, whether it is UTF-8 or
// not.
func TestOneTextOfManyRows(t *testing.T) {
	const rows = 2048
	column := captionColumn()
	column.Rows = rows
	text := string(bytes.Repeat([]byte{'x', 0xff}, 1<<19))
	dictionary := hostile.Dictionary(column.Codec, 1, hostile.Texts(text))
	path := filepath.Join(t.TempDir(), "one.parquet")
	page := hostile.Values(column.Codec, rows, format.RLEDictionary, append([]byte{1}, hostile.Run(rows, 0, 1)...))
	require.NoError(t, os.WriteFile(path, hostile.File(column, dictionary, page), 0o600))
	source, err := OpenCaptions([]string{path})
	require.NoError(t, err)
	parts, err := source.(retriever.CaptionParts).Parts(t.Context())
	require.NoError(t, err)
	used := allocated(func() {
		seen := 0
		require.NoError(t, parts[0].Read(t.Context(), func(batch []retriever.CaptionRow) error {
			for _, r := range batch {
				require.Len(t, r.Caption, 4<<19, "each x, and U+FFFD of three bytes")
			}
			seen += len(batch)
			return nil
		}))
		require.Equal(t, rows, seen)
	})
	require.Less(t, used, uint64(32<<20))
}

// A caption that is too long is a record, and indexing makes nothing of it.
func TestLongParquetCaption(t *testing.T) {
	column := captionColumn()
	texts := hostile.Texts("a", string(bytes.Repeat([]byte("x"), maxCaption+1)), "c")
	path := filepath.Join(t.TempDir(), "long.parquet")
	require.NoError(t, os.WriteFile(path, hostile.File(column, hostile.Values(column.Codec, 3, format.Plain, texts)), 0o600))
	var captions, errs []string
	require.NoError(t, readParquet(t.Context(), storage.New(nil), path, true, func(r row) error {
		captions = append(captions, r.Caption)
		if r.err != nil {
			errs = append(errs, r.err.Error())
		}
		return nil
	}))
	require.Equal(t, []string{"a", "", "c"}, captions)
	require.Equal(t, []string{path + ": row 1: the caption is longer than 16 MiB"}, errs)
}
