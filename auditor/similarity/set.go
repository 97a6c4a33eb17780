package similarity

// groupSize is how many scores one step of the kernels looks at.
const groupSize = 16

// Set is a set of names by their index, a bit each, in groups of 16.
type Set []uint16

// NewSet makes a set among a number of names.
func NewSet(names int, members []int) Set {
	s := make(Set, (names+groupSize-1)/groupSize)
	for _, n := range members {
		s[n/groupSize] |= 1 << (n % groupSize)
	}
	return s
}

// everyName is the set of all names.
func everyName(names int) Set {
	s := NewSet(names, nil)
	for n := range names {
		s[n/groupSize] |= 1 << (n % groupSize)
	}
	return s
}

// Has tells whether a name is in the set.
func (s Set) Has(name int) bool { return s[name/groupSize]>>(name%groupSize)&1 == 1 }
