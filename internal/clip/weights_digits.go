package clip

// digits are in base 256, signed: three of them hold any weight, 22 bits of fixed point and a sign.
const weightDigits = 3

// split puts the weights in digits, for processors that multiply four bytes at once: resized pixel i
// takes 4*quads source pixels from start[i] on, and digits[(3*q+d)*n+i] holds digit d, lowest first,
// of the weights of quad q, a byte each. Sides that this does not fit have quads 0: those of too few
// pixels.
func (w *weights) split() {
	n := len(w.first)
	lo, hi := w.span()
	quads := 0
	for _, count := range w.count {
		quads = max(quads, (int(count)+3)/4)
	}
	if n < 4 || hi-lo < 4*quads {
		return
	}
	start, digits := make([]int32, n), make([]int32, weightDigits*quads*n)
	for i, first := range w.first {
		// A window that would reach beyond the source begins earlier, with weights of zero.
		start[i] = min(first, int32(hi-4*quads))
		for t, k := range w.fixedAt(i) {
			at := t + int(first-start[i])
			for d := range weightDigits {
				digit := int8(k)
				digits[(at/4*weightDigits+d)*n+i] |= int32(uint8(digit)) << (at % 4 * 8)
				k = (k - int32(digit)) >> 8
			}
			if k != 0 {
				return // of a filter that overshoots by more than bicubic
			}
		}
	}
	w.quads, w.start, w.digits = quads, start, digits
}
