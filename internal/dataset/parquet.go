package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
	"rollcall/internal/parquetfile"
	"rollcall/retriever"
)

// maxGroupRows bounds how many rows of one row group are recorded one by one when they cannot be
// read. Writers make groups of a million rows at most.
const maxGroupRows = 1 << 24

// readParquet visits the rows of a Parquet file, one row group after the other: LAION's TEXT and
// URL, img2dataset's caption, url and key, in either case. Only the columns that are asked for are
// read; lists and nested columns never are. A null caption is a row with Null set, as is each row of a
// file without captions. When a page is damaged, each row of its group from there on is one that cannot
// be used.
func readParquet(ctx context.Context, files *storage.Files, path string, whole bool, visit rowVisitor) (err error) {
	f, err := files.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	file, err := openParquet(f, path)
	if err != nil {
		return err
	}
	return scanParquet(file, path, whole, visit)
}

// openParquet reads a Parquet file's footer.
func openParquet(f storage.File, path string) (*parquetfile.File, error) {
	file, err := parquetfile.Open(f, f.Size())
	if err != nil && !transient(err) {
		err = fmt.Errorf("not a Parquet file: %w", err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

func scanParquet(file *parquetfile.File, path string, whole bool, visit rowVisitor) error {
	s := &parquetScan{path: path, visit: visit}
	var err error
	if s.leaves, err = captionLeaves(file.Root(), whole); err != nil {
		s.lacks = fmt.Sprintf("%s: %v", path, err)
	}
	for number := range file.Groups() {
		if err := s.group(file, number); err != nil {
			return err
		}
		s.first += file.GroupRows(number)
	}
	return nil
}

// parquetLeaf is a column that is read. What the name says it is for is found once a file.
type parquetLeaf struct {
	name string
	leaf int  // in the file; -1 where the file has no such column
	held bool // it holds images
}

// The first leaves, in this order, are those of columns; after them come the others.
const (
	leafCaption = iota
	leafURL
	leafKey
	leafImage
	leafOthers
)

// captionLeaves finds the columns among the file's top-level ones. The error is that there are no
// captions; the other columns are given all the same.
func captionLeaves(root *parquet.Column, whole bool) ([]parquetLeaf, error) {
	var names, shown []string
	var leaf []int
	var held []bool
	for _, c := range root.Columns() {
		if !c.Leaf() || c.Repeated() {
			shown = append(shown, c.Name()+" (nested)")
			continue
		}
		shown = append(shown, c.Name())
		names = append(names, c.Name())
		leaf = append(leaf, c.Index())
		held = append(held, holdsImages(c))
	}
	at := findColumns(names)
	leaves := make([]parquetLeaf, leafOthers)
	for i, column := range []int{at.caption, at.url, at.key, at.image} {
		leaves[i].leaf = -1
		if column >= 0 && (i < leafImage || whole) {
			leaves[i] = parquetLeaf{name: names[column], leaf: leaf[column]}
		}
	}
	for i, name := range names {
		if whole && !at.has(i) {
			leaves = append(leaves, parquetLeaf{clean(name), leaf[i], held[i]})
		}
	}
	if at.caption < 0 {
		return leaves, fmt.Errorf("the columns are %q: %w", strings.Join(shown, ", "), errNoCaption)
	}
	return leaves, nil
}

// holdsImages tells a column of images, bytes that are no text, by its name.
func holdsImages(c *parquet.Column) bool {
	logical := c.Type().LogicalType()
	return slices.Contains(heldNames, strings.ToLower(c.Name())) && c.Type().Kind() == parquet.ByteArray && logical == nil
}

// parquetScan reads one file.
type parquetScan struct {
	path   string
	leaves []parquetLeaf
	lacks  string // why there are no captions, when there are none
	visit  rowVisitor
	first  int64 // row of the file that the open group starts with
}

func (s *parquetScan) group(file *parquetfile.File, number int) (err error) {
	group, rows := file.Group(number), file.GroupRows(number)
	defer group.Close()
	cols := make([]parquetColumn, len(s.leaves))
	for i, l := range s.leaves {
		if l.leaf < 0 {
			continue
		}
		if cols[i].values, err = group.Column(l.leaf); err != nil {
			return s.damaged(rows, 0, err)
		}
	}
	for done := int64(0); done < rows; {
		n := int(min(parquetBatch, rows-done))
		for i := range cols {
			if err := cols[i].fill(n); err != nil {
				return s.damaged(rows, done, err)
			}
		}
		for i := range n {
			r := s.row(cols, i)
			r.at = s.first + done + int64(i)
			if r.err != nil {
				r.err = fmt.Errorf("%s: row %d: %w", s.path, r.at, r.err)
			}
			if err := s.visit(r); err != nil {
				return err
			}
		}
		done += int64(n)
	}
	return nil
}

// damaged visits the rows of the group that cannot be read any more, each with the reason.
func (s *parquetScan) damaged(rows, done int64, err error) error {
	err = fmt.Errorf("%s: rows from %d: %w", s.path, s.first+done, err)
	if transient(err) || rows-done > maxGroupRows {
		return err
	}
	err = indexer.Failf(indexer.ReasonParquetDamaged, "%v", err)
	for ; done < rows; done++ {
		if err := s.visit(row{at: s.first + done, err: err}); err != nil {
			return err
		}
	}
	return nil
}

// tooLong gives the name of a column whose text at i is longer than is read; nothing is made of it.
func (s *parquetScan) tooLong(cols []parquetColumn, i int) string {
	for n, l := range s.leaves {
		if l.leaf < 0 || l.held || cols[n].cells[i].size() <= maxCaption {
			continue
		}
		if n == leafCaption {
			return "the caption"
		}
		return l.name
	}
	return ""
}

// row makes a row of the cells at i.
func (s *parquetScan) row(cols []parquetColumn, i int) row {
	if name := s.tooLong(cols, i); name != "" {
		return row{err: fmt.Errorf("%s is longer than %d MiB", name, maxCaption>>20)}
	}
	caption, text := cols[leafCaption].cells[i], func(leaf int) string { return cols[leaf].cells[i].text() }
	r := row{
		CaptionRow: retriever.CaptionRow{Caption: caption.text(), Null: caption.value.IsNull(), URL: text(leafURL), Key: text(leafKey)},
		image:      text(leafImage), lacks: s.lacks,
	}
	kind := caption.value.Kind()
	r.cleaned = kind == parquet.ByteArray && !utf8.Valid(caption.value.ByteArray())
	if !r.Null && kind != parquet.ByteArray && kind != parquet.FixedLenByteArray {
		r.err = fmt.Errorf("the caption is of type %v, not text", kind)
	}
	for n, l := range s.leaves[leafOthers:] {
		if l.held {
			r.held = true
			if image := cols[leafOthers+n].cells[i].value; !image.IsNull() {
				r.data = bytes.Clone(image.ByteArray())
			}
			continue
		}
		if value := cols[leafOthers+n].cells[i].any(); value != nil {
			if r.fields == nil {
				r.fields = map[string]any{}
			}
			r.fields[l.name] = value
		}
	}
	return r
}
