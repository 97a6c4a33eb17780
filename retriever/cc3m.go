package retriever

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// CC3M is the published study's rule for captions without names (Hintersdorf et al., 2024, CC3M):
// who is in the data is read from the rows nearest to each reference photo.
const CC3M Mode = "cc3m"

// The study's figures.
const (
	cc3mNeighbours = 50
	cc3mNameShare  = 0.20
	cc3mFaceShare  = 0.15
)

// PresenceRule says when a person is in a data set. The zero value is the study's.
type PresenceRule struct {
	Neighbours int     // nearest rows of each photo; 0 is 50
	NameShare  float64 // a person is absent up to this share of neighbours that CLIP gives the name, 0 is 0.20,
	FaceShare  float64 // and this share of neighbours with the person's face; 0 is 0.15

	// FaceThreshold is the least cosine at which a face is given to the person whose photo it is
	// closest to. 0 gives every face to somebody, as the study's classifier does.
	FaceThreshold float32
}

// PresenceInput is what the rule looks at. Persons go with Roster.Persons.
type PresenceInput struct {
	Roster  *Roster
	Photos  []References // image vectors
	Names   [][]float32  // text vector of each name alone, as unit vectors
	Index   Searcher
	Vectors VectorSource

	// FacePhotos and Faces are nil when faces are not measured.
	FacePhotos []References // face vectors
	Faces      RowFaces

	// Evidence, when set, gets every vote for a person among the person's neighbours, persons in
	// order and each one's rows in order. Its error ends the work.
	Evidence func(PresenceVote) error
}

// PresenceVote is a neighbour that carries the person's name.
type PresenceVote struct {
	ImageHit             // Score and Reference are of the closest photo
	Face     *StoredFace // the face that is closest to the person's; nil for a vote of CLIP
}

// Presence is what the rule finds about one person.
type Presence struct {
	Photos     int `json:"photos"`     // that were compared
	Unusable   int `json:"unusable"`   //
	Neighbours int `json:"neighbours"` // rows near photos: a row that is near two photos counts twice
	Rows       int `json:"rows"`       // different rows among them

	// Neighbours that carry the person's name, in number and share; nil was not measured.
	NameVotes *int     `json:"name_votes"`
	NameShare *float64 `json:"name_share"`
	FaceVotes *int     `json:"face_votes"`
	FaceShare *float64 `json:"face_share"`

	// Member is nil when what was measured does not decide: a person is absent only when both shares
	// are small, and present when one is not.
	Member *bool `json:"member"`
}

// Presences is what the rule finds, and whether the neighbours are the nearest for certain.
type Presences struct {
	Persons  []Presence
	Exact    bool // false when an approximate index gave the neighbours
	Warnings []string
}

func (r *PresenceRule) setDefaults() error {
	r.Neighbours = cmp.Or(r.Neighbours, cc3mNeighbours)
	r.NameShare, r.FaceShare = cmp.Or(r.NameShare, cc3mNameShare), cmp.Or(r.FaceShare, cc3mFaceShare)
	switch {
	case r.Neighbours < 1 || r.Neighbours > MaxK:
		return fmt.Errorf("%d neighbours: from 1 to %d", r.Neighbours, MaxK)
	case !(r.NameShare >= 0 && r.NameShare < 1 && r.FaceShare >= 0 && r.FaceShare < 1):
		return fmt.Errorf("shares of %v and %v: from 0 to below 1", r.NameShare, r.FaceShare)
	case !(r.FaceThreshold >= 0 && r.FaceThreshold <= 1):
		return fmt.Errorf("face threshold %v: a cosine from 0 to 1", r.FaceThreshold)
	}
	return nil
}

// JudgePresence finds the nearest rows of every photo, asks for each of them whose name CLIP gives its
// image and whose face it shows, and applies the rule. CLIP's vote is the name whose text vector is
// closest, the first of equals. Two persons of one name share its votes.
func JudgePresence(ctx context.Context, in PresenceInput, rule PresenceRule) (*Presences, error) {
	p, err := judgePresence(ctx, in, rule)
	if err != nil {
		return nil, fmt.Errorf("who is in the data: %w", err)
	}
	return p, nil
}

func judgePresence(ctx context.Context, in PresenceInput, rule PresenceRule) (*Presences, error) {
	if err := rule.setDefaults(); err != nil {
		return nil, err
	}
	if n := len(in.Roster.Persons); len(in.Photos) != n || len(in.Names) != n || in.Faces != nil && len(in.FacePhotos) != n {
		return nil, errors.New("photos and names do not go with the roster")
	}
	near, exact, err := findNeighbours(ctx, in, rule.Neighbours)
	if err != nil {
		return nil, err
	}
	rows := map[int64]struct{}{}
	for i := range near {
		for row := range near[i].hits {
			rows[row] = struct{}{}
		}
	}
	votes := &presenceVotes{rule: rule, ids: slices.Sorted(maps.Keys(rows))}
	if err := votes.byName(ctx, in); err != nil {
		return nil, err
	}
	if in.Faces != nil {
		if err := votes.byFace(ctx, in); err != nil {
			return nil, err
		}
	}
	out := &Presences{Persons: make([]Presence, len(near)), Exact: exact}
	for i := range near {
		out.Persons[i] = votes.judge(in, i, &near[i])
		if near[i].photos == 0 {
			out.Warnings = append(out.Warnings, fmt.Sprintf("%s was not judged: none of the %d photos is usable", in.Roster.Persons[i].ID, near[i].unusable))
		}
		if in.Evidence == nil {
			continue
		}
		if err := votes.evidence(ctx, in, i, &near[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
