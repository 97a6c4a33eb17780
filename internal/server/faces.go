package server

import (
	"context"
	"encoding/base64"
	"fmt"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/retriever"
)

// facesAtOnce bounds the pictures that are decoded to find faces in.
const facesAtOnce = 2

// sharedFinder lets a few pictures at a time through.
type sharedFinder struct {
	FaceFinder
	turns chan struct{}
}

// MainFace implements FaceFinder.
func (f sharedFinder) MainFace(ctx context.Context, file []byte) ([]float32, int, error) {
	select {
	case f.turns <- struct{}{}:
		defer func() { <-f.turns }()
		return f.FaceFinder.MainFace(ctx, file)
	case <-ctx.Done():
		return nil, 0, ctx.Err()
	}
}

// searchFaces finds the rows whose faces are nearest to the largest face in a picture.
func (s *Server) searchFaces(ctx context.Context, index *Index, b searchBody) (searchAnswer, error) {
	if index.Faces == nil {
		return searchAnswer{}, invalid("body.face", fmt.Sprintf("index %q is served without faces: start the service with --faces, and an index made with it", index.Name), nil)
	}
	file, err := base64.StdEncoding.DecodeString(b.Face)
	if err != nil {
		return searchAnswer{}, invalid("body.face", "it is not base64: "+err.Error(), nil)
	}
	vector, err := s.mainFace(ctx, index, file)
	if err != nil {
		return searchAnswer{}, err
	}
	query := retriever.FaceQuery{Vectors: [][]float32{vector}, K: b.K}
	if b.MinSimilarity != nil {
		least := float32(*b.MinSimilarity)
		query.MinSimilarity = &least
	}
	found, err := retriever.SearchFaces(ctx, index.Faces, index.Store, query)
	if err != nil {
		return searchAnswer{}, err
	}
	answer := searchAnswer{Index: index.Name, Modality: "face", Exact: found.Exact, Results: []searchHit{}}
	for _, match := range found.Answers[0] {
		answer.Results = append(answer.Results, searchHit{newRowInfo(match.Row), float64(match.Similarity), match.Face})
	}
	entry := querylog.Entry{Action: "search", Index: index.Name, Modality: "face", Image: querylog.Digest(file), Asked: b.K, Results: len(answer.Results)}
	return answer, s.record(ctx, entry)
}

// mainFace finds the face to search for.
func (s *Server) mainFace(ctx context.Context, index *Index, file []byte) ([]float32, error) {
	if err := checkPixels(file); err != nil {
		return nil, err
	}
	vector, faces, err := index.Finder.MainFace(ctx, file)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, invalid("body.face", "the picture cannot be used: "+err.Error(), nil)
	case faces == 0:
		return nil, invalid("body.face", "no face was found; give a picture in which one is larger and seen from the front", nil)
	}
	return vector, nil
}

// countFaces counts the rows with a face like those in each person's photos, tries the count on rows and
// photos where the truth is known, and puts the figures into counts and, beside them, into details.
func (c *counter) countFaces(ctx context.Context, counts []retriever.Count, details []state.Counted) error {
	references := make([]retriever.References, len(c.roster.Persons))
	for i, p := range c.roster.Persons {
		c.at("faces in photos", int64(i), int64(len(references)))
		references[i].Person = p.ID
		if err := c.findFaces(ctx, p.ID, &references[i]); err != nil {
			return err
		}
	}
	c.at("faces", 0, 0)
	rows, evidence := make([][]int64, len(references)), c.rowEvidence(ctx)
	threshold := float32(c.request.FaceThreshold)
	found, err := retriever.CountFaces(ctx, c.index.Faces, references, threshold, retriever.FaceOptions{
		Vectors: c.index.Store, Hasher: c.hasher,
		Evidence: func(m retriever.FaceMatch) error {
			rows[m.Person] = append(rows[m.Person], m.Row)
			return evidence.Add(ctx, m.Row, func(row *retriever.Row) retriever.Evidence {
				return retriever.FaceEvidence(c.roster, m.ImageHit, row, m.Face.Box)
			})
		},
	})
	if err == nil {
		err = evidence.Flush(ctx)
	}
	if err != nil {
		return err
	}
	c.warnings = append(c.warnings, found.Warnings...)
	trials, err := retriever.TryFaces(ctx, c.index.Store, c.roster, retriever.Matched{References: references, Threshold: threshold, Rows: rows}, retriever.Calibration{})
	if err != nil {
		return err
	}
	total, err := c.index.Store.Len(ctx)
	if err != nil {
		return err
	}
	retriever.AddFaces(counts, found, rows, c.mentioned, trials, total)
	for i, p := range found.Persons {
		if details[i].FaceGroups = p.Groups; p.Rows != nil {
			low, high := trials[i].Interval(*p.Rows, total)
			details[i].FacesLow, details[i].FacesHigh = &low, &high
		}
	}
	return nil
}

// findFaces finds the largest face in each of a person's photos. A photo without one is a nil vector,
// and counted so.
func (c *counter) findFaces(ctx context.Context, person string, into *retriever.References) error {
	names, err := c.server.photoNames(ctx, person)
	if err != nil {
		return err
	}
	for _, name := range names {
		var vector []float32
		content, err := c.server.photo(ctx, person, name)
		faces := 0
		if err == nil {
			vector, faces, err = c.index.Finder.MainFace(ctx, content)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && faces == 0 {
			into.NoFace++
		}
		into.Vectors = append(into.Vectors, vector) // nil for a photo that cannot be used
	}
	return nil
}

// checkFaces refuses a count of faces that cannot be done.
func (r countRequest) checkFaces(index *Index) error {
	switch {
	case !r.wants(state.KindFace):
		return nil
	case index.Faces == nil:
		return invalid("body.evidence", fmt.Sprintf("index %q is served without faces: only mentions and images can be counted", index.Name), r.Evidence)
	case r.FaceThreshold == 0:
		return invalid("body.face_threshold", "counting faces needs a threshold, a cosine above 0 and at most 1", nil)
	}
	return nil
}
