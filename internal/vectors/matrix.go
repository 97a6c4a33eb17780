package vectors

import (
	"errors"
	"fmt"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

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

// maxRead bounds the values that ReadVectors reads: 256 MiB of float32.
const maxRead = 1 << 26

// ReadVectors reads a whole .npy file of vectors ('<f2' or '<f4'), one a row; a one-dimensional
// array is one vector. It is for queries, so at most 2^26 values are read.
func ReadVectors(path string) (vectors [][]float32, err error) {
	m, err := openMatrix(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if m.rows*m.dimension > maxRead {
		return nil, fmt.Errorf("%s has %d vectors of %d dimensions, too many to ask with at once: cut the file", path, m.rows, m.dimension)
	}
	for row := range m.rows {
		vectors = append(vectors, m.vector(row))
	}
	return vectors, nil
}
