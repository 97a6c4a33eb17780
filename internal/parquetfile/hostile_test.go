package parquetfile

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// codecs are those that are read.
func codecs() []format.CompressionCodec {
	return []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw}
}

// readColumn reads all values of the one column, and says how many there were.
func readColumn(f *File) (values int, err error) {
	g := f.Group(0)
	defer g.Close()
	c, err := g.Column(0)
	if err != nil {
		return 0, err
	}
	var buffer [256]parquet.Value
	for {
		n, err := c.Read(buffer[:])
		values += n
		if err == io.EOF {
			return values, nil
		}
		if err != nil {
			return values, err
		}
		for _, v := range buffer[:n] {
			_ = v.String()
		}
	}
}

// A page that inflates to far more than its header says is refused at what the header says, in every
// codec: 64 MiB, which the library would make room for.
func TestBombs(t *testing.T) {
	large := make([]byte, 64<<20)
	for _, codec := range codecs() {
		t.Run(codec.String(), func(t *testing.T) {
			stored := hostile.Compress(codec, large)
			column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3, Codec: codec}
			header := hostile.Header(3, format.Plain, 15, len(stored))
			dictionary := hostile.Dictionary(codec, 3, large)
			h := format.PageHeader{Type: format.DictionaryPage, UncompressedPageSize: 15, CompressedPageSize: int32(len(stored))}
			h.DictionaryPageHeader.Valid = true
			h.DictionaryPageHeader.V.NumValues = 3
			dictionary.Header = hostile.Encode(&h)
			for _, pages := range [][]hostile.Page{
				{{Header: hostile.Encode(&header), Content: stored}},
				{dictionary, hostile.Values(codec, 3, format.RLEDictionary, []byte{1, 3, 0})},
			} {
				f, err := openBytes(hostile.File(column, pages...))
				require.NoError(t, err)
				used := allocated(func() {
					_, err = readColumn(f)
				})
				if codec == format.Uncompressed { // the file itself has it: texts of no bytes
					continue
				}
				require.ErrorContains(t, err, "larger than the 15 bytes that its header claims")
				require.ErrorContains(t, err, "row group 0, column caption: the page at byte 4")
				require.Less(t, used, uint64(len(stored))+24<<20, "what is stored, and what the decoders take, Brotli's window of 16 MiB first")
			}
		})
	}
}

