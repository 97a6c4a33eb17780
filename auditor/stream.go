package auditor

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// longestMessage bounds one line of a stored stream: a Config with 200,000 names takes some 4 MB.
const longestMessage = 64 << 20

// Writer stores a stream as JSON lines, one message a line. It is a Handler.
type Writer struct{ to *bufio.Writer }

// NewWriter stores messages in w. Flush when the stream is over.
func NewWriter(w io.Writer) *Writer { return &Writer{bufio.NewWriterSize(w, 1<<16)} }

// Handle writes one message.
func (w *Writer) Handle(m Message) error {
	line, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("a message of the audit cannot be stored: %w", err)
	}
	if _, err := w.to.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("the audit's stream cannot be written: %w", err)
	}
	return nil
}

// Flush writes what is buffered.
func (w *Writer) Flush() error { return w.to.Flush() }

// ErrIncomplete says that a stored stream ends before its Timing: the run was interrupted, or the
// file was cut.
var ErrIncomplete = errors.New("the audit did not finish: its stream has no last message; run the audit again")

// Read hands a stored stream to h, message by message. It refuses a stream of another protocol, a
// line that is not one message, and messages after the last; errors name the line. A stream that
// is cut short is handed over as far as it goes and ends with ErrIncomplete.
func Read(r io.Reader, h Handler) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<16), longestMessage)
	n, ended := 0, false
	for lines.Scan() {
		n++
		if ended {
			return fmt.Errorf("line %d: a message after the last one", n)
		}
		m, err := parseMessage(lines.Bytes(), n == 1)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := h.Handle(m); err != nil {
			return err
		}
		ended = m.Timing != nil
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("line %d: %w", n+1, err)
	}
	if !ended {
		return ErrIncomplete
	}
	return nil
}

func parseMessage(line []byte, first bool) (Message, error) {
	var m Message
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, fmt.Errorf("not a message of an audit's stream: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("more than one message on a line")
	}
	set := 0
	for _, there := range []bool{m.Config != nil, m.Duplicate != nil, m.Finding != nil, m.Failure != nil, m.Control != nil, m.Summary != nil, m.Comparison != nil, m.Timing != nil} {
		if there {
			set++
		}
	}
	switch {
	case set != 1:
		return m, fmt.Errorf("%d messages in one record, want one", set)
	case first && m.Config == nil:
		return m, errors.New("the stream does not begin with its config: is this the run.jsonl of an audit?")
	case !first && m.Config != nil:
		return m, errors.New("a second config")
	case first && m.Config.Protocol != Protocol:
		return m, fmt.Errorf("protocol %q, want %q: use the version of the tool that wrote it (%s)", m.Config.Protocol, Protocol, m.Config.Tool)
	}
	return m, nil
}
