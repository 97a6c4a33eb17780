package stats

// scaled is a square matrix times a power of ten, so that its powers do not overflow.
type scaled struct {
	rows     [][]float64
	exponent int
}

func newScaled(rows [][]float64) scaled { return scaled{rows: rows} }

func (s scaled) at(i, j int) float64 { return s.rows[i][j] }

func (s scaled) power(n int) scaled {
	if n == 1 {
		return s
	}
	half := s.power(n / 2)
	square := half.times(half)
	if n%2 == 1 {
		square = square.times(s)
	}
	return square
}

func (s scaled) times(o scaled) scaled {
	size := len(s.rows)
	product := scaled{rows: make([][]float64, size), exponent: s.exponent + o.exponent}
	for i := range product.rows {
		row := make([]float64, size)
		for l, v := range s.rows[i] {
			for j, w := range o.rows[l] {
				row[j] += v * w
			}
		}
		product.rows[i] = row
	}
	if product.rows[size/2][size/2] > 1e140 {
		for _, row := range product.rows {
			for j := range row {
				row[j] *= 1e-140
			}
		}
		product.exponent += 140
	}
	return product
}
