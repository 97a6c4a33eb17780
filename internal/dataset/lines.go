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

// textFile is an open text file, decompressed and past its byte order mark.
type textFile struct {
	*bufio.Reader
	file storage.File
}

func openText(ctx context.Context, files *storage.Files, path string) (*textFile, error) {
	f, err := files.Open(ctx, path)
	if err != nil {
		return nil, err
	}
	r, err := textReader(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &textFile{r, f}, nil
}

// textReader reads a text file; .gz at the end of its path says that it is compressed.
func textReader(f io.Reader, path string) (*bufio.Reader, error) {
	r := bufio.NewReaderSize(f, 64<<10)
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("%s: not a gzip file: %w", path, err)
		}
		r = bufio.NewReaderSize(z, 64<<10)
	}
	if mark, _ := r.Peek(3); bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		if _, err := r.Discard(3); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return r, nil
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
