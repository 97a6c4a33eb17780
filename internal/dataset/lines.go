package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"rollcall/internal/dataset/storage"
)

// textFile is an open text file, decompressed and past its byte order mark. It counts what was read.
type textFile struct {
	*bufio.Reader
	file io.Closer // nil: somebody else's
	raw  *bufio.Reader
	in   tally // by raw, from the file
	out  tally // by Reader, from raw or what decompresses it
}

// tally is a reader and how much it has read.
type tally struct {
	from  io.Reader
	bytes int64
}

// Read reads on.
func (c *tally) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.bytes += int64(n)
	return n, err
}

// behind is how many bytes of the file what was taken of its text had: of compressed text, what was
// decompressed had in the mean.
func (t *textFile) behind() int64 {
	if t.out.bytes == 0 {
		return 0
	}
	decompressed, taken := t.in.bytes-int64(t.raw.Buffered()), t.out.bytes-int64(t.Buffered())
	return int64(float64(decompressed) * float64(taken) / float64(t.out.bytes))
}

// placing tells the visitor of every row what is behind with it.
func (t *textFile) placing(visit rowVisitor) rowVisitor {
	return func(r row) error {
		r.behind = t.behind()
		return visit(r)
	}
}

func openText(ctx context.Context, files *storage.Files, path string) (*textFile, error) {
	f, err := files.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	t, err := textReader(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	t.file = f
	return t, nil
}

// textReader reads a text file; .gz at the end of its path says that it is compressed.
func textReader(f io.Reader, path string) (*textFile, error) {
	t := &textFile{in: tally{from: f}}
	t.raw = bufio.NewReaderSize(&t.in, 64<<10)
	t.out.from = t.raw
	if strings.HasSuffix(strings.ToLower(storage.Base(path)), ".gz") {
		z, err := gzip.NewReader(t.raw)
		if err != nil {
			return nil, fmt.Errorf("%s: not a gzip file: %w", path, err)
		}
		t.out.from = z
	}
	t.Reader = bufio.NewReaderSize(&t.out, 64<<10)
	if mark, _ := t.Peek(3); bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		if _, err := t.Discard(3); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return t, nil
}

// Close closes the file.
func (t *textFile) Close() error { return t.file.Close() }

// lineReader gives the lines of a text file, each at most maxCaption bytes.
type lineReader struct {
	r    *bufio.Reader
	path string
	line int64 // number of the last line given, from 1
	buf  []byte
}

// next returns the next line without its ending, valid until the following call, and io.EOF after
// the last one. A final line needs no line ending.
func (l *lineReader) next() ([]byte, error) {
	l.buf = l.buf[:0]
	l.line++
	for {
		part, err := l.r.ReadSlice('\n')
		if len(l.buf)+len(part) > maxCaption {
			return nil, l.errorf("longer than %d MiB; is this a text file with one sample a line?", maxCaption>>20)
		}
		l.buf = append(l.buf, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(l.buf[:len(l.buf)-1], []byte("\r")), nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(l.buf) == 0:
			return nil, io.EOF
		case err == io.EOF:
			return bytes.TrimSuffix(l.buf, []byte("\r")), nil
		}
		return nil, l.errorf("%w", err)
	}
}

// errorf makes an error that names the file and the line last given.
func (l *lineReader) errorf(format string, args ...any) error {
	return fmt.Errorf("%s:%d: %w", l.path, l.line, fmt.Errorf(format, args...))
}
