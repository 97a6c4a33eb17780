package vectors

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// npyHeaderSize is fixed, so that the header can be written again when the rows are counted.
// numpy's own headers of two-dimensional arrays have this size too.
const npyHeaderSize = 128

// The element types of .npy files that hold embeddings.
const (
	descrHalf  = "<f2"
	descrFloat = "<f4"
)

// npyHeader makes a version 1.0 header: magic, length, a Python dict padded with spaces.
func npyHeader(descr string, rows, dimension int) []byte {
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }", descr, rows, dimension)
	header := append([]byte("\x93NUMPY\x01\x00"), 0, 0)
	binary.LittleEndian.PutUint16(header[8:], npyHeaderSize-10)
	header = append(header, dict...)
	header = append(header, strings.Repeat(" ", npyHeaderSize-1-len(header))...)
	return append(header, '\n')
}

// npyWriter appends float16 rows to a pending .npy file.
type npyWriter struct {
	*pending
	dimension, rows int
	line            []byte
}

func createNPY(path string, dimension int) (*npyWriter, error) {
	p, err := createPending(path)
	if err != nil {
		return nil, err
	}
	w := &npyWriter{pending: p, dimension: dimension}
	if _, err := p.Write(npyHeader(descrHalf, 0, dimension)); err != nil {
		return nil, fmt.Errorf("cannot write %s: %w", path, err)
	}
	return w, nil
}

// append adds one row that checkHalves has passed.
func (w *npyWriter) append(v []float32) error {
	w.line = appendHalves(w.line[:0], v)
	if _, err := w.Write(w.line); err != nil {
		return fmt.Errorf("cannot write row %d of %s: %w", w.rows, w.path, err)
	}
	w.rows++
	return nil
}

// seal writes the row count into the header before it seals the file.
func (w *npyWriter) seal() (string, error) {
	if err := w.Flush(); err != nil {
		return "", fmt.Errorf("cannot write %s: %w", w.path, err)
	}
	if _, err := w.file.WriteAt(npyHeader(descrHalf, w.rows, w.dimension), 0); err != nil {
		return "", fmt.Errorf("cannot write the header of %s: %w", w.path, err)
	}
	return w.pending.seal()
}

// checkHalves says why a vector cannot be stored as float16.
func checkHalves(v []float32, dimension int) error {
	if len(v) != dimension {
		return fmt.Errorf("the vector has %d dimensions, the index %d", len(v), dimension)
	}
	for i, x := range v {
		if math.Abs(float64(x)) > maxHalf || x != x {
			return fmt.Errorf("component %d of the vector is %v, which float16 cannot hold", i, x)
		}
	}
	return nil
}

// WriteFloat16 writes rows of equal length as a two-dimensional .npy array ('<f2').
func WriteFloat16(w io.Writer, rows [][]float32) error {
	return writeNPY(w, descrHalf, rows, appendHalves)
}

// WriteFloat32 writes rows of equal length as a two-dimensional .npy array ('<f4').
func WriteFloat32(w io.Writer, rows [][]float32) error {
	return writeNPY(w, descrFloat, rows, func(dst []byte, v []float32) []byte {
		for _, x := range v {
			dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(x))
		}
		return dst
	})
}

func writeNPY(w io.Writer, descr string, rows [][]float32, encode func(dst []byte, v []float32) []byte) error {
	dimension := 0
	if len(rows) > 0 {
		dimension = len(rows[0])
	}
	if _, err := w.Write(npyHeader(descr, len(rows), dimension)); err != nil {
		return fmt.Errorf("cannot write the array's header: %w", err)
	}
	var line []byte
	for i, row := range rows {
		if len(row) != dimension {
			return fmt.Errorf("row %d has %d dimensions, row 0 has %d: an array needs rows of one length", i, len(row), dimension)
		}
		line = encode(line[:0], row)
		if _, err := w.Write(line); err != nil {
			return fmt.Errorf("cannot write row %d of the array: %w", i, err)
		}
	}
	return nil
}
