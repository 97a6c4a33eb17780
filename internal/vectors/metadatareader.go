package vectors

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
	"rollcall/retriever"
)

const (
	// maxList bounds the values of one row's list, and maxText one text, or all of a list together: a
	// few bytes of a file can say the same value over and over.
	maxList = 1 << 20
	maxText = 16 << 20
)

// metadataRow is a row as the file has it.
type metadataRow struct {
	retriever.Row      // without ID
	hasCaption    bool // the caption is not null
	empty         bool // every column read is null
}

// set puts a value where its column belongs; nulls are left out.
func (r *metadataRow) set(c metadataColumn, value any) {
	if value == nil {
		return
	}
	r.empty = false
	switch c.role {
	case roleImagePath:
		r.ImagePath = asText(value)
	case roleCaption:
		r.Caption, r.hasCaption = asText(value), true
	case roleURL:
		r.URL = asText(value)
	case roleKey:
		r.Key = asText(value)
	default:
		if r.Fields == nil {
			r.Fields = map[string]any{}
		}
		r.Fields[c.name] = value
	}
}

// textSize is about how many bytes the row's texts take.
func (r *metadataRow) textSize() int {
	size := len(r.Caption) + len(r.URL) + len(r.Key) + len(r.ImagePath)
	for _, value := range r.Fields {
		size += textSize(value)
		if list, ok := value.([]any); ok {
			size += 16 * len(list)
			for _, one := range list {
				size += textSize(one)
			}
		}
	}
	return size
}

// textSize is how many bytes a value has, if it is a text.
func textSize(value any) int {
	text, _ := value.(string)
	return len(text)
}

// metadataReader reads rows of a metadata file, forward. Going back costs a new start in the row
// group: ask in ascending order.
type metadataReader struct {
	m       *metadataFile
	group   *parquetfile.Group // that is open; nil before the first
	next    int64              // row that the cursors are at
	end     int64              // row after the open group's last
	cursors []*cursor
}

// reader starts reading the rows.
func (m *metadataFile) reader() *metadataReader {
	return &metadataReader{m: m}
}

// seek makes row the one that read gives next.
func (r *metadataReader) seek(row int64) error {
	if row < 0 || row >= r.m.rows() {
		return fmt.Errorf("%s has no row %d, only %d rows", r.m.path, row, r.m.rows())
	}
	if row >= r.next && row < r.end {
		return r.forward(row)
	}
	var start int64
	for i := range r.m.parquet.Groups() {
		end := start + r.m.parquet.GroupRows(i)
		if row < end {
			if err := r.open(i); err != nil {
				return fmt.Errorf("%s: %w: write it again", r.m.path, err)
			}
			r.next, r.end = start, end
			return r.forward(row)
		}
		start = end
	}
	return fmt.Errorf("%s promises %d rows and has %d: write it again", r.m.path, r.m.rows(), start)
}

// open moves to the start of a row group.
func (r *metadataReader) open(number int) error {
	r.close()
	r.group = r.m.parquet.Group(number)
	for _, col := range r.m.columns {
		values, err := r.group.Column(col.leaf)
		if err != nil {
			return err
		}
		r.cursors = append(r.cursors, &cursor{column: col, values: values})
	}
	return nil
}

// forward moves on to a row of the open group.
func (r *metadataReader) forward(row int64) error {
	for _, c := range r.cursors {
		if err := c.forward(row - r.next); err != nil {
			return fmt.Errorf("%s: cannot reach row %d of column %s (%w): write it again", r.m.path, row, c.column.name, err)
		}
	}
	r.next = row
	return nil
}

// read gives the next row; io.EOF after the file's last.
func (r *metadataReader) read() (row metadataRow, err error) {
	row.empty = true
	err = r.each(func(i int, value any) error {
		row.set(r.cursors[i].column, value)
		return nil
	})
	return row, err
}

// each visits the values of the next row, by cursor; io.EOF after the file's last.
func (r *metadataReader) each(visit func(i int, value any) error) error {
	if r.next >= r.m.rows() {
		return io.EOF
	}
	if r.next >= r.end {
		if err := r.seek(r.next); err != nil {
			return err
		}
	}
	for i, c := range r.cursors {
		value, err := c.next()
		if err != nil {
			return fmt.Errorf("%s: cannot read row %d of column %s (%w): write it again", r.m.path, r.next, c.column.name, err)
		}
		if err := visit(i, value); err != nil {
			return err
		}
	}
	r.next++
	return nil
}

// close lets go of the open row group.
func (r *metadataReader) close() {
	if r.group != nil {
		r.group.Close()
	}
	r.group, r.cursors, r.end = nil, nil, 0
}

// cursor reads one column of a row group, row by row.
type cursor struct {
	column metadataColumn
	values *parquetfile.Column
	buffer [128]parquet.Value
	ready  []parquet.Value // read and not yet used
}

// fill reads more values when none are ready; io.EOF after the last.
func (c *cursor) fill() error {
	if len(c.ready) > 0 {
		return nil
	}
	n, err := c.values.Read(c.buffer[:])
	c.ready = c.buffer[:n]
	return err
}

// forward skips rows.
func (c *cursor) forward(rows int64) error {
	if !c.column.repeated {
		ready := min(rows, int64(len(c.ready)))
		c.ready = c.ready[ready:]
		return c.values.Skip(rows - ready)
	}
	for ; rows > 0; rows-- {
		if _, err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// more says whether the next value belongs to the row of the one before.
func (c *cursor) more() (bool, error) {
	err := c.fill()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return err == nil && c.ready[0].RepetitionLevel() > 0, err
}

// next gives the value of the next row: nil, bool, int64, float64, string, or []any of these.
func (c *cursor) next() (any, error) {
	switch err := c.fill(); {
	case errors.Is(err, io.EOF):
		return nil, io.ErrUnexpectedEOF
	case err != nil:
		return nil, err
	}
	first, err := c.take()
	if err != nil || !c.column.repeated {
		return first, err
	}
	var list []any
	if first != nil {
		list = append(list, first)
	}
	size := textSize(first)
	for {
		more, err := c.more()
		if err != nil {
			return nil, err
		}
		switch {
		case !more && list == nil:
			return nil, nil
		case !more:
			return list, nil
		case len(list) == maxList:
			return nil, fmt.Errorf("its list has more than %d values", maxList)
		}
		value, err := c.take()
		if err != nil {
			return nil, err
		}
		if size += textSize(value); size > maxText {
			return nil, fmt.Errorf("the texts of its list have more than %d MiB", maxText>>20)
		}
		list = append(list, value)
	}
}

// take uses up the value that is ready.
func (c *cursor) take() (any, error) {
	v := c.ready[0]
	c.ready = c.ready[1:]
	if kind := v.Kind(); kind == parquet.ByteArray && len(v.ByteArray()) > maxText {
		return nil, fmt.Errorf("its text has more than %d MiB", maxText>>20)
	}
	return c.column.value(v), nil
}
