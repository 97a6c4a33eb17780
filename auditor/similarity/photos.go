package similarity

// Photos are photo embeddings, and beside them the same rounded to 16 bits where the processor can
// screen with those.
type Photos struct {
	dim     int
	rows    []float32
	numbers numbers
}

// NewPhotos prepares photo embeddings, rows of dim one after the other, which it shares.
func NewPhotos(rows []float32, dim int) *Photos {
	p := &Photos{dim: dim, rows: rows}
	if canScreen() && len(rows) > 0 {
		p.numbers = roundPhotos(rows, dim)
	}
	return p
}
