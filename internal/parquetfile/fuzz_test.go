package parquetfile

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/format"
	"github.com/stretchr/testify/require"

	"rollcall/internal/parquetfile/hostile"
)

// encodings are those that pages and dictionaries may have.
func encodings() []format.Encoding {
	return []format.Encoding{
		format.Plain, plainDictionary, format.RLE, format.DeltaBinaryPacked, format.DeltaLengthByteArray,
		format.DeltaByteArray, format.RLEDictionary, format.ByteStreamSplit,
	}
}

// FuzzDecode reads whatever bytes as the levels and values of a page of every type and encoding. It
// must end in values, as many as the header says, or in an error, and in no more memory than they
// may take.
func FuzzDecode(f *testing.F) {
	for i := range encodings() {
		for kind := range byte(8) {
			f.Add(byte(i), kind, byte(0), byte(0), uint16(3), hostile.Texts("a", "b", "c"))
		}
		f.Add(byte(i), byte(6), byte(0), byte(1), uint16(3), append(hostile.Levels(3, 0b101), hostile.Texts("a", "c")...))
		f.Add(byte(i), byte(6), byte(1), byte(2), uint16(3), append(append(hostile.Levels(3, 0), hostile.Levels(3, 7)...), hostile.Texts("a", "c")...))
		f.Add(byte(i), byte(2), byte(0), byte(0), uint16(300), hostile.Deltas(300, 5, 7))
		f.Add(byte(i), byte(6), byte(0), byte(0), uint16(3), append(append(hostile.Deltas(3, 0, 1), hostile.Deltas(3, 1, 0)...), "abc"...))
		f.Add(byte(i), byte(6), byte(0), byte(0), uint16(3), append([]byte{1}, hostile.Run(3, 1, 1)...))
	}
	f.Fuzz(func(t *testing.T, encoding, kind, repetition, definition byte, values uint16, data []byte) {
		l := &leaf{name: "c", kind: parquet.Kind(kind % 8), length: 7, maxRepetition: repetition, maxDefinition: definition}
		dict := &Page{leaf: l, entries: 3, values: 3}
		require.NoError(t, dict.plain(make([]byte, 64)))
		p := &Page{leaf: l, dict: dict}
		p.body = bytes.Clone(data)
		h := pageHeader{kind: format.DataPage}
		h.data.values = int64(values)
		h.data.levelEncodings = [2]int64{int64(format.RLE), int64(format.RLE)}
		content, err := p.levels(h)
		if err != nil {
			return
		}
		const prefixes = 1 << 20
		_, err = p.decode(encodings()[int(encoding)%len(encodings())], content, &room{used: maxRoom - prefixes})
		for name, size := range map[string]int{
			"repetition levels": cap(p.repetition), "definition levels": cap(p.definition), "indexes": 4 * cap(p.index), "ends": 4 * cap(p.ends),
		} {
			require.LessOrEqual(t, size, 4*int(values), name)
		}
		require.LessOrEqual(t, cap(p.made), max(12*int(values), prefixes))
		if err != nil {
			return
		}
		var buffer [100]parquet.Value
		read := 0
		for n := p.Read(buffer[:]); n > 0; n = p.Read(buffer[:]) {
			read += n
			for _, v := range buffer[:n] {
				_ = v.String()
			}
		}
		require.Equal(t, int(values), read)
	})
}

// FuzzInflate inflates whatever bytes, by every codec, with decoders that have seen the ones before. It
// must end within the room, or in an error; what is inflated, the library inflates to the same.
func FuzzInflate(f *testing.F) {
	for i, codec := range codecs() {
		for _, content := range [][]byte{{1}, hostile.Texts("a", "b", "c"), make([]byte, 5000), bytes.Repeat([]byte("some text, "), 50)} {
			f.Add(byte(i), uint16(len(content)), hostile.Compress(codec, content))
			f.Add(byte(i), uint16(10), hostile.Compress(codec, content))
		}
	}
	var shared inflater
	f.Fuzz(func(t *testing.T, which byte, room uint16, src []byte) {
		codec := codecs()[int(which)%len(codecs())]
		dst := make([]byte, room)
		n, err := shared.inflate(codec, dst, src)
		if err != nil {
			return
		}
		require.LessOrEqual(t, n, len(dst))
		if len(src) == 0 {
			return
		}
		theirs, err := parquet.LookupCompressionCodec(codec).Decode(nil, src)
		require.NoError(t, err)
		require.True(t, bytes.Equal(theirs, dst[:n]), "%d bytes, not %d", n, len(theirs))
	})
}

