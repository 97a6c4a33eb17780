package retriever

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
)

// partialFormat marks a partial count.
const partialFormat = "rollcall partial count 2"

// Task is one share of a count that several processes do: the parts of the source are dealt to the
// tasks in turn.
type Task struct {
	Number int // from 1
	Of     int
}

// partialHead is the first line of a partial count.
type partialHead struct {
	Format string `json:"format"`
	Mode   Mode   `json:"mode"`
	Roster string `json:"roster"` // SHA-256 over the names in order
	Task   int    `json:"task"`
	Of     int    `json:"of"`
	Parts  int    `json:"parts"` // of the source
}

// partialFoot is the last line: without it the file was cut.
type partialFoot struct {
	Rows    int64 `json:"rows"`
	Null    int64 `json:"null"`
	Matches int64 `json:"matches"`
}

// matchKey is what merging must know of a row that mentions a person.
type matchKey struct {
	person       int32
	part, row    int64  // part of the source, row in the part
	url, caption uint64 // hashes; url is 0 for a row without one
}

// CountPartial counts one task's share of the rows, of which alone it reads the captions, and writes
// what MergePartials needs: one line for each mention. A source that is no CaptionParts is the first
// task's. o.Evidence gets the task's mentions, and is refused where the number of a row cannot be
// told; o.MaxDistinct has no meaning here.
func CountPartial(ctx context.Context, src CaptionSource, roster *Roster, o MentionOptions, task Task, w io.Writer) error {
	if task.Of < 1 || task.Number < 1 || task.Number > task.Of {
		return fmt.Errorf("counting mentions: task %d of %d is none; tasks are numbered from 1", task.Number, task.Of)
	}
	m, parts, err := prepare(ctx, src, roster, &o)
	if err != nil {
		return err
	}
	share, err := task.share(parts, o.Evidence != nil)
	if err != nil {
		return err
	}
	t := newTally(roster, o)
	t.partial = &partialWriter{out: bufio.NewWriter(w), task: task}
	head := partialHead{
		Format: partialFormat, Mode: o.Mode, Roster: rosterDigest(roster), Task: task.Number, Of: task.Of, Parts: len(parts),
	}
	if err := t.partial.object(head); err != nil {
		return err
	}
	if err := matchRows(ctx, share, m, t.add); err != nil {
		return fmt.Errorf("counting mentions: %w", err)
	}
	return t.partial.finish(t.result.Rows, t.result.Null)
}

// share gives the task's own parts. numbered asks for parts whose rows have known numbers.
func (t Task) share(parts []CaptionPart, numbered bool) ([]CaptionPart, error) {
	var own []CaptionPart
	for i := t.Number - 1; i < len(parts); i += t.Of {
		if numbered && parts[i].First < 0 {
			return nil, fmt.Errorf("counting mentions: task %d of %d does not read the files before its own, whose number of rows only Parquet files say, so it cannot number its evidence: count without evidence, without tasks, or from Parquet files",
				t.Number, t.Of)
		}
		own = append(own, parts[i])
	}
	return own, nil
}

// partialWriter writes a line a match: person, part of the source, row in the part, hash of the URL,
// hash of the folded caption.
type partialWriter struct {
	out     *bufio.Writer
	task    Task
	line    []byte
	matches int64
}

func (w *partialWriter) write(k matchKey) error {
	w.matches++
	w.line = strconv.AppendInt(w.line[:0], int64(k.person), 10)
	part := k.part*int64(w.task.Of) + int64(w.task.Number-1) // of all, not of the task's own
	w.line = strconv.AppendInt(append(w.line, ' '), part, 10)
	w.line = strconv.AppendInt(append(w.line, ' '), k.row, 10)
	w.line = strconv.AppendUint(append(w.line, ' '), k.url, 16)
	w.line = strconv.AppendUint(append(w.line, ' '), k.caption, 16)
	_, err := w.out.Write(append(w.line, '\n'))
	return err
}

func (w *partialWriter) object(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.out.Write(append(line, '\n'))
	return err
}

func (w *partialWriter) finish(rows, null int64) error {
	if err := w.object(partialFoot{rows, null, w.matches}); err != nil {
		return err
	}
	return w.out.Flush()
}

// rosterDigest is over what decides the matches: every name and alias, in order.
func rosterDigest(roster *Roster) string {
	h := sha256.New()
	for i := range roster.Persons {
		p := &roster.Persons[i]
		for _, name := range append(p.names(), p.ID) {
			fmt.Fprintf(h, "%d %s\n", len(name), name) // a hash has no errors
		}
		fmt.Fprintln(h)
	}
	return hex.EncodeToString(h.Sum(nil))
}
