// Package similarity compares photo embeddings with the embeddings of many names, the inner loop of
// the attack: products in float32, and verdicts on photos that need few of them.
package similarity

import (
	"errors"
	"fmt"
)

const (
	tileRows = 8  // photos that one kernel call takes
	panel    = 16 // names that one kernel call takes
)

// Names holds name embeddings in panels of 16, element by element, as the kernel reads them, and
// beside them the same rounded to 16 bits where the processor can screen with those.
type Names struct {
	count, dim int
	vectors    [][]float32
	panels     []float32
	numbers    numbers
}

// Pack makes panels of vectors, all of one length, and keeps the vectors.
func Pack(vectors [][]float32) (*Names, error) {
	if len(vectors) == 0 || len(vectors[0]) == 0 {
		return nil, errors.New("no name embeddings to compare with")
	}
	n := &Names{count: len(vectors), dim: len(vectors[0]), vectors: vectors}
	n.panels = make([]float32, n.Stride()*n.dim)
	for i, v := range vectors {
		if len(v) != n.dim {
			return nil, fmt.Errorf("name %d has %d dimensions, the first has %d", i+1, len(v), n.dim)
		}
		at := i/panel*panel*n.dim + i%panel
		for k, x := range v {
			n.panels[at+k*panel] = x
		}
	}
	if canScreen() {
		n.numbers = roundNames(vectors, n.dim)
	}
	return n, nil
}

// Dim is the length of every embedding.
func (n *Names) Dim() int { return n.dim }

// Stride is the length of one row that Multiply writes: the number of names rounded up to whole
// panels. What lies beyond the names is 0.
func (n *Names) Stride() int { return (n.count + panel - 1) / panel * panel }

// Multiply writes to out the inner products of photos (rows of Dim, one after the other) with all
// names: row i starts at i*Stride. A product is summed element by element, so that it does not
// depend on where in a block its photo or name stands. out must hold a row for each photo.
func (n *Names) Multiply(photos, out []float32) {
	rows, stride := len(photos)/n.dim, n.Stride()
	whole := rows / tileRows * tileRows
	n.tiles(photos[:whole*n.dim], out[:whole*stride])
	if whole == rows {
		return
	}
	rest := make([]float32, tileRows*n.dim)
	copy(rest, photos[whole*n.dim:])
	products := make([]float32, tileRows*stride)
	n.tiles(rest, products)
	copy(out[whole*stride:rows*stride], products)
}

// tiles multiplies a whole number of tiles, panel by panel: a panel stays in cache while all photos
// pass by.
func (n *Names) tiles(photos, out []float32) {
	stride := n.Stride()
	for first := 0; first < stride; first += panel {
		names := n.panels[first*n.dim : (first+panel)*n.dim]
		for row := 0; row*n.dim < len(photos); row += tileRows {
			tile(photos[row*n.dim:(row+tileRows)*n.dim], names, n.dim, out[row*stride+first:], stride)
		}
	}
}

// tilePortable is the kernel in plain Go: out[r*stride+c] = sum over k of rows[r][k] * names[k][c].
func tilePortable(rows, names []float32, dim int, out []float32, stride int) {
	for r := range tileRows {
		var sums [panel]float32
		for k, x := range rows[r*dim : (r+1)*dim] {
			for c, y := range names[k*panel : (k+1)*panel] {
				sums[c] += x * y
			}
		}
		copy(out[r*stride:], sums[:])
	}
}
