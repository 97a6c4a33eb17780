package similarity

import "math"

// Verdict is what one photo says of the names under one prompt.
type Verdict struct {
	Winner int // the name with the largest similarity, the lowest index of several equal ones

	// The rest is there where a true name was asked for.
	Own       float32 // similarity of the true name
	BestDecoy float32 // largest similarity of a decoy, NaN without decoys
	Rank      int     // 1 + decoys at or above the true name
}

// Argmax is the index of the largest similarity, the lowest one of several equal ones.
func Argmax(similarities []float32) int {
	best, at := float32(math.Inf(-1)), 0
	for i, s := range similarities {
		if s > best {
			best, at = s, i
		}
	}
	return at
}

// Look gives the verdict from a photo's similarities with all names. own is the index of the true
// name; below 0 only the winner is looked for.
func Look(similarities []float32, own int, decoys Set) Verdict {
	v := Verdict{Winner: Argmax(similarities)}
	if own < 0 {
		return v
	}
	v.Own, v.BestDecoy, v.Rank = similarities[own], noDecoy(), 1
	for n, s := range similarities {
		if !decoys.Has(n) {
			continue
		}
		if !(s <= v.BestDecoy) { // the first decoy replaces NaN
			v.BestDecoy = s
		}
		if s >= v.Own {
			v.Rank++
		}
	}
	return v
}

func noDecoy() float32 { return float32(math.NaN()) }