// FuzzRoundTrip has the library encode values made of the input, and expects them back.
func FuzzRoundTrip(f *testing.F) {
	f.Add(uint16(3), []byte("some \x00 bytes of which \xff values are made, some \x00 bytes of which values are made"))
	f.Add(uint16(0), []byte{})
	f.Add(uint16(300), bytes.Repeat([]byte{0}, 3000))
	f.Fuzz(func(t *testing.T, spread uint16, data []byte) {
		n := min(len(data)/8, 1<<13)
		integers, small, texts := make([]int64, n), make([]int32, n), []byte{}
		indexes, levels, ends := make([]int32, n), make([]byte, n), []uint32{0}
		for i := range n {
			word := data[8*i:][:8]
			integers[i] = int64(binary.LittleEndian.Uint64(word)) >> (word[0] & 63)
			small[i] = int32(binary.LittleEndian.Uint32(word)) >> (word[1] & 31)
			indexes[i], levels[i] = int32(binary.LittleEndian.Uint16(word)%(spread|1)), word[2]&3
			texts = append(texts, word[:word[0]&7]...)
			ends = append(ends, uint32(len(texts)))
		}
		page := func(kind parquet.Kind, encoding format.Encoding, encoded []byte, err error) *Page {
			require.NoError(t, err)
			p := &Page{leaf: &leaf{kind: kind}, entries: n, values: n, dict: &Page{values: 1 << 16}}
			_, err = p.decode(encoding, encoded, &room{})
			require.NoError(t, err, encoding)
			return p
		}
		words := func(p *Page, width int) (out []int64) {
			for i := range n {
				v := p.leaf.value(p.data[i*width:][:width])
				if width == 4 {
					out = append(out, int64(v.Int32()))
				} else {
					out = append(out, v.Int64())
				}
			}
			return out
		}
		encoded, err := parquet.DeltaBinaryPacked.EncodeInt64(nil, integers)
		require.Equal(t, integers, append([]int64{}, words(page(parquet.Int64, format.DeltaBinaryPacked, encoded, err), 8)...))
		encoded, err = parquet.ByteStreamSplit.EncodeInt64(nil, integers)
		require.Equal(t, integers, append([]int64{}, words(page(parquet.Int64, format.ByteStreamSplit, encoded, err), 8)...))
		encoded, err = parquet.DeltaBinaryPacked.EncodeInt32(nil, small)
		for i, v := range words(page(parquet.Int32, format.DeltaBinaryPacked, encoded, err), 4) {
			require.Equal(t, small[i], int32(v))
		}
		if n > 0 {
			encoded, err = parquet.RLEDictionary.EncodeInt32(nil, indexes)
			for i, at := range page(parquet.ByteArray, format.RLEDictionary, encoded, err).index {
				require.Equal(t, indexes[i], int32(at))
			}
			for _, encoding := range []format.Encoding{format.Plain, format.DeltaLengthByteArray, format.DeltaByteArray} {
				encoded, err = parquet.LookupEncoding(encoding).EncodeByteArray(nil, texts, ends)
				got := page(parquet.ByteArray, encoding, encoded, err)
				require.Equal(t, string(texts), string(got.data), encoding)
				require.Equal(t, ends[1:], got.ends, encoding)
			}
		}
		encoded, err = (&rle.Encoding{BitWidth: 2}).EncodeLevels(nil, slices.Clone(levels))
		require.NoError(t, err)
		got, err := decodeLevels(nil, n, 3, encoded)
		require.NoError(t, err)
		require.Equal(t, levels, append([]byte{}, got...))
	})
}
