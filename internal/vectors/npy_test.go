package vectors

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// npyFile makes a file of the given format version around a header dict and values.
func npyFile(version byte, dict string, values []byte) []byte {
	out := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		out = binary.LittleEndian.AppendUint16(out, uint16(len(dict)))
	} else {
		out = binary.LittleEndian.AppendUint32(out, uint32(len(dict)))
	}
	return append(append(out, dict...), values...)
}

func TestOpenMatrix(t *testing.T) {
	// numpy: np.array([[1, -2], [0.5, 6.1e-5]], '<f2').tobytes(), and the same as '<f4'
	half := []byte("\x00\x3c\x00\xc0\x00\x38\x00\x04")
	single := []byte("\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\x00\x80\x38")
	want := [][]float32{{1, -2}, {0.5, 0x1p-14}}
	cases := []struct {
		name string
		file []byte
		want [][]float32
	}{
		{"float16", npyFile(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }\n", half), want},
		{"float32", npyFile(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n", single), want},
		{"version 2", npyFile(2, "{'descr': '<f2', 'fortran_order': False, 'shape': (2, 2), }  \n", half), want},
		{"version 3, other order and quotes", npyFile(3, `{"shape":(2,2),"fortran_order":False,"descr":"<f2"}`, half), want},
		{"one vector", npyFile(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (4,), }\n", half), [][]float32{{1, -2, 0.5, 0x1p-14}}},
		{"no rows", npyFile(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (0, 7), }\n", nil), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "x.npy")
			require.NoError(t, os.WriteFile(path, c.file, 0o600))
			got, err := ReadVectors(path)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestOpenMatrixRefuses(t *testing.T) {
	dict := func(descr, order, shape string) []byte {
		return npyFile(1, "{'descr': "+descr+", 'fortran_order': "+order+", 'shape': "+shape+", }\n", make([]byte, 8))
	}
	cases := []struct {
		name string
		file []byte
		says string
	}{
		{"empty", nil, "too few for a .npy file"},
		{"other format", []byte("PK\x03\x04 this is a zip file"), "does not start with numpy's mark"},
		{"future version", npyFile(4, "{}", nil), "version 4.0"},
		{"float64", dict("'<f8'", "False", "(1, 1)"), `type "<f8"`},
		{"big-endian", dict("'>f4'", "False", "(1, 2)"), `type ">f4"`},
		{"objects", dict("'|O'", "False", "(1, 1)"), `type "|O"`},
		{"fortran", dict("'<f4'", "True", "(1, 2)"), "C order"},
		{"three dimensions", dict("'<f4'", "False", "(1, 1, 2)"), "(rows, dimension)"},
		{"no dimensions", dict("'<f4'", "False", "()"), "(rows, dimension)"},
		{"negative", dict("'<f4'", "False", "(-1, 2)"), "(rows, dimension)"},
		{"overflow", dict("'<f4'", "False", "(99999999999999999999, 2)"), "(rows, dimension)"},
		{"huge", dict("'<f4'", "False", "(1000000000000, 65536)"), "cut short or damaged"},
		{"too wide", dict("'<f4'", "False", "(0, 65537)"), "65537 dimensions"},
		{"cut short", dict("'<f4'", "False", "(2, 2)"), "2 rows of 2 dimensions take 16"},
		{"too long", dict("'<f4'", "False", "(1, 1)"), "8 bytes of values"},
		{"header past the end", []byte("\x93NUMPY\x01\x00\xff\xff{'descr'"), "does not fit"},
		{"header of 4 GiB", []byte("\x93NUMPY\x02\x00\xff\xff\xff\xff{'de"), "does not fit"},
		{"no dict", npyFile(1, "('<f4')", nil), "no dict"},
		{"nothing in the dict", npyFile(1, "{}    ", nil), `type ""`},
		{"dict without values", npyFile(1, "{'descr', 'x'}", nil), "cannot be read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "bad.npy")
			require.NoError(t, os.WriteFile(path, c.file, 0o600))
			_, err := openMatrix(path)
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, path)
		})
	}
	_, err := openMatrix(filepath.Join(t.TempDir(), "absent.npy"))
	require.ErrorContains(t, err, "absent.npy")
}

func TestWriteNPY(t *testing.T) {
	rows := [][]float32{{1, -0.25, 3}, {0, 2, 1}}
	for name, write := range map[string]func(*bytes.Buffer) error{
		descrHalf:  func(b *bytes.Buffer) error { return WriteFloat16(b, rows) },
		descrFloat: func(b *bytes.Buffer) error { return WriteFloat32(b, rows) },
	} {
		var b bytes.Buffer
		require.NoError(t, write(&b))
		require.Contains(t, b.String(), name)
		path := filepath.Join(t.TempDir(), "x.npy")
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		got, err := ReadVectors(path)
		require.NoError(t, err)
		require.Equal(t, rows, got)
	}
	require.ErrorContains(t, WriteFloat16(&bytes.Buffer{}, [][]float32{{1}, {1, 2}}), "row 1 has 2 dimensions")
}

// TestHeaderAsNumpy holds our header against one that numpy wrote.
func TestHeaderAsNumpy(t *testing.T) {
	content, err := os.ReadFile(fixture(t, "clip-retrieval/run_2_45/emb_p2/img_emb/img_emb_0.npy"))
	require.NoError(t, err)
	require.Equal(t, string(content[:128]), string(npyHeader(descrHalf, 19, 64)))
}

func FuzzParseHeader(f *testing.F) {
	f.Add(npyHeader(descrHalf, 3, 4))
	f.Add(npyFile(2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", nil))
	f.Add(npyFile(1, "{'shape': ((, 'descr': ',': '", nil))
	f.Add(npyFile(1, "{(:)}", nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		h, err := parseHeader(b)
		if err != nil {
			return
		}
		if h.data > len(b) || h.descr != descrHalf && h.descr != descrFloat || len(h.shape) < 1 || len(h.shape) > 2 {
			t.Errorf("accepted %+v", h)
		}
		m, err := newMatrix("x", b)
		if err == nil && m.rows > 0 {
			m.vector(m.rows - 1)
		}
		if err != nil && strings.TrimSpace(err.Error()) == "" {
			t.Error("an error without words")
		}
	})
}
