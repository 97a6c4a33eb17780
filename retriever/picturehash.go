package retriever

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"math"
	"math/bits"
	"slices"
)

// PictureHash is the perceptual hash of 64 bits that Python's imagehash calls phash: the image in
// grey, 32 by 32 pixels by Lanczos, its discrete cosine transform, and of the lowest 8 by 8
// frequencies which lie above their median. Pictures that were scaled or stored anew keep it but for
// a few bits. (The module goimagehash computes another one, of 64 by 64 pixels.)
type PictureHash uint64

// NearHash is the distance in bits up to which two pictures count as near-duplicates: of 64 bits
// unrelated pictures share half.
const NearHash = 5

// Distance is in how many of the 64 bits two hashes differ.
func (h PictureHash) Distance(other PictureHash) int { return bits.OnesCount64(uint64(h ^ other)) }

// String writes the hash as imagehash does: 16 hexadecimal digits, the constant frequency first.
func (h PictureHash) String() string { return fmt.Sprintf("%016x", uint64(h)) }

// errFlat: nothing but rounding decides the bits.
var errFlat = errors.New("the image is of one grey throughout and has no perceptual hash")

const (
	hashSide = 32 // of the small image
	hashLow  = 8  // frequencies a side that are kept
)

// NewPictureHash hashes an image file.
func NewPictureHash(file []byte) (PictureHash, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return 0, fmt.Errorf("the image cannot be hashed: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxThumbnailPixels/config.Height {
		return 0, fmt.Errorf("the image cannot be hashed: %d x %d pixels", config.Width, config.Height)
	}
	full, _, err := image.Decode(bytes.NewReader(file))
	if err != nil {
		return 0, fmt.Errorf("the image cannot be hashed: %w", err)
	}
	small := newGrey(full).lanczos(hashSide, hashSide)
	if slices.Max(small.pix) == slices.Min(small.pix) {
		return 0, errFlat
	}
	low := lowFrequencies(small)
	median := slices.Clone(low)
	slices.Sort(median)
	middle := (median[len(median)/2-1] + median[len(median)/2]) / 2
	var h PictureHash
	for _, x := range low {
		h <<= 1
		if x > middle {
			h |= 1
		}
	}
	return h, nil
}

// lowFrequencies gives the lowest 8 by 8 of the image's discrete cosine transform (DCT-II, not scaled),
// vertical frequency by vertical frequency: sum over x, y of p(x,y) cos(pi k (2x+1)/64) cos(pi l (2y+1)/64).
func lowFrequencies(small grey) []float64 {
	var wave [hashLow][hashSide]float64
	for k := range wave {
		for x := range wave[k] {
			wave[k][x] = math.Cos(math.Pi * float64(k*(2*x+1)) / (2 * hashSide))
		}
	}
	low := make([]float64, 0, hashLow*hashLow)
	for l := range hashLow {
		for k := range hashLow {
			var sum float64
			for y := range hashSide {
				for x, p := range small.pix[y*hashSide : (y+1)*hashSide] {
					sum += float64(p) * wave[k][x] * wave[l][y]
				}
			}
			low = append(low, sum)
		}
	}
	return low
}
