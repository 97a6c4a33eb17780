package retriever

import (
	"context"
	"slices"
)

// presenceVotes says of the rows that are near anybody's photos whose name they carry.
type presenceVotes struct {
	rule  PresenceRule
	ids   []int64            // the rows, in order
	named []int              // the person whose name CLIP gives each row
	faces map[int64][]faceOf // of each row; nil when faces were not measured
}

// faceOf is a face with the person whose photo it is closest to.
type faceOf struct {
	StoredFace
	person int
}

// byName lets CLIP choose a name for every row.
func (v *presenceVotes) byName(ctx context.Context, in PresenceInput) error {
	v.named = make([]int, 0, len(v.ids))
	for ids := range slices.Chunk(v.ids, calibrationBatch) {
		vectors, err := in.Vectors.Vectors(ctx, Image, ids)
		if err != nil {
			return err
		}
		for _, x := range vectors {
			v.named = append(v.named, closest(x, in.Names))
		}
	}
	return nil
}

// closest gives the first of the unit vectors with the largest cosine; the length of v has no part in
// the order.
func closest(v []float32, among [][]float32) int {
	best, at := dot(among[0], v), 0
	for i, w := range among[1:] {
		if score := dot(w, v); score > best {
			best, at = score, i+1
		}
	}
	return at
}

// byFace gives every face of the rows to the person whose photo it is closest to.
func (v *presenceVotes) byFace(ctx context.Context, in PresenceInput) error {
	v.faces = map[int64][]faceOf{}
	return in.Faces.FacesOf(ctx, v.ids, func(f StoredFace, vector []float32) error {
		best, person := v.rule.FaceThreshold, -1
		if best == 0 {
			best = -2 // below every cosine
		}
		for i, r := range in.FacePhotos {
			for _, w := range r.Vectors {
				if w == nil {
					continue
				}
				if score := dot(w, vector); score > best || score == best && person < 0 {
					best, person = score, i
				}
			}
		}
		if person >= 0 {
			v.faces[f.Row] = append(v.faces[f.Row], faceOf{f, person})
		}
		return nil
	})
}

// carriesName reports whether CLIP gives the row the person's name.
func (v *presenceVotes) carriesName(in PresenceInput, row int64, person int) bool {
	at, _ := slices.BinarySearch(v.ids, row)
	return in.Roster.Persons[v.named[at]].Name == in.Roster.Persons[person].Name
}

// carriesFace gives the row's first face that is the person's, nil when there is none.
func (v *presenceVotes) carriesFace(row int64, person int) *StoredFace {
	for _, f := range v.faces[row] {
		if f.person == person {
			return &f.StoredFace
		}
	}
	return nil
}

// judge applies the rule to one person.
func (v *presenceVotes) judge(in PresenceInput, person int, near *neighbours) Presence {
	p := Presence{Photos: near.photos, Unusable: near.unusable, Neighbours: near.count, Rows: len(near.hits)}
	if near.count == 0 {
		return p
	}
	names, faces := 0, 0
	for row, n := range near.hits {
		if v.carriesName(in, row, person) {
			names += n.times
		}
		if v.carriesFace(row, person) != nil {
			faces += n.times
		}
	}
	share := float64(names) / float64(near.count)
	p.NameVotes, p.NameShare = &names, &share
	present := share > v.rule.NameShare
	measured := v.faces != nil && slices.ContainsFunc(in.FacePhotos[person].Vectors, func(w []float32) bool { return w != nil })
	if measured {
		share := float64(faces) / float64(near.count)
		p.FaceVotes, p.FaceShare = &faces, &share
		present = present || share > v.rule.FaceShare
	}
	if present || measured {
		p.Member = &present
	}
	return p
}

// evidence gives the votes for one person.
func (v *presenceVotes) evidence(ctx context.Context, in PresenceInput, person int, near *neighbours) error {
	for _, row := range near.sorted() {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := near.hits[row]
		hit := ImageHit{Person: person, Row: row, Reference: n.reference, Score: n.score}
		if v.carriesName(in, row, person) {
			if err := in.Evidence(PresenceVote{ImageHit: hit}); err != nil {
				return err
			}
		}
		if f := v.carriesFace(row, person); f != nil {
			if err := in.Evidence(PresenceVote{ImageHit: hit, Face: f}); err != nil {
				return err
			}
		}
	}
	return nil
}
