package parquetfile

import (
	"bytes"
	"math"
	"testing"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// Columns share the room for their open pages, and give it back page by page.
func TestRoomIsShared(t *testing.T) {
	var r room
	h := pageHeader{compressed: 17, uncompressed: 15}
	h.data.values = math.MaxInt32
	require.ErrorContains(t, r.take(h.claim()), "claims to take 32768 MiB", "16 bytes a value")
	h = pageHeader{compressed: 1 << 20, uncompressed: 300 << 20}
	require.NoError(t, r.take(h.claim()))
	require.ErrorContains(t, r.take(h.claim()), "claims to take 301 MiB, and the pages of a row group that are open at a time may take 512 MiB")
	r.used -= h.claim()
	require.NoError(t, r.take(h.claim()))
}

// FuzzPageHeader holds the parser against the library's: what is let through, it reads as the same
// sizes, the same number of values and the same number of bytes.
func FuzzPageHeader(f *testing.F) {
	good := hostile.Header(3, format.Plain, 15, 17)
	f.Add(hostile.Encode(&good))
	good.DataPageHeader.V.Statistics = format.Statistics{MinValue: []byte("a"), MaxValue: []byte("zebra")}
	good.CRC = -5
	f.Add(hostile.Encode(&good))
	second := format.PageHeader{Type: format.DataPageV2, UncompressedPageSize: 99, CompressedPageSize: 44}
	second.DataPageHeaderV2.Valid = true
	second.DataPageHeaderV2.V = format.DataPageHeaderV2{NumValues: 7, NumNulls: 2, NumRows: 7, DefinitionLevelsByteLength: 5}
	f.Add(hostile.Encode(&second))
	f.Add(hostile.Dictionary(format.Uncompressed, 2, []byte("ab")).Header)
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
		require.Equal(t, theirs.Type, h.kind)
		require.Equal(t, []int64{int64(theirs.CompressedPageSize), int64(theirs.UncompressedPageSize), int64(theirs.CRC)}, []int64{h.compressed, h.uncompressed, h.sum})
		if v := theirs.DataPageHeader; v.Valid {
			require.Equal(t, []int64{int64(v.V.NumValues), int64(v.V.Encoding)}, []int64{h.data.values, h.data.encoding})
		}
		if v := theirs.DataPageHeaderV2; v.Valid {
			require.Equal(t, []int64{int64(v.V.NumValues), int64(v.V.NumNulls), int64(v.V.Encoding)}, []int64{h.data2.values, h.data2.nulls, h.data2.encoding})
			require.Equal(t, []int64{int64(v.V.DefinitionLevelsByteLength), int64(v.V.RepetitionLevelsByteLength)}, []int64{h.data2.definition, h.data2.repetition})
		}
		if v := theirs.DictionaryPageHeader; v.Valid {
			require.Equal(t, int64(v.V.NumValues), h.dictionary.values)
		}
	})
}
