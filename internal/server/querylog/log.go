// Package querylog records who searched for what: one JSON object a line, in a file that is only
// ever appended to.
package querylog

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Entry is one line. Texts stand as they were asked; of images and vectors only the digest, which
// shows that two queries were the same.
type Entry struct {
	Time     time.Time `json:"time"`
	Request  string    `json:"request"`        // the request's ID, as in the service's log
	Key      string    `json:"key,omitempty"`  // ID of the key; "" where no keys are in use
	Name     string    `json:"name,omitempty"` // the key's name then
	Address  string    `json:"address"`        // of the client
	Action   string    `json:"action"`         // search, rows, count, audit, evidence, person changed ...
	Index    string    `json:"index,omitempty"`
	Modality string    `json:"modality,omitempty"`
	Text     string    `json:"text,omitempty"`
	Person   string    `json:"person,omitempty"` // ID in the roster
	People   []string  `json:"people,omitempty"` // IDs of those that a count or an audit asks for, the first of them
	Job      string    `json:"job,omitempty"`    // ID of the count or audit that was looked at, removed or cancelled
	Image    string    `json:"image_sha256,omitempty"`
	Vector   string    `json:"vector_sha256,omitempty"` // of the float32 values, little-endian
	URL      string    `json:"url,omitempty"`
	Rows     []int64   `json:"rows,omitempty"` // the first of the rows asked for
	Asked    int       `json:"asked"`          // results or rows asked for
	Results  int       `json:"results"`        // and given
}

// Log appends entries to a file. Its methods may be called at once.
type Log struct {
	mu   sync.Mutex
	path string
	file *os.File
}

// Open opens a log, or begins one that only its owner can read. A last line that a crash cut is
// ended, so that the next entry has a line of its own.
func Open(path string) (*Log, error) {
	l := &Log{path: path}
	file, err := open(path)
	l.file = file
	return l, err
}

func open(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the query log: %w", err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	last := []byte{'\n'}
	if err == nil && info.Size() > 0 {
		_, err = file.ReadAt(last, info.Size()-1)
	}
	if err == nil && last[0] != '\n' {
		_, err = file.Write([]byte{'\n'})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the query log %s: %w", path, err), file.Close())
	}
	return file, nil
}

// Append writes an entry with one call of the system, so that a killed process leaves whole lines.
// JSON escapes line ends and control characters: no entry can forge another.
func (l *Log) Append(e Entry) error {
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("query log: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("writing the query log: %w", err)
	}
	return nil
}

// Reopen goes on in a new file under the log's path, for whoever has moved the old one away.
func (l *Log) Reopen() error {
	file, err := open(l.path)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	old := l.file
	l.file = file
	return errors.Join(old.Sync(), old.Close())
}

// Close brings the log to the disk and closes it.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.file.Sync(), l.file.Close())
}

// Page copies whole lines to w from byte offset from on, until they would pass most bytes (but
// always one line), and returns the offset to go on from. At the end of the log it copies nothing.
func (l *Log) Page(w io.Writer, from int64, most int) (next int64, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	info, err := l.file.Stat()
	if err != nil {
		return from, fmt.Errorf("reading the query log: %w", err)
	}
	if from < 0 || from > info.Size() {
		return from, ErrOffset
	}
	text := make([]byte, min(int64(max(most, maxLine)), info.Size()-from))
	if _, err := l.file.ReadAt(text, from); err != nil {
		return from, fmt.Errorf("reading the query log: %w", err)
	}
	text = wholeLines(text, most)
	n, err := w.Write(text)
	return from + int64(n), err
}

// ErrOffset answers an offset that is not in the log.
var ErrOffset = errors.New("the query log has no such offset")

// maxLine is longer than any entry that the service writes.
const maxLine = 256 << 10

// wholeLines cuts text after the last line end within most bytes, else after the first.
func wholeLines(text []byte, most int) []byte {
	end := 0
	for i, b := range text {
		if i >= most && end > 0 {
			break
		}
		if b == '\n' {
			end = i + 1
		}
	}
	return text[:end]
}
