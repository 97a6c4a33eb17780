package retriever

import (
	"context"
	"slices"
)

// neighbourQueries is how many photos are compared in one pass over the index.
const neighbourQueries = 256

// neighbours are the rows near one person's photos.
type neighbours struct {
	photos, unusable int
	count            int                 // rows, each as often as it is near a photo
	hits             map[int64]neighbour // by row
}

// neighbour is a row near one person's photos.
type neighbour struct {
	times     int // photos that it is near to
	score     float32
	reference int // the closest photo
}

// findNeighbours finds the k nearest rows of every photo.
func findNeighbours(ctx context.Context, in PresenceInput, k int) (near []neighbours, exact bool, err error) {
	near, exact = make([]neighbours, len(in.Photos)), true
	var queries [][]float32
	var owner []photo
	for i, r := range in.Photos {
		near[i].hits = map[int64]neighbour{}
		for reference, v := range r.Vectors {
			if v == nil {
				near[i].unusable++
				continue
			}
			near[i].photos++
			queries, owner = append(queries, v), append(owner, photo{i, reference})
		}
	}
	for first := 0; first < len(queries); first += neighbourQueries {
		some := queries[first:min(first+neighbourQueries, len(queries))]
		hits, sure, err := in.Index.TopK(ctx, Image, some, k)
		if err != nil {
			return nil, false, err
		}
		exact = exact && sure
		for q := range hits {
			o := owner[first+q]
			near[o.person].add(hits[q], o.reference)
		}
	}
	return near, exact, nil
}

func (n *neighbours) add(hits []Hit, reference int) {
	n.count += len(hits)
	for _, h := range hits {
		have, found := n.hits[h.ID]
		if !found || h.Score > have.score {
			have.score, have.reference = h.Score, reference
		}
		have.times++
		n.hits[h.ID] = have
	}
}

// sorted gives the rows in order.
func (n *neighbours) sorted() []int64 {
	rows := make([]int64, 0, len(n.hits))
	for row := range n.hits {
		rows = append(rows, row)
	}
	slices.Sort(rows)
	return rows
}
