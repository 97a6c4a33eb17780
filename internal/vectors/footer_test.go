package vectors

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// parquetFile puts a footer where a Parquet file has it.
func parquetFile(footer []byte) []byte {
	out := append([]byte("PAR1"), footer...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(footer)))
	return append(out, "PAR1"...)
}

func check(file []byte) error { return checkFooter(bytes.NewReader(file), int64(len(file))) }

func TestCheckFooter(t *testing.T) {
	var data table
	data.add(retriever.Row{Caption: "a", Fields: map[string]any{"n": 1, "x": 0.5, "b": true}})
	var whole bytes.Buffer
	require.NoError(t, data.write(&whole))
	require.NoError(t, check(whole.Bytes()))
	require.NoError(t, check(parquetFile([]byte{0})), "a struct without fields")

	cases := []struct {
		name string
		file []byte
		says string
	}{
		{"short", []byte("PAR1PAR1"), "only 8 bytes"},
		{"no mark", whole.Bytes()[:whole.Len()-1], "Parquet's mark"},
		{"footer longer than the file", []byte("PAR1\xff\xff\xff\x0fPAR1"), "claims 268435455 of 12"},
		// 0x19: field 1, a list; 0xfc: of structs, the count follows; then 2^32-1
		{"a list of four billion", parquetFile([]byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0}), "footer is damaged"},
		// 0x18: field 1, a string; then its length, 2^31
		{"a string of two gigabytes", parquetFile([]byte{0x18, 0x80, 0x80, 0x80, 0x80, 0x08, 'a', 0}), "footer is damaged"},
		// 0x1c: field 1, a struct, and in it the same
		{"structs without end", parquetFile(bytes.Repeat([]byte{0x1c}, 4000)), "footer is damaged"},
		{"no stop", parquetFile([]byte{0x15, 0x02}), "footer is damaged"},
		{"unknown type", parquetFile([]byte{0x1e, 0}), "footer is damaged"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { require.ErrorContains(t, check(c.file), c.says) })
	}
}

func FuzzCheckFooter(f *testing.F) {
	f.Add([]byte{0})
	f.Add([]byte{0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x0f, 0})
	f.Add([]byte{0x1b, 0x02, 0x88, 0x01, 'a', 0x01, 'b', 0, 0})
	f.Fuzz(func(t *testing.T, footer []byte) {
		if err := check(parquetFile(footer)); err == nil && len(footer) == 0 {
			t.Error("accepted a footer of no bytes")
		}
	})
}

func TestRowCacheIsBounded(t *testing.T) {
	c := newRowCache()
	for slab := range int64(maxSlabs) {
		c.put(slabKey{0, slab}, []metadataRow{{}})
	}
	require.NotNil(t, c.get(slabKey{0, 0})) // now the most recent
	c.put(slabKey{1, 0}, []metadataRow{{}})
	require.Len(t, c.slabs, maxSlabs)
	require.Equal(t, maxSlabs, c.order.Len())
	require.NotNil(t, c.get(slabKey{0, 0}))
	require.Nil(t, c.get(slabKey{0, 1}), "unused for longest")
}
