package dataset

import (
	"strconv"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// textColumn reads one column of a row group as text, a page at a time. The text of a page is one
// piece of memory that its values are parts of, so that a value costs no allocation. The zero value
// is a column that the file lacks: all null.
type textColumn struct {
	values *parquetfile.Column
	page   *parquetfile.Page // at hand
	text   pageText          // its own
	dict   pageText          // of the column's dictionary, once it was met
	source *parquetfile.Page // what dict is the text of
	index  []uint32          // of each value in dict, of a page with one
	row    int               // the next of the page
	value  int               // the next that is not null
}

// next gives the value of the next row.
func (c *textColumn) next() (text string, null bool, err error) {
	if c.values == nil {
		return "", true, nil
	}
	for c.page == nil || c.row == c.page.Len() {
		if c.page, err = c.values.Next(); err != nil {
			return "", false, noEOF(err)
		}
		c.load()
	}
	null = c.page.Null(c.row)
	c.row++
	if null {
		return "", true, nil
	}
	c.value++
	if c.index != nil {
		return c.dict.at(int(c.index[c.value-1])), false, nil
	}
	return c.text.at(c.value - 1), false, nil
}

// load copies the text out of the page at hand, and out of the dictionary before its first page.
func (c *textColumn) load() {
	c.row, c.value, c.index = 0, 0, nil
	dict := c.page.Dictionary()
	if dict == nil {
		c.text = newPageText(c.page)
		return
	}
	c.index = c.page.Index()
	if dict != c.source {
		c.dict, c.source = newPageText(dict), dict
	}
}

// pageText is the text of a page's values that are not null: one piece, and the end of each in it.
type pageText struct {
	text string
	ends []uint32
}

func newPageText(page *parquetfile.Page) pageText {
	if page.Kind() != parquet.ByteArray {
		return otherText(page)
	}
	text, ends := page.Text()
	t := pageText{text, ends}
	if t.valid() {
		return t
	}
	var b textBuilder
	for i := range ends {
		b.add(append(b.text, clean(t.at(i))...))
	}
	return b.done()
}

// valid says that all values are UTF-8.
func (t *pageText) valid() bool {
	for _, end := range t.ends {
		if int(end) < len(t.text) && !utf8.RuneStart(t.text[end]) {
			return false // two values that are not UTF-8, and are together
		}
	}
	return utf8.ValidString(t.text)
}

// at gives value i.
func (t *pageText) at(i int) string {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.text[start:t.ends[i]]
}

// textBuilder makes a pageText value by value.
type textBuilder struct {
	text []byte
	ends []uint32
}

// add takes the text so far with one more value at its end.
func (b *textBuilder) add(text []byte) {
	b.text, b.ends = text, append(b.ends, uint32(len(text)))
}

func (b *textBuilder) done() pageText { return pageText{string(b.text), b.ends} }

// otherText writes the values of a page that are not text, nulls left out.
func otherText(page *parquetfile.Page) pageText {
	var b textBuilder
	var buf [parquetBatch]parquet.Value
	for n := page.Read(buf[:]); n > 0; n = page.Read(buf[:]) {
		for _, v := range buf[:n] {
			switch v.Kind() {
			case parquet.Int64:
				b.add(strconv.AppendInt(b.text, v.Int64(), 10))
			case parquet.Int32:
				b.add(strconv.AppendInt(b.text, int64(v.Int32()), 10))
			default:
				if !v.IsNull() {
					b.add(append(b.text, parquetCell{v}.text()...))
				}
			}
		}
	}
	return b.done()
}
