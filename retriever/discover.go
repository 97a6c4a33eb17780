package retriever

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxDiscovered is the default of DiscoverOptions.MaxNames: below 1 GiB of names and examples.
const maxDiscovered = 1 << 20

// DiscoverOptions says how names are looked for. The zero value is usable.
type DiscoverOptions struct {
	MinCount int64 // rows that a name must be in to be listed; 0 is 2
	Examples int   // captions kept with each name, the first ones; 0 is 3
	MaxNames int   // different names in memory; 0 is 1<<20. More are not taken, and a warning says in how many rows
}

// Discovered is a name that captions have, and how often.
type Discovered struct {
	Name     string    `json:"name"`  // as the first of its captions writes it
	Count    int64     `json:"count"` // rows
	Examples []Example `json:"examples"`
}

// Example is a caption that has a name.
type Example struct {
	Row     int64  `json:"row"`
	Start   int    `json:"start"` // byte range of the name in Caption
	End     int    `json:"end"`
	Caption string `json:"caption"` // of one longer than exampleBytes, what stands around the name
	URL     string `json:"url,omitempty"`
}

// Discovery is what Discover found.
type Discovery struct {
	Rows     int64        `json:"rows"`
	Null     int64        `json:"without_caption"`
	Names    []Discovered `json:"names"` // most frequent first, then by name
	Warnings []string     `json:"warnings,omitempty"`
}

// Discover looks for names of persons in captions without a roster, by lists of first names and
// surnames, capitals and position. It is a guess with a measured precision (docs/counting.md), and
// misses names whose first name is not in the lists. A row counts once for every name in it; names
// that differ in case alone are one.
func Discover(ctx context.Context, src CaptionSource, o DiscoverOptions) (*Discovery, error) {
	if o.MinCount < 0 || o.Examples < 0 || o.MaxNames < 0 {
		return nil, errors.New("discovering names: MinCount, Examples and MaxNames cannot be negative")
	}
	d := &discovering{
		finder: newNameFinder(), names: map[string]*Discovered{},
		examples: cmp.Or(o.Examples, 3), limit: cmp.Or(o.MaxNames, maxDiscovered),
	}
	if err := src.Captions(ctx, d.add); err != nil {
		return nil, fmt.Errorf("discovering names: %w", err)
	}
	return d.finish(cmp.Or(o.MinCount, 2)), nil
}

// discovering is the state of one pass.
type discovering struct {
	finder          *nameFinder
	names           map[string]*Discovered
	inRow           []*Discovered // names that the row at hand has already
	examples, limit int
	result          Discovery
	dropped         int64
}

func (d *discovering) add(row CaptionRow) error {
	d.result.Rows++
	if row.Null {
		d.result.Null++
		return nil
	}
	d.inRow = d.inRow[:0]
	for at := 0; at < len(row.Caption); {
		n := pieceOf(row.Caption[at:])
		d.finder.find(row.Caption[at:at+n], func(f found) { d.note(row, found{at + f.start, at + f.end}) })
		at += n
	}
	return nil
}

// pieceOf gives how many bytes of a long caption are looked at together: stretchBytes, and on to where no
// name goes on, or twice as many where there is no such place. Nearly all captions are one piece.
func pieceOf(caption string) int {
	if len(caption) <= stretchBytes {
		return len(caption)
	}
	n := stretchBytes
	for ; n < min(len(caption), 2*stretchBytes); n++ {
		if strings.IndexByte(",;:!?\n\t()|", caption[n]) >= 0 {
			return n
		}
	}
	for n < len(caption) && !utf8.RuneStart(caption[n]) {
		n++
	}
	return n
}

// exampleBytes is how much of a caption is kept with a name.
const exampleBytes = 4 << 10

// example is a copy: a row's own text may be a piece of a much larger one.
func (f found) example(row CaptionRow) Example {
	from, to := 0, len(row.Caption)
	if to > exampleBytes {
		from = max(0, f.start-exampleBytes/2)
		to = min(to, max(f.end, from+exampleBytes))
		for from > 0 && !utf8.RuneStart(row.Caption[from]) {
			from--
		}
		for to < len(row.Caption) && !utf8.RuneStart(row.Caption[to]) {
			to++
		}
	}
	return Example{row.Row, f.start - from, f.end - from, strings.Clone(row.Caption[from:to]), strings.Clone(row.URL)}
}

func (d *discovering) note(row CaptionRow, f found) {
	name := row.Caption[f.start:f.end]
	key := strings.ToLower(strings.ReplaceAll(name, ".", ""))
	n := d.names[key]
	if n == nil {
		if len(d.names) >= d.limit {
			d.dropped++
			return
		}
		n = &Discovered{Name: strings.Clone(name)}
		d.names[key] = n
	}
	if slices.Contains(d.inRow, n) {
		return
	}
	d.inRow = append(d.inRow, n)
	n.Count++
	if len(n.Examples) < d.examples {
		n.Examples = append(n.Examples, f.example(row))
	}
}

func (d *discovering) finish(least int64) *Discovery {
	for _, n := range d.names {
		if n.Count >= least {
			d.result.Names = append(d.result.Names, *n)
		}
	}
	slices.SortFunc(d.result.Names, func(a, b Discovered) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Name, b.Name))
	})
	if d.dropped > 0 {
		d.result.Warnings = append(d.result.Warnings, fmt.Sprintf(
			"%d mentions of further names were not counted: %d different names are as many as are kept; split the captions", d.dropped, d.limit))
	}
	return &d.result
}
