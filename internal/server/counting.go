package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/retriever"
)

const (
	// evidenceBatch is how many rows of evidence are written at once.
	evidenceBatch = 500
	// photosAtOnce bounds what is decoded at once.
	photosAtOnce = 8
)

// isKind says whether evidence of a kind can be counted.
func isKind(kind string) bool {
	return kind == state.KindMention || kind == state.KindImage || kind == state.KindFace
}

// countRequest is what a count is asked to do, and what its job keeps.
type countRequest struct {
	Index         string   `json:"index" maxLength:"255"`
	Evidence      []string `json:"evidence,omitempty" nullable:"false" minItems:"1" maxItems:"3" uniqueItems:"true" enum:"mention,image,face" doc:"what to count; mentions when absent"`
	Mode          string   `json:"mode,omitempty" enum:"strict,paper" default:"strict" doc:"the rule of mentions"`
	Threshold     float64  `json:"threshold,omitempty" exclusiveMinimum:"0" maximum:"1" doc:"cosine from which an image counts; needed for images"`
	FaceThreshold float64  `json:"face_threshold,omitempty" exclusiveMinimum:"0" maximum:"1" doc:"cosine from which a face counts; needed for faces"`
	HashImages    *bool    `json:"hash_images,omitempty" default:"true" doc:"tell near-duplicates among the counted images and faces by perceptual hashes too, where the image files are at hand"`
	People        []string `json:"people,omitempty" nullable:"false" maxItems:"100000" doc:"ids of persons; everybody on the roster when absent"`
}

func (r countRequest) wants(kind string) bool { return slices.Contains(r.Evidence, kind) }

// hashes says whether near-duplicates are told by perceptual hashes too.
func (r countRequest) hashes() bool { return r.HashImages == nil || *r.HashImages }

// startCount checks that a count can be done, and queues it.
func (s *Server) startCount(ctx context.Context, r countRequest) (state.Job, error) {
	if len(r.Evidence) == 0 {
		r.Evidence = []string{state.KindMention}
	}
	index, err := s.index(r.Index)
	if err != nil {
		return state.Job{}, err
	}
	r.Index = index.Name
	switch {
	case index.Counter == nil || index.Captions == nil:
		return state.Job{}, invalid("body.index", fmt.Sprintf("persons cannot be counted in index %q", r.Index), r.Index)
	case r.wants(state.KindImage) && index.Encoder == nil:
		return state.Job{}, invalid("body.evidence", fmt.Sprintf("index %q is served without the model that embeds photos: only mentions can be counted", r.Index), r.Evidence)
	case r.wants(state.KindImage) && r.Threshold == 0:
		return state.Job{}, invalid("body.threshold", "counting images needs a threshold, a cosine above 0 and at most 1", nil)
	}
	if err := r.checkFaces(index); err != nil {
		return state.Job{}, err
	}
	roster, err := s.rosterFor(ctx, r.People)
	if err != nil {
		return state.Job{}, err
	}
	entry := querylog.Entry{Action: "count", Index: r.Index, People: r.People[:min(len(r.People), loggedIDs)], Asked: len(roster.Persons)}
	if err := s.record(ctx, entry); err != nil {
		return state.Job{}, err
	}
	return s.jobs.add(ctx, "count", r)
}

// rosterFor is the roster of the named persons, or of all.
func (s *Server) rosterFor(ctx context.Context, ids []string) (*retriever.Roster, error) {
	people, err := s.state.People(ctx)
	if err != nil {
		return nil, err
	}
	if len(ids) > 0 {
		asked := map[string]bool{}
		for _, id := range ids {
			asked[id] = true
		}
		people = slices.DeleteFunc(people, func(p retriever.Person) bool { return !asked[p.ID] })
		for _, p := range people {
			delete(asked, p.ID)
		}
		for _, id := range ids {
			if asked[id] {
				return nil, invalid("body.people", "nobody on the roster has this id", id)
			}
		}
	}
	if len(people) == 0 {
		return nil, invalid("body.people", "the roster is empty: add persons, or import a file", nil)
	}
	return rosterOf(people)
}

// count is the work of a count's job.
func (s *Server) count(ctx context.Context, job state.Job, at func(stage string, done, total int64)) error {
	defer s.served.hold()()
	var r countRequest
	if err := json.Unmarshal([]byte(job.Request), &r); err != nil {
		return err
	}
	index, err := s.index(r.Index)
	if err != nil {
		return err
	}
	roster, err := s.rosterFor(ctx, r.People)
	if err != nil {
		return err
	}
	c := &counter{server: s, index: index, roster: roster, request: r, at: at, sink: evidenceSink{state: s.state, job: job.ID}}
	c.hasher = c.newHasher()
	counts, err := c.counts(ctx)
	if err != nil {
		return err
	}
	if err := c.sink.flush(ctx); err != nil {
		return err
	}
	// Rows may have been erased while they were counted.
	return errors.Join(s.eraseEvidence(ctx, index), s.state.PutCounts(ctx, job.ID, counts), s.state.PutMessages(ctx, job.ID, 0, c.warnings))
}

