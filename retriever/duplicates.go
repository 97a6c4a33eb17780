package retriever

import "math"

// NearDuplicateCosine is the similarity above which two images count as near-duplicates, the
// value that clip-retrieval uses.
const NearDuplicateCosine = 0.94

// NearDuplicates groups vectors into the connected components of the graph that joins two of
// them when their cosine is above threshold. The result gives for each vector the index of the
// first member of its group; a vector that stands alone is its own. A zero vector joins nothing.
//
// The work is quadratic in the number of vectors: it is meant for a page of results, not for an
// index.
func NearDuplicates(vectors [][]float32, threshold float32) []int {
	units := make([][]float32, len(vectors))
	for i, v := range vectors {
		units[i] = unit(v)
	}
	return components(len(vectors), func(i, j int) bool { return dot(units[i], units[j]) > threshold })
}

// nearHashes groups perceptual hashes that differ in at most most bits, as NearDuplicates does
// vectors; nil joins nothing.
func nearHashes(hashes []*PictureHash, most int) []int {
	return components(len(hashes), func(i, j int) bool {
		return hashes[i] != nil && hashes[j] != nil && hashes[i].Distance(*hashes[j]) <= most
	})
}

// eitherGroups joins whatever one of two groupings of the same things joins.
func eitherGroups(a, b []int) []int {
	first := alone(len(a))
	for i := range first {
		join(first, i, a[i])
		join(first, i, b[i])
	}
	return settle(first)
}

// groupCount is how many groups there are: those that are first of one.
func groupCount(first []int) int64 {
	var n int64
	for i, f := range first {
		if f == i {
			n++
		}
	}
	return n
}

// components gives for each of n things the first of its connected component.
func components(n int, near func(i, j int) bool) []int {
	first := alone(n)
	for i := range n {
		for j := range i {
			if near(i, j) {
				join(first, i, j)
			}
		}
	}
	return settle(first)
}

// alone makes each of n things its own group.
func alone(n int) []int {
	first := make([]int, n)
	for i := range first {
		first[i] = i
	}
	return first
}

// settle makes every thing point to the first of its group.
func settle(first []int) []int {
	for i := range first {
		first[i] = root(first, i)
	}
	return first
}

// join merges the groups of i and j under their lower first member.
func join(first []int, i, j int) {
	a, b := root(first, i), root(first, j)
	first[max(a, b)] = min(a, b)
}

func root(first []int, i int) int {
	for first[i] != i {
		i = first[i]
	}
	return i
}

func unit(v []float32) []float32 {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	u := make([]float32, len(v))
	if sum == 0 {
		return u
	}
	norm := math.Sqrt(sum)
	for i, x := range v {
		u[i] = float32(float64(x) / norm)
	}
	return u
}

func dot(a, b []float32) float32 {
	var sum float32
	for i, x := range a {
		sum += x * b[i]
	}
	return sum
}
