package retriever

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Evidence is one row behind a count, as it is written to a file.
type Evidence struct {
	Kind       string   `json:"kind"` // "mention", "image" or "face"; of mode CC3M "name vote" or "face vote"
	ID         string   `json:"id"`   // the person's
	Name       string   `json:"name"`
	Row        int64    `json:"row"`
	Key        string   `json:"key,omitempty"`
	Alias      string   `json:"alias,omitempty"`      // mention: the name or alias matched
	Start      *int     `json:"start,omitempty"`      // mention: byte range in the caption
	End        *int     `json:"end,omitempty"`        //
	Similarity *float32 `json:"similarity,omitempty"` // image, face: cosine with the closest photo
	Reference  *int     `json:"reference,omitempty"`  // image, face: which photo that is, from 0
	Group      *int64   `json:"group,omitempty"`      // image, face: first row of its near-duplicates among the person's rows
	Hash       string   `json:"hash,omitempty"`       // image, face: perceptual hash of the image, where it was at hand
	Left       *float32 `json:"left,omitempty"`       // face: its box in the image, in pixels from
	Top        *float32 `json:"top,omitempty"`        // the upper left corner
	Width      *float32 `json:"width,omitempty"`      //
	Height     *float32 `json:"height,omitempty"`     //
	Caption    string   `json:"caption,omitempty"`
	URL        string   `json:"url,omitempty"`
	ImagePath  string   `json:"image_path,omitempty"`
}

// MentionEvidence describes a mention. The person is of the roster that was counted.
func MentionEvidence(roster *Roster, m Mention) Evidence {
	p := &roster.Persons[m.Person]
	return Evidence{
		Kind: "mention", ID: p.ID, Name: p.Name, Row: m.Row, Key: m.Key, Alias: m.Alias,
		Start: &m.Start, End: &m.End, Caption: m.Caption, URL: m.URL,
	}
}

// ImageEvidence describes an image hit. row may be the row itself, for its caption, or nil.
func ImageEvidence(roster *Roster, h ImageHit, row *Row) Evidence {
	p := &roster.Persons[h.Person]
	e := Evidence{Kind: "image", ID: p.ID, Name: p.Name, Row: h.Row, Similarity: &h.Score, Reference: &h.Reference, Group: h.Group}
	if h.Hash != nil {
		e.Hash = h.Hash.String()
	}
	if row != nil {
		e.Key, e.Caption, e.URL, e.ImagePath = row.Key, row.Caption, row.URL, row.ImagePath
	}
	return e
}

// FaceEvidence describes a face hit. row may be nil.
func FaceEvidence(roster *Roster, h ImageHit, row *Row, box Box) Evidence {
	e := ImageEvidence(roster, h, row)
	e.Kind = "face"
	e.Left, e.Top, e.Width, e.Height = &box.Left, &box.Top, &box.Width, &box.Height
	return e
}

// VoteEvidence describes a neighbour that carries the person's name by CLIP's vote, or by that of a
// face. row may be nil.
func VoteEvidence(roster *Roster, v PresenceVote, row *Row) Evidence {
	if v.Face == nil {
		e := ImageEvidence(roster, v.ImageHit, row)
		e.Kind = "name vote"
		return e
	}
	e := FaceEvidence(roster, v.ImageHit, row, v.Face.Box)
	e.Kind = "face vote"
	return e
}

// EvidenceWriter writes evidence as it comes. Close must be called: it writes what is buffered
// (4 KiB), and gives the first error of any write. It does not close the underlying writer.
type EvidenceWriter interface {
	Write(Evidence) error
	Close() error
}

// NewEvidenceJSONL writes one JSON object a line. Bytes of a caption that are not UTF-8 become
// U+FFFD; start and end refer to the caption before that.
func NewEvidenceJSONL(w io.Writer) EvidenceWriter {
	buf := bufio.NewWriter(w)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return &evidenceJSONL{buf, enc}
}

type evidenceJSONL struct {
	buf *bufio.Writer
	enc *json.Encoder
}

func (w *evidenceJSONL) Write(e Evidence) error {
	if err := w.enc.Encode(e); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

func (w *evidenceJSONL) Close() error {
	if err := w.buf.Flush(); err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

// evidenceColumns is the header of an evidence CSV file.
const evidenceColumns = "kind,id,name,row,key,alias,start,end,similarity,reference,group,hash,left,top,width,height,caption,url,image_path"

// NewEvidenceCSV writes CSV with a header line; cells that do not apply to a kind are empty.
func NewEvidenceCSV(w io.Writer) EvidenceWriter {
	out := &evidenceCSV{csv.NewWriter(w)}
	// The writer keeps its first error, so the header's is given by the next Write or by Close.
	_ = out.csv.Write(strings.Split(evidenceColumns, ","))
	return out
}

type evidenceCSV struct{ csv *csv.Writer }

func (w *evidenceCSV) Write(e Evidence) error {
	err := w.csv.Write([]string{
		e.Kind, e.ID, e.Name, strconv.FormatInt(e.Row, 10), e.Key, e.Alias, number(e.Start), number(e.End),
		single(e.Similarity), number(e.Reference), integer(e.Group), e.Hash,
		single(e.Left), single(e.Top), single(e.Width), single(e.Height), e.Caption, e.URL, e.ImagePath,
	})
	if err != nil {
		return fmt.Errorf("writing evidence: %w", err)
	}
	return nil
}

func (w *evidenceCSV) Close() error {
	if w.csv.Flush(); w.csv.Error() != nil {
		return fmt.Errorf("writing evidence: %w", w.csv.Error())
	}
	return nil
}

func single(f *float32) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(float64(*f), 'g', -1, 32)
}

func number(n *int) string {
	if n == nil {
		return ""
	}
	return strconv.Itoa(*n)
}
