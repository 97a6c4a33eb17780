package parquetfile

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// every has a column of each type and encoding that the library writes.
type every struct {
	Bool        bool      `parquet:"bool"`
	Maybe       *bool     `parquet:"maybe,optional"`
	Int32       int32     `parquet:"int32"`
	Delta32     int32     `parquet:"delta32,delta"`
	Delta64     int64     `parquet:"delta64,delta"`
	MaybeDelta  *int64    `parquet:"maybe_delta,optional"`
	Dict64      int64     `parquet:"dict64,dict"`
	Float       float32   `parquet:"float,split"`
	Double      float64   `parquet:"double,split"`
	Plain       string    `parquet:"plain"`
	Optional    *string   `parquet:"optional,optional"`
	Dict        *string   `parquet:"dict,optional,dict"`
	DeltaText   string    `parquet:"delta_text,delta"`
	Fixed       [5]byte   `parquet:"fixed"`
	List        []string  `parquet:"list"`
	Numbers     []int32   `parquet:"numbers"`
	Nested      *inner    `parquet:"nested,optional"`
	Listed      []inner   `parquet:"listed"`
	Always      *string   `parquet:"always,optional"`
	Never       *string   `parquet:"never,optional"`
	DictDoubles []float64 `parquet:"dict_doubles,dict"`
}

type inner struct {
	A *int64 `parquet:"a,optional"`
	B string `parquet:"b"`
}

func manyRows(n int) []every {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() string {
		b := make([]byte, r.IntN(20))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return fmt.Sprint("prefix ", r.IntN(50), string(b))
	}
	maybe := func() *string {
		if r.IntN(3) == 0 {
			return nil
		}
		s := text()
		return &s
	}
	rows := make([]every, n)
	for i := range rows {
		always, few := fmt.Sprint(i), fmt.Sprint("few ", r.IntN(9))
		number := r.Int64() - r.Int64()
		rows[i] = every{
			Bool: r.IntN(2) == 0, Int32: int32(r.Uint32()), Delta32: int32(r.Uint32()), Delta64: int64(i) * 1000, Dict64: int64(r.IntN(300)),
			Float: r.Float32(), Double: r.NormFloat64(), Plain: text(), Optional: maybe(), Dict: &few, DeltaText: text(),
			Fixed: [5]byte{byte(i), 1, 2, 3, byte(i >> 8)}, Always: &always,
		}
		if i%4 > 0 {
			truth := i%3 == 0
			rows[i].Maybe, rows[i].MaybeDelta, rows[i].Nested = &truth, &number, &inner{A: &number, B: text()}
		}
		if i%5 == 0 {
			rows[i].Dict, rows[i].Nested = nil, &inner{}
		}
		for range i % 4 {
			rows[i].List = append(rows[i].List, text())
			rows[i].Numbers = append(rows[i].Numbers, int32(r.Uint32()))
			rows[i].Listed = append(rows[i].Listed, inner{A: rows[i].MaybeDelta, B: "b"})
			rows[i].DictDoubles = append(rows[i].DictDoubles, float64(i%17)/4)
		}
	}
	return rows
}

// rowsOf reads all rows of a file.
func rowsOf(t testing.TB, f *File) (rows []parquet.Row) {
	t.Helper()
	for group := range f.Groups() {
		r, err := f.Rows(group)
		require.NoError(t, err)
		for {
			row, err := r.Read(nil)
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			rows = append(rows, row)
		}
		r.Close()
	}
	return rows
}

// What the library writes, in every encoding, both versions of pages and every compression, is read as
// the rows that were given, level by level.
func TestEveryEncoding(t *testing.T) {
	rows := manyRows(1000)
	schema := parquet.SchemaOf(every{})
	for _, codec := range []compress.Codec{&parquet.Uncompressed, &parquet.Snappy, &parquet.Gzip, &parquet.Brotli, &parquet.Zstd, &parquet.Lz4Raw} {
		for version := 1; version <= 2; version++ {
			t.Run(fmt.Sprint(codec, version), func(t *testing.T) {
				var b bytes.Buffer
				require.NoError(t, parquet.Write(&b, rows, parquet.Compression(codec), parquet.DataPageVersion(version),
					parquet.PageBufferSize(700), parquet.MaxRowsPerRowGroup(400)))
				f, err := openBytes(b.Bytes())
				require.NoError(t, err)
				require.Equal(t, 3, f.Groups())
				got := rowsOf(t, f)
				require.Len(t, got, len(rows))
				for i, row := range got {
					require.True(t, schema.Deconstruct(nil, rows[i]).Equal(row), "row %d: %v", i, row)
				}
			})
		}
	}
}

