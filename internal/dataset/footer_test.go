package dataset

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// parquetOf puts the two marks and the length around a footer.
func parquetOf(footer ...byte) []byte {
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

func checkBytes(file []byte) error { return checkFooter(bytes.NewReader(file), int64(len(file))) }

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
		{"an integer and the stop byte", parquetOf(0x15, 0x02, 0), ""},
		{"booleans have no value", parquetOf(0x11, 0x12, 0), ""},
		{"a map of one string", parquetOf(0x1b, 1, 0x88, 1, 'k', 1, 'v', 0), ""},
		{"no stop byte", parquetOf(0x15, 0x02), "footer is damaged"},
		{"a list that claims 2^31 structs", parquetOf(0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0), "footer is damaged"},
		{"a string longer than the footer", parquetOf(0x18, 0x7f, 'a', 0), "footer is damaged"},
		{"a map that claims 2^28 pairs", parquetOf(0x1b, 0xff, 0xff, 0xff, 0x7f, 0x88, 0), "footer is damaged"},
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
}

func FuzzFooter(f *testing.F) {
	f.Add([]byte{0x15, 0x02, 0})
	f.Add([]byte{0x29, 0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0})
	f.Fuzz(func(t *testing.T, footer []byte) {
		if err := checkBytes(parquetOf(footer...)); err != nil {
			require.ErrorIs(t, err, errFooter)
		}
	})
}
