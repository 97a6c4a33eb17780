package parquetfile

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
)

// Texts reads one column of a row group as text, a page at a time. The text of a page is one piece of
// memory that its values are parts of, so that a value costs no allocation. The zero value is a column
// that the file lacks: all null. The column must not be one that repeats.
type Texts struct {
	values *Column
	spell  Spell
	page   *Page    // at hand
	text   pageText // its own
	dict   pageText // of the column's dictionary, once it was met
	source *Page    // what dict is the text of
	row    int      // the next of the page
	value  int      // the next that is not null
}

// Spell adds what a value that is no text is as text, or says that it counts as null. The value is not
// null.
type Spell = func(to []byte, v parquet.Value) (text []byte, null bool)

// NewTexts reads a column from where it is. Texts are made valid UTF-8, every run of other bytes in
// one being a U+FFFD; values of other types are spelled.
func NewTexts(values *Column, spell Spell) Texts { return Texts{values: values, spell: spell} }

// Next gives the value of the next row. It stays good when the column is read on.
func (t *Texts) Next() (text string, null bool, err error) {
	if t.values == nil {
		return "", true, nil
	}
	for t.page == nil || t.row == t.page.Len() {
		if t.page, err = t.values.Next(); errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return "", false, err
		}
		t.load()
	}
	null = t.page.Null(t.row)
	t.row++
	if null {
		return "", true, nil
	}
	t.value++
	if t.page.indexed {
		text, null = t.dict.at(int(t.page.index[t.value-1]))
	} else {
		text, null = t.text.at(t.value - 1)
	}
	return text, null, nil
}

// load copies the text out of the page at hand, and out of the dictionary before its first page.
func (t *Texts) load() {
	t.row, t.value = 0, 0
	if !t.page.indexed {
		t.text = newPageText(t.page, t.spell)
	} else if t.page.dict != t.source { // it is the same for all pages
		t.dict, t.source = newPageText(t.page.dict, t.spell), t.page.dict
	}
}

// pageText is the text of a page's values that are not null: one piece, and the end of each in it.
type pageText struct {
	text  string
	ends  []uint32
	nulls []bool // of values that were spelled: which of them count as null
}

func newPageText(page *Page, spell Spell) pageText {
	if page.leaf.kind != parquet.ByteArray {
		return spelled(page, spell)
	}
	t := pageText{text: string(page.data), ends: page.ends}
	if t.valid() {
		return t
	}
	var b []byte
	ends := make([]uint32, len(t.ends))
	for i := range ends {
		one, _ := t.at(i)
		b = append(b, strings.ToValidUTF8(one, "\uFFFD")...)
		ends[i] = uint32(len(b))
	}
	return pageText{text: string(b), ends: ends}
}

// spelled writes the values of a page that are no texts.
func spelled(page *Page, spell Spell) (t pageText) {
	var b []byte
	var buf [64]parquet.Value
	for first := 0; first < page.values; first += len(buf) {
		some := buf[:min(len(buf), page.values-first)]
		page.fill(some, first)
		for _, v := range some {
			null := false
			b, null = spell(b, v)
			t.ends, t.nulls = append(t.ends, uint32(len(b))), append(t.nulls, null)
		}
	}
	t.text = string(b)
	return t
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
func (t *pageText) at(i int) (text string, null bool) {
	start := uint32(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	return t.text[start:t.ends[i]], t.nulls != nil && t.nulls[i]
}
