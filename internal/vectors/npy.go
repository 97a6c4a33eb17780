package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Bounds on what a header may claim, checked before anything is allocated or mapped.
const (
	maxHeader    = 1 << 16
	maxDimension = 1 << 16
	maxRows      = 1 << 40
)

// header is what a .npy file says of its array.
type header struct {
	descr string // descrHalf or descrFloat
	shape []int  // one or two lengths
	data  int    // where the values start in the file
}

// width is the size of a value in bytes.
func (h header) width() int {
	if h.descr == descrHalf {
		return 2
	}
	return 4
}

// parseHeader reads the header of a .npy file, format versions 1 to 3, from the file's first
// bytes. Only little-endian float16 and float32 in C order are embeddings.
func parseHeader(b []byte) (header, error) {
	if len(b) < 12 || string(b[:6]) != "\x93NUMPY" {
		return header{}, errors.New("is not a .npy file: it does not start with numpy's mark")
	}
	start, size := 10, int(binary.LittleEndian.Uint16(b[8:]))
	switch b[6] {
	case 1:
	case 2, 3:
		claimed := binary.LittleEndian.Uint32(b[8:])
		start, size = 12, int(min(claimed, maxHeader+1))
	default:
		return header{}, fmt.Errorf("has .npy format version %d.%d; versions 1 to 3 can be read", b[6], b[7])
	}
	if size > maxHeader || start+size > len(b) {
		return header{}, fmt.Errorf("has a header of %d bytes that does not fit the file's %d", size, len(b))
	}
	h, err := parseDict(string(b[start : start+size]))
	if err != nil {
		return header{}, err
	}
	h.data = start + size
	return h, nil
}

// parseDict reads the Python dict in a header. numpy writes exactly three keys, in any order.
func parseDict(s string) (header, error) {
	h := header{}
	s = strings.TrimSpace(s)
	if len(s) < 2 || s[0] != '{' || s[len(s)-1] != '}' {
		return h, fmt.Errorf("has a header that is no dict: %.80q", s)
	}
	fields, err := splitDict(s[1 : len(s)-1])
	if err != nil {
		return h, err
	}
	h.descr = strings.Trim(fields["descr"], `'"`)
	if h.descr != descrHalf && h.descr != descrFloat {
		return h, fmt.Errorf("has values of type %.20q; embeddings are '<f2' or '<f4' (convert with numpy's astype)", h.descr)
	}
	if fields["fortran_order"] != "False" {
		return h, errors.New("is not in C order (convert with numpy's ascontiguousarray)")
	}
	h.shape, err = parseShape(fields["shape"])
	return h, err
}

// splitDict cuts "'a': x, 'b': (1, 2), " into its pairs.
func splitDict(body string) (map[string]string, error) {
	out := map[string]string{}
	for body = strings.TrimSpace(body); body != ""; body = strings.TrimSpace(body) {
		key, rest, ok := strings.Cut(body, ":")
		if !ok || len(out) == 3 {
			return nil, fmt.Errorf("has a header that cannot be read at %.40q", body)
		}
		rest = strings.TrimSpace(rest)
		end := strings.IndexByte(rest, ',')
		if strings.HasPrefix(rest, "(") {
			end = strings.IndexByte(rest, ')') + 1
		}
		if end < 0 {
			end = len(rest)
		}
		out[strings.Trim(strings.TrimSpace(key), `'"`)] = strings.TrimSpace(rest[:end])
		body = strings.TrimPrefix(strings.TrimSpace(rest[end:]), ",")
	}
	return out, nil
}

// parseShape reads "(3, 4)" or "(3,)".
func parseShape(s string) ([]int, error) {
	if len(s) < 2 || s[0] != '(' || s[len(s)-1] != ')' {
		return nil, fmt.Errorf("has no shape, but %.40q", s)
	}
	inner := strings.TrimSpace(s[1 : len(s)-1])
	var shape []int
	for part := range strings.SplitSeq(strings.TrimSuffix(inner, ","), ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil || n < 0 || n > maxRows || len(shape) == 2 {
			return nil, fmt.Errorf("has the shape %.40s; embeddings are one row a sample: (rows, dimension)", s)
		}
		shape = append(shape, int(n))
	}
	return shape, nil
}

// matrix is a memory-mapped array of vectors, one row a sample.
type matrix struct {
	path            string
	rows, dimension int
	width           int    // of a value: 2 for float16, 4 for float32
	mapped          []byte // the file
	values          []byte // rows*dimension values of it
}

// openMatrix maps the file at path; nothing is read until it is used.
func openMatrix(path string) (*matrix, error) {
	mapped, err := mapFile(path)
	if err != nil {
		return nil, err
	}
	m, err := newMatrix(path, mapped)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s %w", path, err), unix.Munmap(mapped))
	}
	return m, nil
}

// mapFile maps a whole file for reading.
func mapFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open embeddings: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the size of %s: %w", path, err)
	}
	if info.Size() < 12 || info.Size() > math.MaxInt {
		return nil, fmt.Errorf("%s has %d bytes, too few for a .npy file: write it again", path, info.Size())
	}
	mapped, err := unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("cannot map %s into memory: %w", path, err)
	}
	return mapped, nil
}

// newMatrix checks that the mapped file is exactly the array that its header claims. A single
// vector counts as one row.
func newMatrix(path string, mapped []byte) (*matrix, error) {
	h, err := parseHeader(mapped)
	if err != nil {
		return nil, err
	}
	rows, dimension := 1, h.shape[0]
	if len(h.shape) == 2 {
		rows, dimension = h.shape[0], h.shape[1]
	}
	if dimension < 1 && rows > 0 || dimension > maxDimension {
		return nil, fmt.Errorf("has vectors of %d dimensions; 1 to %d can be read", dimension, maxDimension)
	}
	size := rows * dimension * h.width() // at most 2^40 * 2^16 * 4 < 2^63
	if have := len(mapped) - h.data; have != size {
		return nil, fmt.Errorf("holds %d bytes of values where %d rows of %d dimensions take %d: it is cut short or damaged; write it again", have, rows, dimension, size)
	}
	return &matrix{path: path, rows: rows, dimension: dimension, width: h.width(), mapped: mapped, values: mapped[h.data:]}, nil
}

// close unmaps the file.
func (m *matrix) close() error {
	if err := unix.Munmap(m.mapped); err != nil {
		return fmt.Errorf("cannot unmap %s: %w", m.path, err)
	}
	return nil
}

// block gives the bytes of n rows from first.
func (m *matrix) block(first, n int) []byte {
	stride := m.dimension * m.width
	return m.values[first*stride : (first+n)*stride]
}

// vector gives one row as float32.
func (m *matrix) vector(row int) []float32 {
	out := make([]float32, m.dimension)
	m.decode(out, m.block(row, 1))
	return out
}

// decode widens values to float32; src holds exactly len(dst) of them.
func (m *matrix) decode(dst []float32, src []byte) {
	if m.width == 2 {
		decodeHalves(dst, src)
		return
	}
	decodeFloats(dst, src)
}

// zero says whether every value of a row is zero: it was erased.
func (m *matrix) zero(row int) bool {
	for _, b := range m.block(row, 1) {
		if b != 0 {
			return false
		}
	}
	return true
}
