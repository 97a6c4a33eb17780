package similarity

import "math/bits"

// openProducts are similarities to be computed: of photos (by number in their block) and names.
type openProducts struct {
	photos, names []int
	products      []float32
}

func (o *openProducts) reset() { o.photos, o.names = o.photos[:0], o.names[:0] }

func (o *openProducts) count() int { return len(o.names) }

// add opens one product.
func (o *openProducts) add(photo, name int) run {
	o.photos, o.names = append(o.photos, photo), append(o.names, name)
	return run{len(o.names) - 1, len(o.names)}
}

// drop takes the last open product back and returns its name.
func (o *openProducts) drop() int {
	last := len(o.names) - 1
	name := o.names[last]
	o.photos, o.names = o.photos[:last], o.names[:last]
	return name
}

// group opens a photo's products with the names of one group of 16.
func (o *openProducts) group(photo, group int, names uint16) {
	for ; names != 0; names &= names - 1 {
		o.add(photo, group*groupSize+bits.TrailingZeros16(names))
	}
}

// pairs is how many products one kernel call computes.
const pairs = 6

// multiply computes the open products of a block that begins at the photo first.
func (s *screen) multiply(first int) {
	o, dim := &s.open, s.names.dim
	o.products = o.products[:0]
	var photos, names [pairs]*float32
	var out [pairs]float32
	for at := 0; at < o.count(); at += pairs {
		for i := range pairs {
			n := min(at+i, o.count()-1)
			photos[i], names[i] = &s.photos.rows[(first+o.photos[n])*dim], &s.names.vectors[o.names[n]][0]
		}
		products(&photos, &names, dim, &out)
		o.products = append(o.products, out[:min(pairs, o.count()-at)]...)
	}
}
