package retriever

import (
	"context"
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"
	"strings"
	"unicode/utf8"
)

// MaxGallery is how many rows a gallery shows: a page of them has about 20 MB. It says how many
// more there are; the other formats have all.
const MaxGallery = 2000

// Gallery is a page to look at: each row's image, small, with its caption. It needs no network
// and runs no script.
type Gallery struct {
	Title string
	Note  string   // what the reader should know of the whole: threshold, rule, exactness
	Rows  Rows     // the rows' image paths, for evidence without them; may be nil
	From  Pictures // the images; nil shows captions only
}

// card is one row in the page.
type card struct {
	Head, Kind, Score      string
	Group                  string // what it is a near-duplicate of
	Before, Marked, After  string // the caption around the words that matched
	URL                    string
	Image                  template.URL
	Problem                string // why there is no image
	Box                    template.CSS
	row                    Row
	left, top, width, high *float32
}

//go:embed gallery.html
var galleryPage string

// NewEvidenceHTML writes evidence as a gallery when it is closed.
func NewEvidenceHTML(ctx context.Context, w io.Writer, g Gallery) EvidenceWriter {
	return &evidenceHTML{ctx: ctx, w: w, gallery: g}
}

type evidenceHTML struct {
	ctx     context.Context
	w       io.Writer
	gallery Gallery
	cards   []card
	more    int64
}

func (h *evidenceHTML) Write(e Evidence) error {
	if len(h.cards) == MaxGallery {
		h.more++
		return nil
	}
	c := card{
		Head: fmt.Sprintf("%s, row %d", e.Name, e.Row), Kind: e.Kind, URL: e.URL, Before: e.Caption,
		row:  Row{ID: e.Row, Key: e.Key, Caption: e.Caption, ImagePath: e.ImagePath},
		left: e.Left, top: e.Top, width: e.Width, high: e.Height,
	}
	if e.Group != nil && *e.Group != e.Row {
		c.Group = fmt.Sprintf("near-duplicate of row %d", *e.Group)
	}
	if e.Similarity != nil {
		c.Score = fmt.Sprintf("%.4f", *e.Similarity)
	}
	if e.Start != nil && e.End != nil && 0 <= *e.Start && *e.Start <= *e.End && *e.End <= len(e.Caption) {
		c.Before, c.Marked, c.After = e.Caption[:*e.Start], e.Caption[*e.Start:*e.End], e.Caption[*e.End:]
	}
	h.cards = append(h.cards, c)
	return nil
}

func (h *evidenceHTML) Close() error {
	if err := h.gallery.write(h.ctx, h.w, h.cards, h.more); err != nil {
		return fmt.Errorf("writing the gallery: %w", err)
	}
	return nil
}

// WriteResultHTML writes the answers to a search as a gallery, best first.
func WriteResultHTML(ctx context.Context, w io.Writer, r Result, g Gallery) error {
	var cards []card
	var more int64
	for q, answer := range r.Answers {
		for rank, m := range answer {
			if len(cards) == MaxGallery {
				more++
				continue
			}
			c := card{Head: fmt.Sprintf("%d. row %d", rank+1, m.ID), Score: fmt.Sprintf("%.4f", m.Similarity), Before: m.Caption, URL: m.URL, row: m.Row}
			if f := m.Face; f != nil {
				c.left, c.top, c.width, c.high = &f.Left, &f.Top, &f.Width, &f.Height
			}
			if len(r.Answers) > 1 {
				c.Kind = fmt.Sprintf("query %d", q)
			}
			cards = append(cards, c)
		}
	}
	if err := g.write(ctx, w, cards, more); err != nil {
		return fmt.Errorf("writing the gallery: %w", err)
	}
	return nil
}

func (g Gallery) write(ctx context.Context, w io.Writer, cards []card, more int64) error {
	page, err := template.New("gallery").Parse(galleryPage)
	if err != nil {
		return err
	}
	if err := g.locate(ctx, cards); err != nil {
		return err
	}
	if err := g.show(ctx, cards); err != nil {
		return err
	}
	for i := range cards {
		c := &cards[i]
		for _, text := range []*string{&c.Before, &c.Marked, &c.After} {
			*text = strings.ToValidUTF8(*text, string(utf8.RuneError))
		}
		if lower := strings.ToLower(c.URL); !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
			c.URL = ""
		}
	}
	return page.Execute(w, map[string]any{"Title": g.Title, "Note": g.Note, "Cards": cards, "More": more})
}

// locate completes the rows of evidence that came without an image path.
func (g Gallery) locate(ctx context.Context, cards []card) error {
	var ids []int64
	var at []int
	for i := range cards {
		if g.From != nil && g.Rows != nil && cards[i].row.ImagePath == "" {
			ids, at = append(ids, cards[i].row.ID), append(at, i)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	rows, err := g.Rows.Get(ctx, ids)
	if err != nil {
		return err
	}
	for k, i := range at {
		cards[i].row = rows[k]
	}
	return nil
}

// show puts the thumbnails in.
func (g Gallery) show(ctx context.Context, cards []card) error {
	if g.From == nil {
		return nil
	}
	rows := make([]Row, len(cards))
	for i := range cards {
		rows[i] = cards[i].row
	}
	return g.From.Pictures(ctx, rows, func(i int, image []byte, err error) error {
		c := &cards[i]
		var t thumbnail
		if err == nil {
			t, err = newThumbnail(image)
		}
		if err != nil {
			c.Problem = err.Error()
			return nil
		}
		c.Image = template.URL(t.uri)
		c.Box = c.box(t)
		return nil
	})
}

// box places a face's box over the thumbnail, in per cent of its sides.
func (c *card) box(t thumbnail) template.CSS {
	if c.left == nil || c.top == nil || c.width == nil || c.high == nil {
		return ""
	}
	part := func(x *float32, of int) float64 { return 100 * float64(*x) / float64(of) }
	return template.CSS(fmt.Sprintf("left:%.2f%%;top:%.2f%%;width:%.2f%%;height:%.2f%%",
		part(c.left, t.width), part(c.top, t.height), part(c.width, t.width), part(c.high, t.height)))
}
