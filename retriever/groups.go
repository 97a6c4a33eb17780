package retriever

import (
	"cmp"
	"context"
	"fmt"
)

// MaxGrouped is how many rows of one person are searched for near-duplicates: the work is
// quadratic, about a second for so many vectors of 512 numbers.
const MaxGrouped = 2048

// group finds the near-duplicates among a person's rows, gives for each the index of its group's
// first, and counts the groups; nil when that is not asked for or too much.
func (t *imageTally) group(ctx context.Context, person int, o ImageOptions) ([]int, error) {
	hits := t.sets[person].hits
	if o.Vectors == nil {
		return nil, nil
	}
	if len(hits) > MaxGrouped {
		t.result.Warnings = append(t.result.Warnings, fmt.Sprintf(
			"near-duplicates among the %s of person %d were not grouped: %d rows are more than %d", t.kind, person+1, len(hits), MaxGrouped))
		return nil, nil
	}
	ids := make([]int64, len(hits))
	for i, h := range hits {
		ids[i] = h.row
	}
	vectors, err := o.Vectors.Vectors(ctx, cmp.Or(o.Modality, Image), ids)
	if err != nil {
		return nil, fmt.Errorf("grouping near-duplicates: %w", err)
	}
	groups := NearDuplicates(vectors, NearDuplicateCosine)
	var n int64
	for i, first := range groups {
		if first == i {
			n++
		}
	}
	t.result.Persons[person].Groups = &n
	return groups, nil
}
