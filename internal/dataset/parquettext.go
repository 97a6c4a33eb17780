package dataset

import (
	"io"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// textColumn reads one column chunk as text, a page at a time. The text of a page is one piece of
// memory that its values are parts of, so that a value costs no allocation. The zero value is a
// column that the file lacks: all null.
type textColumn struct {
	pages parquet.Pages
	dict  textPage // the chunk's dictionary, once it was met
	page  textPage
}

// textPage is the text of one page and which of it is at hand.
type textPage struct {
	source parquet.Page // nil before the first page; holds the three slices below
	ends   []uint32     // in text, one more than there are values
	index  []int32      // of each value in the dictionary; nil in a page without
	levels []byte       // of each row, 0 for null; nil when none is

	text  string
	clean bool     // all values are UTF-8
	other []string // the values of a column that is not text, instead of all that

	rows, row, value int // how many rows; the next row, and the next value that is not null
}

// next gives the value of the next row.
func (c *textColumn) next() (text string, null bool, err error) {
	if c.pages == nil {
		return "", true, nil
	}
	for c.page.row == c.page.rows {
		if err := c.read(); err != nil {
			return "", false, err
		}
	}
	p := &c.page
	p.row++
	if p.levels != nil && p.levels[p.row-1] == 0 {
		return "", true, nil
	}
	p.value++
	switch {
	case p.other != nil:
		return p.other[p.value-1], false, nil
	case p.index != nil:
		return c.dict.at(int(p.index[p.value-1])), false, nil
	}
	return p.at(p.value - 1), false, nil
}

// at gives value i of a page without dictionary.
func (p *textPage) at(i int) string {
	text := p.text[p.ends[i]-p.ends[0] : p.ends[i+1]-p.ends[0]]
	if !p.clean {
		text = clean(text)
	}
	return text
}

// read makes the next page the one at hand.
func (c *textColumn) read() error {
	c.page.release()
	source, err := c.pages.ReadPage()
	if err != nil {
		return noEOF(err)
	}
	p := textPage{source: source, rows: int(source.NumValues())}
	if source.NumNulls() > 0 {
		p.levels = source.DefinitionLevels()
	}
	dictionary := source.Dictionary()
	data := source.Data()
	switch {
	case dictionary != nil && dictionary.Type().Kind() == parquet.ByteArray:
		if c.dict.source == nil {
			c.dict = textPage{source: dictionary.Page()}
			c.dict.load()
		}
		p.index = data.Int32()
	case dictionary == nil && source.Type().Kind() == parquet.ByteArray:
		p.load()
	default:
		p.other, err = otherValues(source)
	}
	c.page = p
	return err
}

// load copies the text out of the page.
func (p *textPage) load() {
	data := p.source.Data()
	bytes, ends := data.ByteArray()
	p.ends = ends
	if len(ends) == 0 {
		p.ends = []uint32{0}
	}
	p.text = string(bytes[p.ends[0]:p.ends[len(p.ends)-1]])
	p.clean = utf8.ValidString(p.text)
	for _, end := range p.ends[:len(p.ends)-1] {
		if at := end - p.ends[0]; int(at) < len(p.text) && !utf8.RuneStart(p.text[at]) {
			p.clean = false // two values that are not UTF-8, and are together
			break
		}
	}
}

func (p *textPage) release() {
	if p.source != nil {
		parquet.Release(p.source)
	}
	*p = textPage{}
}

// otherValues writes the values of a page, those that are null left out, as text.
func otherValues(page parquet.Page) ([]string, error) {
	values := page.Values()
	texts := make([]string, 0, page.NumValues())
	var buf [parquetBatch]parquet.Value
	for {
		n, err := values.ReadValues(buf[:])
		for _, v := range buf[:n] {
			if !v.IsNull() {
				texts = append(texts, parquetCell{v}.text())
			}
		}
		switch {
		case err == io.EOF:
			return texts, nil
		case err != nil:
			return nil, err
		case n == 0:
			return nil, io.ErrNoProgress
		}
	}
}

func (c *textColumn) close() error {
	if c.pages == nil {
		return nil
	}
	c.page.release()
	return c.pages.Close()
}
