package vectors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
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
