package auditor

// The pairings of persons' names with other persons' photos, as steps on the roster.
const (
	faceSwap = iota // the next person of the same sex: whose name is tried on these photos
	nameSwap        // the one before
	pairings
)

// guests chooses for every person with photos whose name is tried on them: the next person with
// photos of the same sex on the roster, going round, or the one before for the name swap. So every
// name is tried on one other person's photos. -1 where there is no other or the two share a name.
func guests(persons []Person, photos *gallery, pairing int) []int {
	step := 1
	if pairing == nameSwap {
		step = -1
	}
	groups := map[string][]int{}
	for i, p := range persons {
		if photos.photos(i) > 0 {
			sex := sexOf(p.Sex)
			groups[sex] = append(groups[sex], i)
		}
	}
	out := make([]int, len(persons))
	for i := range out {
		out[i] = -1
	}
	for _, group := range groups {
		for at, i := range group {
			j := group[(at+step+len(group))%len(group)]
			if nameKey(persons[i].Name) != nameKey(persons[j].Name) {
				out[i] = j
			}
		}
	}
	return out
}

// hosts turns guests round: whose photos each person's name is tried on.
func hosts(guests []int) []int {
	out := make([]int, len(guests))
	for i := range out {
		out[i] = -1
	}
	for host, guest := range guests {
		if guest >= 0 {
			out[guest] = host
		}
	}
	return out
}