// Prefixes and whole words of the encodings that the library does not write by a tag.
func TestPagesByHand(t *testing.T) {
	three := hostile.Column{Name: "c", Kind: parquet.ByteArray, Rows: 3}
	optional := three
	optional.Repetition = format.Optional
	// 1, 4, 3 integers by differences: 128 values in 4 parts; 3 in all; the first; then least and widths
	prefixes := []byte{0x80, 1, 4, 3, 0, 0x02, 1, 0, 0, 0, 0x02, 0, 0, 0} // 0, then +1 and a bit: 0, 1, 3?
	tests := []struct {
		name     string
		column   hostile.Column
		encoding format.Encoding
		content  []byte
		want     string
	}{
		{"plain", three, format.Plain, hostile.Texts("a", "", "ccc"), "[a  ccc]"},
		{"what follows the values does not count", three, format.Plain, append(hostile.Texts("a", "b", "c"), 9), "[a b c]"},
		{"nulls", optional, format.Plain, append(hostile.Levels(3, 0b101), hostile.Texts("a", "c")...), "[a <null> c]"},
		{"a last group that is not full", optional, format.Plain, append(hostile.Levels(3, 0b111), hostile.Texts("a", "b", "c")...), "[a b c]"},
		{"a run longer than the page", optional, format.Plain, append(hostile.Levels(hostile.Run(1<<31-1, 1, 1)...), hostile.Texts("a", "b", "c")...), "[a b c]"},
		{"all null, and no values", optional, format.RLEDictionary, hostile.Levels(hostile.Run(3, 0, 1)...), "[<null> <null> <null>]"},
		{"lengths", three, format.DeltaLengthByteArray, append(hostile.Deltas(3, 1, 1), "abbccc"...), "[a bb ccc]"},
		// prefixes 0, 1, 2 and suffixes of 1, 1, 1
		{"prefixes", three, format.DeltaByteArray, append(append(hostile.Deltas(3, 0, 1), hostile.Deltas(3, 1, 0)...), "abc"...), "[a ab abc]"},
		// 0, then twice the least difference 1 and a value of one bit: 0 and 1
		{"prefixes of a bit each", three, format.DeltaByteArray, append(append(prefixes, hostile.Deltas(3, 3, 0)...), "abcdefghi"...), "[abc adef adeghi]"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := openBytes(hostile.File(test.column, hostile.Values(test.column.Codec, 3, test.encoding, test.content)))
			require.NoError(t, err)
			var got []string
			for _, row := range rowsOf(t, f) {
				got = append(got, row[0].String())
			}
			require.Equal(t, test.want, fmt.Sprint(got))
		})
	}
}

// Skipping gives the same values as reading, from page to page and within one.
func TestSkip(t *testing.T) {
	type row struct {
		N    int64   `parquet:"n"`
		Text *string `parquet:"text,optional,zstd"`
	}
	rows := make([]row, 5000)
	for i := range rows {
		rows[i].N = int64(i)
		if text := fmt.Sprint(i); i%3 > 0 {
			rows[i].Text = &text
		}
	}
	var b bytes.Buffer
	require.NoError(t, parquet.Write(&b, rows, parquet.PageBufferSize(512)))
	f, err := openBytes(b.Bytes())
	require.NoError(t, err)
	for column := range 2 {
		g := f.Group(0)
		c, err := g.Column(column)
		require.NoError(t, err)
		at := int64(0)
		for _, skip := range []int64{0, 1, 0, 700, 63, 64, 65, 1000, 2900, 99} {
			require.NoError(t, c.Skip(skip))
			at += skip
			var one [1]parquet.Value
			n, err := c.Read(one[:])
			require.NoError(t, err)
			require.Equal(t, 1, n)
			switch {
			case column == 0:
				require.Equal(t, at, one[0].Int64())
			case at%3 == 0:
				require.True(t, one[0].IsNull())
			default:
				require.Equal(t, fmt.Sprint(at), one[0].String())
			}
			at++
		}
		require.ErrorIs(t, c.Skip(5001-at), io.ErrUnexpectedEOF)
		g.Close()
	}
}