// Counts in the content that its header does not bear out are refused, or not believed, without room
// being made for them.
func TestHostileContent(t *testing.T) {
	texts := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3}
	optional, repeated, integers, fixed, truths := texts, texts, texts, texts, texts
	optional.Repetition, repeated.Repetition = format.Optional, format.Repeated
	integers.Kind, fixed.Kind, truths.Kind = parquet.Int64, parquet.FixedLenByteArray, parquet.Boolean
	fixed.Length = 16
	const most = 1<<31 - 1
	abc := hostile.Texts("a", "b", "c")
	tests := []struct {
		name     string
		column   hostile.Column
		encoding format.Encoding
		content  []byte
		want     string
	}{
		{"a text of 4 GiB", texts, format.Plain, []byte("\xff\xff\xff\xffaaaaaaaaaaaa"), "its value 0 claims 4294967295 bytes, and 12 are left"},
		{"fewer texts than values", texts, format.Plain, append(hostile.Texts("a", "b"), 0, 0, 0), "it ends before its values do"},
		{"fewer integers than values", integers, format.Plain, make([]byte, 23), "it ends before its values do"},
		{"fewer fixed texts", fixed, format.Plain, make([]byte, 47), "it ends before its values do"},
		{"no truth", truths, format.Plain, nil, "it ends before its values do"},
		{"truth in a run of 2^31 values", truths, format.RLE, hostile.Levels(hostile.Run(most, 1, 1)...), ""},
		{"levels longer than the page", optional, format.Plain, []byte{0xff, 0xff, 0xff, 0x7f, 6, 1}, "it ends before its values do"},
		{"fewer levels than values", optional, format.Plain, append(hostile.Levels(hostile.Run(2, 1, 1)...), abc...), "its definition levels: it ends before its values do"},
		{"levels of a number of 2^64", optional, format.Plain, append(hostile.Levels(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1), abc...), "its runs are damaged"},
		{"more nulls than texts", optional, format.Plain, append(hostile.Levels(3, 0b111), hostile.Texts("a", "c")...), "it ends before its values do"},
		{"no dictionary", texts, format.RLEDictionary, []byte{1, 3, 0}, "there is none before it"},
		{"no index", texts, plainDictionary, nil, "there is none before it"},
		{"differences of 2^31 texts", texts, format.DeltaLengthByteArray, append(hostile.Deltas(most, 0, 0), "abc"...), "it has 2147483647 differences for 3 values"},
		{"lengths that wrap round", texts, format.DeltaLengthByteArray, append(hostile.Deltas(3, most, 1), "abc"...), "a length that is negative, or of more than 2 GiB"},
		{"lengths beyond the page", texts, format.DeltaLengthByteArray, append(hostile.Deltas(3, 1, 1), "abbcc"...), "it ends before its values do"},
		{"negative lengths", texts, format.DeltaLengthByteArray, append(hostile.Deltas(3, -1, 0), "abc"...), "a length that is negative"},
		{"a block of 2^62 values", integers, format.DeltaBinaryPacked, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40, 4, 3, 0, 0}, "its differences are damaged"},
		{"no block", integers, format.DeltaBinaryPacked, []byte{0, 4, 3, 0, 0}, "its differences are damaged"},
		{"no parts", integers, format.DeltaBinaryPacked, []byte{0x80, 1, 0, 3, 0, 0}, "its differences are damaged"},
		{"parts of one value", integers, format.DeltaBinaryPacked, []byte{0x80, 1, 0x80, 1, 3, 0, 0}, "its differences are damaged"},
		{"a difference of 255 bits", integers, format.DeltaBinaryPacked, []byte{0x80, 1, 4, 3, 0, 0, 255, 0, 0, 0}, "its differences are damaged"},
		{"differences that end early", integers, format.DeltaBinaryPacked, []byte{0x80, 1, 4, 3, 0, 0, 64, 0, 0, 0, 1}, "it ends before its values do"},
		{"a prefix of more than there is", texts, format.DeltaByteArray, append(append(hostile.Deltas(3, 1, 0), hostile.Deltas(3, 1, 0)...), "abc"...), "its value 0 begins with 1 bytes of one of 0"},
		{"fixed texts of other lengths", fixed, format.DeltaByteArray, append(append(hostile.Deltas(3, 0, 0), hostile.Deltas(3, 15, 1)...), make([]byte, 60)...), "it ends before its values do"},
		{"text split into bytes", texts, format.ByteStreamSplit, abc, "is not read"},
		{"integers in pieces", integers, format.ByteStreamSplit, make([]byte, 25), "it ends before its values do"},
		{"an encoding that there is not", texts, 99, abc, "which is not read"},
		{"more lists than rows may have", repeated, format.Plain, append(append(hostile.Levels(hostile.Run(most, 0, 1)...), hostile.Levels(hostile.Run(most, 1, 1)...)...), abc...), ""},
	}
	for _, test := range tests {
		for _, codec := range codecs() {
			t.Run(fmt.Sprint(test.name, " ", codec), func(t *testing.T) {
				column := test.column
				column.Codec = codec
				f, err := openBytes(hostile.File(column, hostile.Values(codec, 3, test.encoding, test.content)))
				require.NoError(t, err)
				used := allocated(func() { _, err = readColumn(f) })
				require.Less(t, used, uint64(20<<20))
				if test.want == "" {
					require.NoError(t, err)
					return
				}
				require.ErrorContains(t, err, test.want)
			})
		}
	}
}

// Values that are in a dictionary must be in it.
func TestHostileIndexes(t *testing.T) {
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: 3}
	dictionary := hostile.Dictionary(format.Uncompressed, 2, hostile.Texts("a", "b"))
	for want, index := range map[string][]byte{
		"its value 0 is number 1073741824 of a dictionary of 2": append([]byte{32}, hostile.Run(3, 1<<30, 4)...),
		"its value 0 is number 2147483648 of a dictionary of 2": append([]byte{32}, hostile.Run(3, 1<<31, 4)...),
		"its value 2 is number 2 of a dictionary of 2":          {2, 3, 0b100100, 0},
		"it ends before its values do":                          append([]byte{1}, hostile.Run(2, 0, 1)...),
		"it has values of 33 bits":                              {33, 3, 0},
	} {
		f, err := openBytes(hostile.File(column, dictionary, hostile.Values(format.Uncompressed, 3, format.RLEDictionary, index)))
		require.NoError(t, err)
		_, err = readColumn(f)
		require.ErrorContains(t, err, want)
	}
	long := hostile.Values(format.Uncompressed, 3, format.RLEDictionary, append([]byte{1}, hostile.Run(1<<31-1, 1, 1)...))
	f, err := openBytes(hostile.File(column, dictionary, long))
	require.NoError(t, err)
	used := allocated(func() {
		n, err := readColumn(f)
		require.NoError(t, err)
		require.Equal(t, 3, n)
	})
	require.Less(t, used, uint64(1<<20))
	f, err = openBytes(hostile.File(column, dictionary, dictionary))
	require.NoError(t, err)
	_, err = readColumn(f)
	require.ErrorContains(t, err, "a second dictionary")
}