// counter is one count at work.
type counter struct {
	server  *Server
	index   *Index
	roster  *retriever.Roster
	request countRequest
	at      func(stage string, done, total int64)
	sink    evidenceSink
	hasher  *retriever.Hasher // nil: near-duplicates are told by vectors alone

	mentioned [][]int64 // rows that mention each person, in order; nil when captions are not counted
	warnings  []string  // what was not counted, and why
}

func (c *counter) counts(ctx context.Context) ([]state.Counted, error) {
	var mentions *retriever.MentionCounts
	var images *retriever.ImageCounts
	var err error
	if c.request.wants(state.KindMention) {
		if mentions, err = c.mentions(ctx); err != nil {
			return nil, err
		}
	}
	if c.request.wants(state.KindImage) {
		if images, err = c.images(ctx); err != nil {
			return nil, err
		}
	}
	counts := retriever.Counts(c.roster, mentions, images)
	out := make([]state.Counted, len(counts))
	if c.request.wants(state.KindFace) {
		if err := c.countFaces(ctx, counts, out); err != nil {
			return nil, err
		}
	}
	for i := range out {
		out[i].Count, out[i].Fingerprint = counts[i], c.index.fingerprint()
		if images != nil {
			out[i].ImageGroups = images.Persons[i].Groups
		}
	}
	return out, nil
}

func (c *counter) mentions(ctx context.Context) (*retriever.MentionCounts, error) {
	rows, err := c.index.Store.Len(ctx)
	if err != nil {
		return nil, err
	}
	c.at("captions", 0, rows)
	c.mentioned = make([][]int64, len(c.roster.Persons))
	counts, err := retriever.CountMentions(ctx, c.index.Captions, c.roster, retriever.MentionOptions{
		Mode:     retriever.Mode(c.request.Mode),
		Progress: func(counted int64) { c.at("captions", counted, rows) },
		Evidence: func(m retriever.Mention) error {
			c.mentioned[m.Person] = append(c.mentioned[m.Person], m.Row)
			return c.sink.add(ctx, retriever.MentionEvidence(c.roster, m))
		},
	})
	if err == nil {
		c.warnings = append(c.warnings, counts.Warnings...)
	}
	return counts, err
}

func (c *counter) images(ctx context.Context) (*retriever.ImageCounts, error) {
	references := make([]retriever.References, len(c.roster.Persons))
	for i, p := range c.roster.Persons {
		c.at("photos", int64(i), int64(len(references)))
		references[i].Person = p.ID
		var err error
		if references[i].Vectors, err = c.server.embedPhotos(ctx, c.index, p.ID); err != nil {
			return nil, err
		}
	}
	c.at("images", 0, 0)
	evidence := c.rowEvidence(ctx)
	counts, err := retriever.CountImages(ctx, c.index.Counter, references, float32(c.request.Threshold), retriever.ImageOptions{
		Vectors: c.index.Store, Hasher: c.hasher,
		Evidence: func(hit retriever.ImageHit) error {
			return evidence.Add(ctx, hit.Row, func(row *retriever.Row) retriever.Evidence { return retriever.ImageEvidence(c.roster, hit, row) })
		},
	})
	if err == nil {
		err = evidence.Flush(ctx)
	}
	if err == nil {
		c.warnings = append(c.warnings, counts.Warnings...)
	}
	return counts, err
}

// rowEvidence keeps rows behind a count, with what the index knows of them.
func (c *counter) rowEvidence(ctx context.Context) *retriever.RowEvidence {
	return retriever.NewRowEvidence(c.index.Store, func(e retriever.Evidence) error { return c.sink.add(ctx, e) })
}

// embedPhotos embeds a person's photos; one that cannot be used is a nil vector, and counted so.
func (s *Server) embedPhotos(ctx context.Context, index *Index, person string) ([][]float32, error) {
	names, err := s.photoNames(ctx, person)
	if err != nil {
		return nil, err
	}
	var vectors [][]float32
	for batch := range slices.Chunk(names, photosAtOnce) {
		files := make([][]byte, len(batch))
		for i, name := range batch {
			content, err := s.photo(ctx, person, name)
			if err != nil && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			files[i] = content // nil, an image that cannot be decoded, when it cannot be read
		}
		embedded, _, err := index.Encoder.EncodeImages(ctx, files)
		if err != nil {
			return nil, err
		}
		vectors = append(vectors, embedded...)
	}
	return vectors, nil
}

// evidenceSink keeps every row behind a count, a batch at a time.
type evidenceSink struct {
	state   *state.Store
	job     string
	waiting []retriever.Evidence
}

func (s *evidenceSink) add(ctx context.Context, e retriever.Evidence) error {
	if s.waiting = append(s.waiting, e); len(s.waiting) < evidenceBatch {
		return nil
	}
	return s.flush(ctx)
}

func (s *evidenceSink) flush(ctx context.Context) error {
	list := s.waiting
	s.waiting = s.waiting[:0]
	return s.state.PutEvidence(ctx, s.job, list)
}
