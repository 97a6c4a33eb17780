package retriever

import (
	"cmp"
	"context"
	"fmt"
)

// MaxGrouped is how many rows of one person are searched for near-duplicates: the work is
// quadratic, about a second for so many vectors of 512 numbers.
const MaxGrouped = 2048

// Groups is how many different pictures a person's rows show when near-duplicates are taken together:
// connected components of the rows, joined in three ways.
type Groups struct {
	Either   int64  `json:"either"`    // by vector or by hash
	ByVector int64  `json:"by_vector"` // cosine above NearDuplicateCosine
	ByHash   *int64 `json:"by_hash"`   // perceptual hashes within NearHash; nil where no image was at hand
	Hashed   int64  `json:"hashed"`    // rows whose image was at hand; the others stand alone by hash
}

// grouped says of one person's rows which are near-duplicates.
type grouped struct {
	first  []int // for each row the first of its group, by either way
	hashes []*PictureHash
}

// group finds the near-duplicates among a person's rows; nil when that is not asked for or too much.
func (t *imageTally) group(ctx context.Context, person int, hashes map[int64]PictureHash, o ImageOptions) (*grouped, error) {
	hits := t.sets[person].hits
	if o.Vectors == nil {
		return nil, nil
	}
	if len(hits) > MaxGrouped {
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
			"near-duplicates among the %s of %s were not grouped: %d rows are more than %d", t.kind, t.refs[person].who(person), len(hits), MaxGrouped))
		return nil, nil
	}
	ids := make([]int64, len(hits))
	found := &grouped{hashes: make([]*PictureHash, len(hits))}
	groups := &Groups{}
	for i, h := range hits {
		ids[i] = h.row
		if hash, ok := hashes[h.row]; ok {
			found.hashes[i] = &hash
			groups.Hashed++
		}
	}
	vectors, err := o.Vectors.Vectors(ctx, cmp.Or(o.Modality, Image), ids)
	if err != nil {
		return nil, fmt.Errorf("grouping near-duplicates: %w", err)
	}
	byVector := NearDuplicates(vectors, NearDuplicateCosine)
	byHash := nearHashes(found.hashes, NearHash)
	found.first = eitherGroups(byVector, byHash)
	groups.Either, groups.ByVector = groupCount(found.first), groupCount(byVector)
	if groups.Hashed > 0 {
		n := groupCount(byHash)
		groups.ByHash = &n
	}
	t.result.Persons[person].Groups = groups
	return found, nil
}

// hash hashes the images of all rows that will be grouped.
func (t *imageTally) hash(ctx context.Context, o ImageOptions) (map[int64]PictureHash, error) {
	var ids []int64
	for i := range t.sets {
		if hits := t.sets[i].hits; len(hits) > 1 && len(hits) <= MaxGrouped {
			for _, h := range hits {
				ids = append(ids, h.row)
			}
		}
	}
	if o.Vectors == nil || o.Hasher == nil || len(ids) == 0 {
		return nil, nil
	}
	hashes, missing, problem, err := o.Hasher.hash(ctx, ids)
	if err != nil {
		return nil, err
	}
	if missing > 0 {
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
			"near-duplicates among the %s: %d of %d images have no perceptual hash, and their rows were grouped by vectors alone (%v)",
			t.kind, missing, missing+len(hashes), problem))
	}
	return hashes, nil
}