// Texts that each begin as the one before may together be longer than any bound: value i of 40,000 has
// i bytes, 800 MB in a page of 170 kB.
func TestHostilePrefixes(t *testing.T) {
	const n = 40_000
	content := append(hostile.Deltas(n, 0, 1), hostile.Deltas(n, 1, 0)...)
	content = append(content, bytes.Repeat([]byte("a"), n)...)
	column := hostile.Column{Name: "caption", Kind: parquet.ByteArray, Rows: n}
	f, err := openBytes(hostile.File(column, hostile.Values(format.Uncompressed, n, format.DeltaByteArray, content)))
	require.NoError(t, err)
	used := allocated(func() { _, err = readColumn(f) })
	require.ErrorContains(t, err, "may take 512 MiB")
	require.Less(t, used, uint64(4<<20))
}

// A row of a column that repeats may not have more values than are kept of one row.
func TestHostileLists(t *testing.T) {
	const n = 2_000_000
	column := hostile.Column{Name: "list", Kind: parquet.ByteArray, Rows: 1, Repetition: format.Repeated}
	levels := append(hostile.Run(1, 0, 1), hostile.Run(n-1, 1, 1)...) // one row
	content := append(hostile.Levels(levels...), hostile.Levels(hostile.Run(n, 0, 1)...)...)
	f, err := openBytes(hostile.File(column, hostile.Values(format.Uncompressed, n, format.Plain, content)))
	require.NoError(t, err)
	rows, err := f.Rows(0)
	require.NoError(t, err)
	defer rows.Close()
	_, err = rows.Read(nil)
	require.ErrorContains(t, err, "column list: a row has more than 1048576 values")
}

// FuzzContent reads whatever bytes as the content of a page, of every codec, encoding and type, both
// as they are and compressed. It must end in values, as many as the header says, or in an error.
func FuzzContent(f *testing.F) {
	for i := range codecs() {
		for j := range encodings() {
			for kind := range 8 {
				f.Add(byte(i), byte(j), byte(kind), byte(0), uint16(3), true, hostile.Texts("a", "b", "c"))
			}
			f.Add(byte(i), byte(j), byte(6), byte(1), uint16(3), true, append(hostile.Levels(3, 0b101), hostile.Texts("a", "c")...))
			f.Add(byte(i), byte(j), byte(6), byte(2), uint16(3), true, append(append(hostile.Levels(3, 0), hostile.Levels(3, 7)...), hostile.Texts("a", "c")...))
			f.Add(byte(i), byte(j), byte(2), byte(0), uint16(300), true, hostile.Deltas(300, 5, 7))
			f.Add(byte(i), byte(j), byte(6), byte(0), uint16(3), true, append(append(hostile.Deltas(3, 0, 1), hostile.Deltas(3, 1, 0)...), "abc"...))
			f.Add(byte(i), byte(j), byte(6), byte(0), uint16(3), true, append([]byte{1}, hostile.Run(3, 1, 1)...))
			f.Add(byte(i), byte(j), byte(6), byte(0), uint16(3), false, hostile.Compress(codecs()[i], hostile.Texts("a", "b", "c")))
		}
	}
	f.Fuzz(func(t *testing.T, codec, encoding, kind, repetition byte, values uint16, compress bool, content []byte) {
		column := hostile.Column{
			Name: "c", Kind: parquet.Kind(kind % 8), Length: 7, Rows: int64(values),
			Codec: codecs()[int(codec)%len(codecs())], Repetition: format.FieldRepetitionType(repetition % 3),
		}
		page := hostile.Values(column.Codec, int(values), encodings()[int(encoding)%len(encodings())], content)
		if !compress {
			h := hostile.Header(int(values), encodings()[int(encoding)%len(encodings())], 1<<16, len(content))
			page = hostile.Page{Header: hostile.Encode(&h), Content: content}
		}
		dictionary := hostile.Dictionary(column.Codec, 3, make([]byte, 64))
		for _, pages := range [][]hostile.Page{{page}, {dictionary, page}} {
			file, err := openBytes(hostile.File(column, pages...))
			require.NoError(t, err)
			var n int
			used := allocated(func() { n, err = readColumn(file) })
			require.Less(t, used, uint64(48<<20)+40*uint64(len(content))+600*uint64(values))
			if err == nil {
				require.Equal(t, int(values), n)
			}
		}
	})
}
