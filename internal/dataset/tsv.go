package dataset

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
)

// tsvLayout is what the first line says of a TSV file.
type tsvLayout struct {
	columns
	fields int      // on every line
	header bool     // the first line is names, not a row
	names  []string // these names
}

// readTSV visits the rows of a TSV file: CC3M's caption<TAB>url and CC12M's url<TAB>caption, both
// without header and told apart by which field of the first line is a URL, or a training list
// whose header names its columns (title<TAB>filepath). Without header a third field is where the
// image is. Fields are taken as they stand, except that a file with a header may quote them as
// pandas does.
func readTSV(ctx context.Context, files *storage.Files, path string, whole bool, visit rowVisitor) (err error) {
	f, err := openText(ctx, files, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scanTSV(&lineReader{r: f.Reader, path: path}, whole, f.placing(visit))
}

// peekTSV tells a TSV file's layout.
func peekTSV(ctx context.Context, files *storage.Files, path string) (layout tsvLayout, err error) {
	f, err := openText(ctx, files, path)
	if err != nil {
		return layout, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := &lineReader{r: f.Reader, path: path}
	line, err := lines.next()
	if err == io.EOF {
		return layout, fmt.Errorf("%s: empty: %w", path, errNoCaption)
	}
	if err != nil {
		return layout, err
	}
	return detectTSV(lines, strings.Split(string(line), "\t"))
}

func scanTSV(lines *lineReader, whole bool, visit rowVisitor) error {
	var layout tsvLayout
	var fields []string
	for {
		line, err := lines.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		fields = slices.AppendSeq(fields[:0], strings.SplitSeq(string(line), "\t"))
		if lines.line == 1 {
			if layout, err = detectTSV(lines, fields); err != nil {
				return err
			}
			if layout.header {
				continue
			}
		}
		if err := visit(layout.row(lines, fields, whole)); err != nil {
			return err
		}
	}
}

func detectTSV(lines *lineReader, first []string) (tsvLayout, error) {
	layout := tsvLayout{fields: len(first)}
	image := -1
	if len(first) == 3 {
		image = 2
	}
	switch {
	case (len(first) == 2 || len(first) == 3) && isURL(first[1]):
		layout.columns = columns{caption: 0, url: 1, key: -1, image: image}
	case (len(first) == 2 || len(first) == 3) && isURL(first[0]):
		layout.columns = columns{caption: 1, url: 0, key: -1, image: image}
	default:
		layout.header = true
		layout.names = slices.Clone(first)
		layout.columns = findColumns(first)
		if layout.caption < 0 {
			return layout, lines.errorf("neither caption<TAB>url, url<TAB>caption (a URL starts with a scheme such as https://), nor a header: %w", errNoCaption)
		}
	}
	return layout, nil
}

func (l tsvLayout) row(lines *lineReader, fields []string, whole bool) row {
	if len(fields) != l.fields {
		return row{at: lines.line, err: lines.errorf("%d tab-separated fields where the first line has %d; mend or remove the line", len(fields), l.fields)}
	}
	if !l.header && isURL(fields[l.caption]) && !isURL(fields[l.url]) {
		return row{at: lines.line, err: lines.errorf("caption and URL are the other way round than on the first line; give such lines in a file of their own")}
	}
	if l.header {
		for i := range fields {
			fields[i] = unquote(fields[i])
		}
	}
	r := l.take(fields)
	r.at = lines.line
	if whole {
		r.fields = l.rest(l.names, fields)
	}
	return r
}

// isURL tells a URL of any scheme ("https://", "s3://") from a caption: no space stands before
// "://", and a letter stands first.
func isURL(s string) bool {
	scheme, _, found := strings.Cut(s, "://")
	if !found || scheme == "" {
		return false
	}
	for i, c := range []byte(scheme) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", rune(c))) {
			return false
		}
	}
	return true
}

// unquote undoes the quotes that pandas puts around a field with a quote in it. A field that only
// looks quoted (an inner quote is not doubled) stays as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	inner := strings.ReplaceAll(s[1:len(s)-1], `""`, "\x00")
	if strings.Contains(inner, `"`) {
		return s
	}
	return strings.ReplaceAll(inner, "\x00", `"`)
}
