package clip

import "math"

// The bicubic filter and its fixed-point form follow Pillow's Resample.c: same
// filter, same order of rounding, so the same bytes.
const (
	bicubicA       = -0.5
	bicubicSupport = 2.0
	// weightBits is the fixed point of a weight: 32 bits, less 8 for the
	// pixel, less 2 for the filter's overshoot and the sign.
	weightBits = 32 - 8 - 2
)

// weights says how each resized pixel of one side is summed from source pixels.
type weights struct {
	first []int32 // first source pixel of each resized pixel
	count []int32 // how many source pixels it takes
	taps  int     // room for one pixel's weights in fixed and exact
	fixed []int32 // weights times 1<<weightBits; unused room is zero
	exact []float64

	quads  int     // of split: source pixels that a resized pixel takes, by four; 0: not split
	start  []int32 // first of them
	digits []int32
}

// newWeights computes the weights of the resized pixels from..from+n-1, for a
// side that goes from in to out pixels. The error wraps ErrTooLarge.
func newWeights(in, out, from, n int) (*weights, error) {
	scale := float64(in) / float64(out)
	filterScale := max(scale, 1)
	support := bicubicSupport * filterScale
	taps := int(math.Ceil(support))*2 + 1
	if err := checkWeights(in, n, taps); err != nil {
		return nil, err
	}
	w := &weights{
		first: make([]int32, n), count: make([]int32, n), taps: taps,
		fixed: make([]int32, n*taps), exact: make([]float64, n*taps),
	}
	for i := range n {
		center := (float64(from+i) + 0.5) * scale
		lo := max(int(center-support+0.5), 0)
		hi := min(int(center+support+0.5), in)
		w.first[i], w.count[i] = int32(lo), int32(hi-lo)
		fillWeights(w.exact[i*taps:i*taps+hi-lo], lo, center, 1/filterScale)
	}
	for i, v := range w.exact {
		w.fixed[i] = int32(v*(1<<weightBits) + math.Copysign(0.5, v))
	}
	return w, nil
}

// fillWeights puts the normalised filter, centred at center, in k; k[0] belongs
// to source pixel lo.
func fillWeights(k []float64, lo int, center, inverse float64) {
	sum := 0.0
	for x := range k {
		k[x] = bicubicFilter((float64(x+lo) - center + 0.5) * inverse)
		sum += k[x]
	}
	if sum == 0 {
		return
	}
	for x := range k {
		k[x] /= sum
	}
}

// bicubicFilter is Keys' cubic convolution kernel (1981), equation 15, with
// a = -0.5. The products are rounded one by one, as in C without contraction.
func bicubicFilter(x float64) float64 {
	x = math.Abs(x)
	if x < 1 {
		t := float64((bicubicA+2)*x) - (bicubicA + 3)
		return float64(float64(t*x)*x) + 1
	}
	if x < bicubicSupport {
		t := float64((x-5)*x) + 8
		return (float64(t*x) - 4) * bicubicA
	}
	return 0
}

// fixedAt gives the weights of resized pixel i.
func (w *weights) fixedAt(i int) []int32 {
	return w.fixed[i*w.taps : i*w.taps+int(w.count[i])]
}

// exactAt gives the weights of resized pixel i, not rounded.
func (w *weights) exactAt(i int) []float64 {
	return w.exact[i*w.taps : i*w.taps+int(w.count[i])]
}

// span gives the first source pixel used and the one after the last.
func (w *weights) span() (first, last int) {
	n := len(w.first) - 1
	return int(w.first[0]), int(w.first[n] + w.count[n])
}
