package retriever

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Sampler draws, from the evidence that is written to it, n rows of each kind and person at random,
// every set of n being as likely (Vitter's algorithm R). All rows where there are no more. Memory
// follows the sample.
type Sampler struct {
	n     int
	seed  uint64
	drawn map[sampleKey]*drawing
}

type drawing struct {
	random  *rand.Rand
	counted int64
	rows    []Evidence
}

// NewSampler draws n rows. The same seed draws the same rows.
func NewSampler(n int, seed uint64) *Sampler {
	return &Sampler{n: n, seed: seed, drawn: map[sampleKey]*drawing{}}
}

// Write implements EvidenceWriter.
func (s *Sampler) Write(e Evidence) error {
	key := sampleKey{e.Kind, e.ID}
	d := s.drawn[key]
	if d == nil {
		h := fnv.New64a()
		io.WriteString(h, e.Kind+"\x00"+e.ID) // a hash has no errors
		d = &drawing{random: rand.New(rand.NewPCG(s.seed, h.Sum64()))}
		s.drawn[key] = d
	}
	d.counted++
	if len(d.rows) < s.n {
		d.rows = append(d.rows, e)
	} else if at := d.random.Int64N(d.counted); at < int64(s.n) {
		d.rows[at] = e
	}
	return nil
}

// Close implements EvidenceWriter.
func (s *Sampler) Close() error { return nil }

// Sample gives the rows drawn: kinds and persons in the order of their ids, each one's rows in order.
func (s *Sampler) Sample() []Evidence {
	var out []Evidence
	for _, key := range slices.SortedFunc(maps.Keys(s.drawn), compareKeys) {
		rows := slices.Clone(s.drawn[key].rows)
		slices.SortFunc(rows, func(a, b Evidence) int { return cmp.Compare(a.Row, b.Row) })
		out = append(out, rows...)
	}
	return out
}

// ByFaces gives what faces say of the sample: shows tells for each row of Sample whether it shows a
// face of the person, nil where the image could not be had; those are left out of the sample. refs are
// the persons' faces and threshold the least cosine that was a match.
func (s *Sampler) ByFaces(roster *Roster, refs []References, threshold float32, shows []*bool) []Verified {
	trials := photoTrials(refs, threshold)
	var out []Verified
	for i, e := range s.Sample() {
		if shows[i] == nil {
			continue
		}
		if last := len(out) - 1; last < 0 || out[last].Kind != e.Kind || out[last].ID != e.ID {
			out = append(out, Verified{Kind: e.Kind, ID: e.ID, Rows: s.drawn[sampleKey{e.Kind, e.ID}].counted})
		}
		v := &out[len(out)-1]
		v.Sample++
		if *shows[i] {
			v.Confirmed++
		}
	}
	for i := range out {
		v := &out[i]
		person := slices.IndexFunc(roster.Persons, func(p Person) bool { return p.ID == v.ID })
		*v = newVerified(v.Kind, v.ID, v.Rows, v.Sample, v.Confirmed)
		v.byFaces(trials[person])
	}
	return out
}

// photoTrials tries each person's faces on the person's own photos, each left out once, and on those
// of all others.
func photoTrials(refs []References, threshold float32) []FaceTrial {
	trials := make([]FaceTrial, len(refs))
	for i := range refs {
		t := &trials[i]
		t.Photos, t.Found = leaveOneOut(refs[i], threshold)
		for k := range refs {
			for _, v := range refs[k].Vectors {
				if k == i || v == nil {
					continue
				}
				t.Rows++
				if slices.ContainsFunc(refs[i].Vectors, func(w []float32) bool { return w != nil && dot(v, w) >= threshold }) {
					t.False++
				}
			}
		}
	}
	return trials
}

// sampleColumns is the header of a sample; the last column is for whoever looks at the rows.
const sampleColumns = "kind,id,name,row,key,similarity,caption,url,image_path,shows"

// asText keeps a spreadsheet, in which samples are filled in, from taking a text of the data set for a
// formula. Nobody reads these columns back.
func asText(cell string) string {
	if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

// WriteSample writes the sample as CSV for somebody to fill in shows: yes or no.
func (s *Sampler) WriteSample(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write(strings.Split(sampleColumns, ",")) // the writer keeps its first error
	for _, e := range s.Sample() {
		_ = out.Write([]string{e.Kind, e.ID, asText(e.Name), fmt.Sprint(e.Row), asText(e.Key), single(e.Similarity), asText(e.Caption), asText(e.URL), asText(e.ImagePath), ""})
	}
	if out.Flush(); out.Error() != nil {
		return fmt.Errorf("writing the sample: %w", out.Error())
	}
	return nil
}
