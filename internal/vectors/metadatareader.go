package vectors

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"rollcall/retriever"
)

// worthSeeking is the gap in rows from which jumping by the file's page index beats reading on.
const worthSeeking = 4096

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

// metadataReader reads rows of a metadata file, forward. Going back costs a new start in the row
// group, and so may every seek in a file without page index: ask in ascending order.
type metadataReader struct {
	m       *metadataFile
	want    func(role) bool // which columns to read; nil for all
	group   int             // index of the open row group, -1 before the first
	next    int64           // row that the cursors are at
	end     int64           // row after the open group's last
	cursors []*cursor
}

// reader starts reading the columns that want chooses, or all.
func (m *metadataFile) reader(want func(role) bool) *metadataReader {
	return &metadataReader{m: m, want: want, group: -1}
}

// seek makes row the one that read gives next.
func (r *metadataReader) seek(row int64) (err error) {
	defer damaged(r.m.path, &err)
	if row < 0 || row >= r.m.rows() {
		return fmt.Errorf("%s has no row %d, only %d rows", r.m.path, row, r.m.rows())
	}
	if row >= r.next && row < r.end {
		return r.forward(row)
	}
	var start int64
	for i, g := range r.m.parquet.RowGroups() {
		end := start + g.NumRows()
		if row < end {
			if err := r.open(i, g); err != nil {
				return err
			}
			r.next, r.end = start, end
			return r.forward(row)
		}
		start = end
	}
	return fmt.Errorf("%s promises %d rows and has %d: write it again", r.m.path, r.m.rows(), start)
}

// open moves to the start of a row group.
func (r *metadataReader) open(i int, g parquet.RowGroup) error {
	if err := r.close(); err != nil {
		return err
	}
	r.group = i
	for _, col := range r.m.columns {
		if r.want != nil && !r.want(col.role) {
			continue
		}
		chunk := g.ColumnChunks()[col.leaf]
		_, err := chunk.OffsetIndex()
		r.cursors = append(r.cursors, &cursor{
			column: col, values: parquet.NewColumnChunkValueReader(chunk), indexed: err == nil,
		})
	}
	return nil
}

// forward moves on to a row of the open group.
func (r *metadataReader) forward(row int64) error {
	start := r.end - r.m.parquet.RowGroups()[r.group].NumRows()
	for _, c := range r.cursors {
		err := c.forward(row-r.next, row-start)
		if err != nil {
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
func (r *metadataReader) each(visit func(i int, value any) error) (err error) {
	defer damaged(r.m.path, &err)
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
func (r *metadataReader) close() error {
	var errs []error
	for _, c := range r.cursors {
		errs = append(errs, c.values.Close())
	}
	r.cursors = nil
	return errors.Join(errs...)
}

// cursor reads one column of a row group, row by row.
type cursor struct {
	column  metadataColumn
	values  parquet.ColumnChunkValueReader
	indexed bool // the file knows where the column's pages are
	buffer  [128]parquet.Value
	ready   []parquet.Value // read and not yet used
}

// fill reads more values when none are ready.
func (c *cursor) fill() error {
	if len(c.ready) > 0 {
		return nil
	}
	n, err := c.values.ReadValues(c.buffer[:])
	c.ready = c.buffer[:n]
	if n > 0 {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// forward skips rows, to the given row of the group.
func (c *cursor) forward(rows, to int64) error {
	if c.indexed && rows >= worthSeeking {
		c.ready = nil
		return c.values.SeekToRow(to)
	}
	for rows > 0 {
		if err := c.fill(); err != nil {
			return err
		}
		if !c.column.repeated {
			n := min(rows, int64(len(c.ready)))
			c.ready, rows = c.ready[n:], rows-n
			continue
		}
		c.ready = c.ready[1:]
		for c.fill() == nil && c.ready[0].RepetitionLevel() > 0 { // an error shows at the next row
			c.ready = c.ready[1:]
		}
		rows--
	}
	return nil
}

// next gives the value of the next row: nil, bool, int64, float64, string, or []any of these.
func (c *cursor) next() (any, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	first := c.column.value(c.ready[0])
	c.ready = c.ready[1:]
	if !c.column.repeated {
		return first, nil
	}
	var list []any
	if first != nil {
		list = append(list, first)
	}
	for c.fill() == nil && c.ready[0].RepetitionLevel() > 0 { // an error shows at the next row
		list = append(list, c.column.value(c.ready[0]))
		c.ready = c.ready[1:]
	}
	if list == nil {
		return nil, nil
	}
	return list, nil
}
