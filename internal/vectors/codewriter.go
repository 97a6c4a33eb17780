package vectors

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// meanRows is how many rows, evenly spread, make the mean. Any mean is right; a typical one makes
// small errors.
const meanRows = 4096

// codeWriter codes the rows of one file of vectors.
type codeWriter struct {
	m      *matrix
	mean   []float32
	stride int
	reach  float64
	row    []float32
	rest   []float64 // the row of length 1, less the mean
	block  []byte
}

// writeCodes writes the codes of a file of vectors, whole or not at all.
func writeCodes(ctx context.Context, path string, m *matrix, is origin) (err error) {
	out, err := createPending(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("cannot write %s: %w", path, err), out.abandon())
		}
	}()
	w := &codeWriter{m: m, stride: codeStride(m.dimension), row: make([]float32, m.dimension), rest: make([]float64, m.dimension)}
	w.block = make([]byte, blockSize(w.stride))
	w.mean = w.sampleMean()
	if _, err = out.Write(make([]byte, codeHeader)); err != nil {
		return err
	}
	mean := make([]byte, meanSize(m.dimension))
	for j, x := range w.mean {
		binary.LittleEndian.PutUint32(mean[4*j:], math.Float32bits(x))
	}
	if _, err = out.Write(mean); err != nil {
		return err
	}
	for first := 0; first < m.rows; first += blockRows {
		if err = ctx.Err(); err != nil {
			return err
		}
		w.codeBlock(first)
		if _, err = out.Write(w.block); err != nil {
			return err
		}
	}
	header, err := codeFileHeader(codeDescription{Origin: is, Rows: m.rows, Dimension: m.dimension, Reach: w.reach})
	if err != nil {
		return err
	}
	if err = out.Flush(); err != nil {
		return err
	}
	if _, err = out.file.WriteAt(header, 0); err != nil {
		return err
	}
	if _, err = out.seal(); err != nil {
		return err
	}
	return out.publish()
}

// codeFileHeader makes the first codeHeader bytes of a file.
func codeFileHeader(d codeDescription) ([]byte, error) {
	description, err := json.Marshal(d)
	if err != nil || len(description) > codeHeader-12 {
		return nil, errors.Join(errNotCoded, err)
	}
	header := make([]byte, codeHeader)
	copy(header, codeMark)
	binary.LittleEndian.PutUint32(header[8:], uint32(len(description)))
	copy(header[12:], description)
	return header, nil
}

// sampleMean averages the directions of rows spread over the file.
func (w *codeWriter) sampleMean() []float32 {
	sums := make([]float64, w.m.dimension)
	n := 0
	step := max(1, w.m.rows/meanRows)
	for r := 0; r < w.m.rows; r += step {
		if length := w.load(r); length > 0 && !math.IsInf(length, 0) {
			for j, x := range w.row {
				sums[j] += float64(x) / length
			}
			n++
		}
	}
	out := make([]float32, len(sums))
	for j := range out {
		out[j] = float32(sums[j] / float64(max(n, 1)))
	}
	return out
}

// load reads a row and gives its length: 0, infinite or not a number without a direction.
func (w *codeWriter) load(row int) float64 {
	w.m.decode(w.row, w.m.block(row, 1))
	var square float64
	for _, x := range w.row {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}

// codeBlock codes up to blockRows rows; those that are missing have no direction.
func (w *codeWriter) codeBlock(first int) {
	clear(w.block)
	for r := range blockRows {
		scale, err := float32(0), float32(math.Inf(-1))
		if first+r < w.m.rows {
			scale, err = w.code(w.load(first+r), w.block[r*w.stride:][:w.m.dimension])
		}
		binary.LittleEndian.PutUint32(w.block[blockRows*w.stride+4*r:], math.Float32bits(scale))
		binary.LittleEndian.PutUint32(w.block[blockRows*(w.stride+4)+4*r:], math.Float32bits(err))
	}
}

// code codes the loaded row, of the given length, and gives its scale and error.
func (w *codeWriter) code(length float64, codes []byte) (scale, err float32) {
	switch {
	case length == 0 || math.IsNaN(length) || math.IsInf(length, 0):
		return 0, float32(math.Inf(-1))
	case length < 1e-15 || length > 1e18: // squares leave the range in which float32 is exact to 2^-24
		return 0, float32(math.Inf(1))
	}
	var largest float64
	for j, x := range w.row {
		w.rest[j] = float64(x)/length - float64(w.mean[j])
		largest = max(largest, math.Abs(w.rest[j]))
	}
	scale = float32(largest / 127)
	var lost, coded float64
	for j, v := range w.rest {
		c := 0.0
		if scale > 0 {
			c = min(max(math.RoundToEven(v/float64(scale)), -127), 127)
		}
		codes[j] = byte(int(c) + codeZero)
		near := c * float64(scale)
		lost += (v - near) * (v - near)
		coded += near * near
	}
	w.reach = max(w.reach, math.Sqrt(coded)*(1+1e-9))
	return scale, roundUp(math.Sqrt(lost))
}
