package vectors

// home is a file of vectors on its way through a scanner, with the queries as its codes take them.
type home struct {
	m       *matrix
	codes   *codes
	id      int64 // of the file's first row
	bearing bearing
	numbers numbers // of what lies across the axis
	signs   numbers // the same rotated, for codes of one bit
}

// newHome shapes queries for the codes of a span's file.
func newHome(sp span, queries [][]float64) *home {
	in := &home{m: sp.m, codes: sp.codes, id: sp.id - int64(sp.first)}
	var across [][]float64
	in.bearing, across = sp.codes.bearings(queries)
	in.numbers = narrow(across, halves().perRow(sp.codes.dimension), halfZero)
	if sp.bits != nil {
		turned := newRotation(sp.codes.dimension).turned(across)
		in.signs = narrow(turned, oneBit().perRow(sp.codes.dimension), bitZero)
	}
	return in
}
