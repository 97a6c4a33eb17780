package vectors

import (
	"encoding/binary"
	"math"
)

// axisRows is how many rows, evenly spread, make the axis. Any axis is right; a typical one makes
// small errors.
const axisRows = 4096

// codeZero is what is taken from a code of 8 bits to make it one around zero.
const codeZero = 128

// rowCoder codes the rows of one file of vectors.
type rowCoder struct {
	m      *matrix
	kind   codeKind
	turn   *rotation // of oneBit
	axis   []float32
	reach  []float64 // by table, so far
	spread []float64 // the axis, turned
	square float64   // of its length
	row    []float32
	along  float64   // the loaded row's product with the axis, in units of it
	rest   []float64 // the loaded row of length 1, turned, less along*axis
	code   []float64
}

// rowTerms are what a row's code needs to bound it.
type rowTerms struct{ scale, offset, err float32 }

// newRowCoder takes a file's mean direction as the axis.
func newRowCoder(kind codeKind, m *matrix) *rowCoder {
	w := &rowCoder{
		m: m, kind: kind, reach: make([]float64, kind.tables), row: make([]float32, m.dimension),
		rest: make([]float64, m.dimension), code: make([]float64, m.dimension), spread: make([]float64, m.dimension),
	}
	w.axis = w.mean()
	for j, x := range w.axis {
		w.spread[j] = float64(x)
		w.square += w.spread[j] * w.spread[j]
	}
	if kind.tables == 1 {
		r := newRotation(m.dimension)
		r.turn(w.spread)
		w.turn = &r
	}
	return w
}

// mean averages the directions of rows spread over the file.
func (w *rowCoder) mean() []float32 {
	sums := make([]float64, w.m.dimension)
	n := 0
	step := max(1, w.m.rows/axisRows)
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
func (w *rowCoder) load(row int) float64 {
	w.m.decode(w.row, w.m.block(row, 1))
	var square float64
	for _, x := range w.row {
		square += float64(x) * float64(x)
	}
	return math.Sqrt(square)
}

// block codes up to blockRows rows from first on into a block of every table; rows that are
// missing have no direction.
func (w *rowCoder) block(first int, out [][]byte) {
	stride := w.kind.stride(w.m.dimension)
	rows := make([][]byte, len(out))
	terms := make([]rowTerms, len(out))
	for r := range blockRows {
		for t := range out {
			rows[t] = out[t][r*stride : (r+1)*stride]
			clear(rows[t])
			terms[t] = rowTerms{err: float32(math.Inf(-1))}
		}
		if first+r < w.m.rows {
			w.one(w.load(first+r), rows, terms)
		}
		for t := range out {
			for i, x := range []float32{terms[t].scale, terms[t].offset, terms[t].err} {
				binary.LittleEndian.PutUint32(out[t][blockRows*stride+4*termPlace(t > 0, r, i):], math.Float32bits(x))
			}
		}
	}
}

// one codes the loaded row, of the given length.
func (w *rowCoder) one(length float64, rows [][]byte, terms []rowTerms) {
	switch {
	case length == 0 || math.IsNaN(length) || math.IsInf(length, 0):
		return
	case length < 1e-15 || length > 1e18: // squares leave the range in which float32 is exact to 2^-24
		for t := range terms {
			terms[t].err = float32(math.Inf(1))
		}
		return
	}
	for j, x := range w.row {
		w.rest[j] = float64(x) / length
	}
	if w.turn != nil {
		w.turn.turn(w.rest)
	}
	w.along = 0
	if w.square > 0 {
		for j, x := range w.rest {
			w.along += x * w.spread[j]
		}
		w.along /= w.square
	}
	for j := range w.rest {
		w.rest[j] -= w.along * w.spread[j]
	}
	if w.turn != nil {
		terms[0] = w.bits(rows[0])
		return
	}
	w.halves(rows[0], rows[1], terms)
}

// bits codes the signs of the loaded row.
func (w *rowCoder) bits(out []byte) rowTerms {
	for j, v := range w.rest {
		w.code[j] = -1
		if v >= 0 {
			w.code[j] = 1
			out[j/8] |= 1 << (j % 8)
		}
	}
	return w.terms(0, w.nearest())
}

// halves codes the loaded row in 8 bits a value.
func (w *rowCoder) halves(high, low []byte, terms []rowTerms) {
	largest := 0.0
	for _, v := range w.rest {
		largest = max(largest, math.Abs(v))
	}
	scale := float32(largest / 127)
	for j, v := range w.rest {
		w.code[j] = 0
		if scale > 0 {
			w.code[j] = min(max(math.RoundToEven(v/float64(scale)), -127), 127)
		}
		code, at, shift := byte(int(w.code[j])+codeZero), j/128*64+j%64, j/64%2*4
		high[at] |= code >> 4 << shift
		low[at] |= code & 15 << shift
	}
	terms[1] = w.terms(1, scale)
	for j, code := range w.code {
		w.code[j] = float64((int(code)+codeZero)>>4*2 - halfZero)
	}
	terms[0] = w.terms(0, w.nearest())
}

// nearest is the scale at which the code lies nearest to the row: what is left is then at right
// angles to the code.
func (w *rowCoder) nearest() float32 {
	var product, square float64
	for j, c := range w.code {
		product += c * w.rest[j]
		square += c * c
	}
	return float32(product / square)
}

// terms gives what bounds the loaded row when its code has a scale.
func (w *rowCoder) terms(table int, scale float32) rowTerms {
	s := float64(scale)
	var along, coded float64
	for j, c := range w.code {
		along += (w.rest[j] - s*c) * w.spread[j]
		coded += s * c * s * c
	}
	if w.square > 0 {
		along /= w.square
	}
	var lost float64
	for j, c := range w.code {
		rest := w.rest[j] - s*c - along*w.spread[j]
		lost += rest * rest
	}
	w.reach[table] = max(w.reach[table], math.Sqrt(coded)*(1+1e-9))
	return rowTerms{scale, float32(w.along), roundUp(math.Sqrt(lost))}
}
