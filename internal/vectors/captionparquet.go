package vectors

import (
	"fmt"
	"strconv"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
	"rollcall/retriever"
)

// parquetCaptions reads captions, URLs and keys out of a metadata file, one row group after the
// other.
type parquetCaptions struct {
	file              *metadataFile
	first             int64              // number of the file's first row
	groups            int                // that were opened
	group             *parquetfile.Group // that is open; nil before the first
	left              int64              // rows of it that were not read
	caption, url, key parquetfile.Texts
}

func (p *parquetCaptions) read(rows []retriever.CaptionRow, first int) error {
	for i := range rows {
		if err := p.next(&rows[i]); err != nil {
			return fmt.Errorf("row %d: %s: %w: write it again", p.first+int64(first+i), p.file.path, err)
		}
	}
	return nil
}

// next reads the next row of the file.
func (p *parquetCaptions) next(row *retriever.CaptionRow) (err error) {
	for p.left == 0 {
		if err := p.open(); err != nil {
			return err
		}
	}
	p.left--
	if row.Caption, row.Null, err = text(&p.caption, "caption"); err != nil {
		return err
	}
	if row.URL, _, err = text(&p.url, "URL"); err != nil {
		return err
	}
	row.Key, _, err = text(&p.key, "key")
	return err
}

// text gives a row's text of a column.
func text(from *parquetfile.Texts, name string) (text string, null bool, err error) {
	if text, null, err = from.Next(); err != nil {
		return "", false, fmt.Errorf("cannot read its %s (%w)", name, err)
	}
	if len(text) > maxText {
		return "", false, fmt.Errorf("its %s has more than %d MiB", name, maxText>>20)
	}
	return text, null, nil
}

// open moves on to the next row group.
func (p *parquetCaptions) open() error {
	if p.groups == p.file.parquet.Groups() {
		return fmt.Errorf("the file promises %d rows and has fewer", p.file.rows())
	}
	p.closeGroup()
	p.group, p.left = p.file.parquet.Group(p.groups), p.file.parquet.GroupRows(p.groups)
	p.groups++
	for _, c := range p.file.columns {
		to := map[role]*parquetfile.Texts{roleCaption: &p.caption, roleURL: &p.url, roleKey: &p.key}[c.role]
		if to == nil {
			continue
		}
		values, err := p.group.Column(c.leaf)
		if err != nil {
			return err
		}
		*to = parquetfile.NewTexts(values, c.spell)
	}
	return nil
}

// spell adds what a value of a column that is not text is as text.
func (c metadataColumn) spell(to []byte, v parquet.Value) (text []byte, null bool) {
	switch value := c.value(v).(type) {
	case nil: // pandas' null
		return to, true
	case int64:
		return strconv.AppendInt(to, value, 10), false
	default:
		return append(to, asText(value)...), false
	}
}

func (p *parquetCaptions) closeGroup() {
	if p.group != nil {
		p.group.Close()
	}
	p.group = nil
}

func (p *parquetCaptions) close() error {
	p.closeGroup()
	return p.file.close()
}
