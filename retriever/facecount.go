package retriever

import (
	"context"
	"fmt"
)

// FaceOptions says how to count faces. The zero value is usable.
type FaceOptions struct {
	// MaxHits bounds the hits in memory, 16 bytes each. 0 is 1<<25. More is an error: a count is
	// never cut short.
	MaxHits int

	// Vectors, when set, gives the image vectors of the rows, so that near-duplicates among a
	// person's rows are grouped; Hasher as in ImageOptions.
	Vectors VectorSource
	Hasher  *Hasher

	// Evidence, when set, gets every counted row once the count is done, as ImageOptions.Evidence.
	Evidence func(FaceMatch) error
}

// FaceMatch is one row with a face like one in a person's photos.
type FaceMatch struct {
	ImageHit
	Face StoredFace // the row's face that is closest to a photo's
}

// CountFaces counts for each person the rows with a stored face whose cosine with the face in at
// least one reference photo is at least threshold; a row counts once however many of its faces match.
// refs go with Roster.Persons; their vectors are faces.
func CountFaces(ctx context.Context, faces FaceCounter, refs []References, threshold float32, o FaceOptions) (*ImageCounts, error) {
	best := bestFaces{}
	images := ImageOptions{MaxHits: o.MaxHits, Vectors: o.Vectors, Hasher: o.Hasher}
	if o.Evidence != nil {
		images.Evidence = func(h ImageHit) error {
			return o.Evidence(FaceMatch{ImageHit: h, Face: best[personRow{h.Person, h.Row}].StoredFace})
		}
	}
	t, err := newImageTally("faces", refs, threshold, images)
	if err != nil {
		return nil, fmt.Errorf("counting faces: %w", err)
	}
	if len(t.queries) > 0 {
		err = faces.RangeFaces(ctx, t.queries, threshold, func(query int, h FaceHit) error {
			if o.Evidence != nil {
				best.add(t.owner[query].person, h)
			}
			return t.add(query, Hit{ID: h.Row, Score: h.Similarity})
		})
	}
	if err == nil {
		err = t.finish(ctx, images)
	}
	if err != nil {
		return nil, fmt.Errorf("counting faces: %w", err)
	}
	return &t.result, nil
}

type personRow struct {
	person int
	row    int64
}

// bestFaces keeps for each person and row the face that is closest; of equals the first.
type bestFaces map[personRow]FaceHit

func (b bestFaces) add(person int, h FaceHit) {
	at := personRow{person, h.Row}
	have, found := b[at]
	if !found || h.Similarity > have.Similarity || h.Similarity == have.Similarity && h.ID < have.ID {
		b[at] = h
	}
}
