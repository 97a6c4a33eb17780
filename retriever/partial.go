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
const partialFormat = "rollcall partial count 1"

// taskBlock is how many rows in a row belong to one task.
const taskBlock = 4096

// Task is one part of a count that several processes share: blocks of 4,096 rows are dealt to the
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
	row          int64
	url, caption uint64 // hashes; url is 0 for a row without one
}

// CountPartial counts one task's share of the rows and writes what MergePartials needs: one line
// for each mention. Every row of src is read, and the task's own are matched. o.Evidence gets the
// task's mentions; o.MaxDistinct has no meaning here.
func CountPartial(ctx context.Context, src CaptionSource, roster *Roster, o MentionOptions, task Task, w io.Writer) error {
	if task.Of < 1 || task.Number < 1 || task.Number > task.Of {
		return fmt.Errorf("counting mentions: task %d of %d is none; tasks are numbered from 1", task.Number, task.Of)
	}
	if err := roster.Validate(); err != nil {
		return err
	}
	m, err := newMatcher(roster, &o)
	if err != nil {
		return err
	}
	t := newTally(roster, o)
	t.partial = &partialWriter{out: bufio.NewWriter(w)}
	head := partialHead{Format: partialFormat, Mode: o.Mode, Roster: rosterDigest(roster), Task: task.Number, Of: task.Of}
	if err := t.partial.object(head); err != nil {
		return err
	}
	if err := matchRows(ctx, taskSource{src, task}, matching{m, len(roster.Persons), o.Workers}, t.add); err != nil {
		return fmt.Errorf("counting mentions: %w", err)
	}
	return t.partial.finish(t.result.Rows, t.result.Null)
}

// taskSource passes on the rows of one task.
type taskSource struct {
	CaptionSource
	task Task
}

func (s taskSource) Captions(ctx context.Context, visit func(CaptionRow) error) error {
	of, own := int64(s.task.Of), int64(s.task.Number-1)
	return s.CaptionSource.Captions(ctx, func(row CaptionRow) error {
		if row.Row/taskBlock%of != own {
			return nil
		}
		return visit(row)
	})
}

// partialWriter writes a line a match: person, row, hash of the URL, hash of the folded caption.
type partialWriter struct {
	out     *bufio.Writer
	line    []byte
	matches int64
}

func (w *partialWriter) write(k matchKey) error {
	w.matches++
	w.line = strconv.AppendInt(w.line[:0], int64(k.person), 10)
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
