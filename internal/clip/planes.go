package clip

import "math"

// levelTable holds the normalised value of each byte of each channel.
type levelTable [3][256]float32

func newLevelTable(s *ImageSpec) *levelTable {
	t := &levelTable{}
	for c := range t {
		for b := range t[c] {
			// Division before subtraction, each rounded to float32, is what
			// ToTensor and Normalize do.
			t[c][b] = (float32(b)/255 - s.Mean[c]) / s.Std[c]
		}
	}
	return t
}

// planes puts a square image, of modeGray or modeRGB, into the planes of dst:
// red, green and blue.
func (p *Preprocessor) planes(dst []float32, img *raster) {
	plane := len(dst) / 3
	red, green, blue := dst[:plane], dst[plane:2*plane], dst[2*plane:]
	if img.mode == modeGray {
		for i, v := range img.pix {
			red[i], green[i], blue[i] = p.levels[0][v], p.levels[1][v], p.levels[2][v]
		}
		return
	}
	done := p.kernels.planes(dst, img.pix, &p.spec)
	pix := img.pix[4*done:]
	for i := done; i < plane; i++ {
		red[i], green[i], blue[i] = p.levels[0][pix[0]], p.levels[1][pix[1]], p.levels[2][pix[2]]
		pix = pix[4:]
	}
}

// agrees tells whether a kernel gives every level as the table does, to the
// last bit: it divides in another way.
func (t *levelTable) agrees(planes func([]float32, []byte, *ImageSpec) int, s *ImageSpec) bool {
	var ramp [4 * 256]byte
	for i := range ramp {
		ramp[i] = byte(i / 4)
	}
	var got [3 * 256]float32
	done := planes(got[:], ramp[:], s)
	for c := range t {
		for b, want := range t[c][:done] {
			if math.Float32bits(got[256*c+b]) != math.Float32bits(want) {
				return false
			}
		}
	}
	return true
}
