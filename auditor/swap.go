package auditor

// guests chooses for every person with photos whose name is tried on them, the face swap control:
// the next person with photos of the same sex on the roster, going round. So every name is tried
// on one other person's photos. -1 where there is no other or the two share a name.
func guests(persons []Person, photos *gallery) []int {
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
			j := group[(at+1)%len(group)]
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
