package dataset

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/parquet-go/parquet-go"

	"rollcall/retriever"
)

// parquetBatch is how many rows are read from each column at a time: few, because each caption may
// be as long as maxCaption.
const parquetBatch = 64

// readParquet visits the rows of a Parquet file, one row group after the other: LAION's TEXT and
// URL, img2dataset's caption, url and key, in either case. Only the columns that counting needs
// are read. A null caption is a row with Null set.
func readParquet(path string, visit rowVisitor) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var file *parquet.File
	err = guard(func() (err error) {
		file, err = parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: not a Parquet file: %w", path, err)
	}
	return scanParquet(file, path, visit)
}

// guard turns the library's panics, which some damaged files cause, into errors: one bad file must
// not end the process.
func guard(read func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged Parquet file: %v", p)
		}
	}()
	return read()
}

func scanParquet(file *parquet.File, path string, visit rowVisitor) error {
	leaves, err := captionLeaves(file.Root())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	first := int64(0)
	for _, group := range file.RowGroups() {
		if err := scanRowGroup(group, leaves, path, first, visit); err != nil {
			return err
		}
		first += group.NumRows()
	}
	return nil
}

// captionLeaves finds the columns among the file's top-level ones.
func captionLeaves(root *parquet.Column) (columns, error) {
	var names []string
	var leaf []int
	for _, c := range root.Columns() {
		if c.Leaf() && !c.Repeated() {
			names = append(names, c.Name())
			leaf = append(leaf, c.Index())
		}
	}
	at := findColumns(names)
	if at.caption < 0 {
		return at, fmt.Errorf("the columns are %q: %w", strings.Join(names, ", "), errNoCaption)
	}
	toLeaf := func(i int) int {
		if i < 0 {
			return -1
		}
		return leaf[i]
	}
	return columns{toLeaf(at.caption), toLeaf(at.url), toLeaf(at.key)}, nil
}

func scanRowGroup(group parquet.RowGroup, at columns, path string, first int64, visit rowVisitor) (err error) {
	var cols [3]*parquetColumn // caption, URL, key
	err = guard(func() error {
		chunks := group.ColumnChunks()
		for i, leaf := range []int{at.caption, at.url, at.key} {
			cols[i] = &parquetColumn{}
			if leaf >= 0 {
				cols[i].pages = chunks[leaf].Pages()
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	defer func() { err = errors.Join(err, cols[0].close(), cols[1].close(), cols[2].close()) }()
	for done := int64(0); done < group.NumRows(); {
		n := int(min(parquetBatch, group.NumRows()-done))
		for _, c := range cols {
			if err := guard(func() error { return c.fill(n) }); err != nil {
				return fmt.Errorf("%s: rows from %d: %w", path, first+done, err)
			}
		}
		for i := range n {
			row, err := parquetRow(cols[0].cells[i], cols[1].cells[i], cols[2].cells[i])
			if err != nil {
				return fmt.Errorf("%s: row %d: %w", path, first+done+int64(i), err)
			}
			if err := visit(row); err != nil {
				return err
			}
		}
		done += int64(n)
	}
	return nil
}

func parquetRow(caption, url, key parquetCell) (retriever.CaptionRow, error) {
	row := retriever.CaptionRow{Caption: caption.text, Null: caption.null, URL: url.text, Key: key.text}
	if caption.null {
		return row, nil
	}
	if caption.kind != parquet.ByteArray && caption.kind != parquet.FixedLenByteArray {
		return row, fmt.Errorf("the caption is of type %v, not text", caption.kind)
	}
	if len(caption.text) > maxCaption {
		return row, fmt.Errorf("the caption is longer than %d MiB", maxCaption>>20)
	}
	return row, nil
}

// parquetCell is one value, copied out of its page.
type parquetCell struct {
	text string
	null bool
	kind parquet.Kind
}

// parquetColumn reads one column chunk in batches, whatever the bounds of its pages. The zero
// value is a column that the file lacks: all null.
type parquetColumn struct {
	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	buf    [parquetBatch]parquet.Value
	cells  []parquetCell
}

// fill makes cells the next n values, at most parquetBatch.
func (c *parquetColumn) fill(n int) error {
	c.cells = c.cells[:0]
	for len(c.cells) < n {
		if c.pages == nil {
			c.cells = append(c.cells, parquetCell{null: true})
			continue
		}
		if c.values == nil {
			page, err := c.pages.ReadPage()
			if err != nil {
				return noEOF(err)
			}
			c.page, c.values = page, page.Values()
		}
		got, err := c.values.ReadValues(c.buf[:n-len(c.cells)])
		for _, v := range c.buf[:got] {
			c.cells = append(c.cells, cellOf(v))
		}
		if errors.Is(err, io.EOF) {
			parquet.Release(c.page)
			c.page, c.values = nil, nil
		} else if err != nil {
			return err
		} else if got == 0 {
			return io.ErrNoProgress
		}
	}
	return nil
}

func (c *parquetColumn) close() error {
	if c.pages == nil {
		return nil
	}
	return c.pages.Close()
}

func cellOf(v parquet.Value) parquetCell {
	if v.IsNull() {
		return parquetCell{null: true}
	}
	return parquetCell{text: clean(v.String()), kind: v.Kind()}
}

// noEOF keeps a column that ends before its row group does from looking like the end of the file.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
