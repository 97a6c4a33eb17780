package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/internal/dataset/storage"
)

// readJSONL visits the rows of a JSON Lines file: one object a line, its caption, URL and key
// under any of the usual names in either case. A row without a caption or with null for one is
// Null; blank lines are no rows.
func readJSONL(ctx context.Context, files *storage.Files, path string, whole bool, visit rowVisitor) (err error) {
	f, err := openText(ctx, files, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scanJSONL(&lineReader{r: f.Reader, path: path}, whole, f.placing(visit))
}

func scanJSONL(lines *lineReader, whole bool, visit rowVisitor) error {
	rows, captions := 0, 0
	for {
		line, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		r, found, err := rowOfJSON(line, whole)
		r.at = lines.line
		if err != nil {
			r.err = lines.errorf("%w", err)
		}
		rows++
		if found {
			captions++
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	if !whole && rows > 0 && captions == 0 {
		return fmt.Errorf("%s: %w", lines.path, errNoCaption)
	}
	return nil
}

// rowOfJSON reads one object; found says whether it has a caption under any name, null included.
func rowOfJSON(line []byte, whole bool) (r row, found bool, err error) {
	object, err := decodeObject(line)
	if err != nil {
		return r, false, err
	}
	names := slices.Sorted(maps.Keys(object))
	at := findColumns(names)
	value := func(i int) any {
		if i < 0 {
			return nil
		}
		return object[names[i]]
	}
	switch caption := value(at.caption).(type) {
	case nil:
		r.Null = true
	case string:
		r.Caption = caption
		r.cleaned = !utf8.Valid(line) && strings.Contains(caption, "\uFFFD") // the decoder replaces them itself
	default:
		return r, true, fmt.Errorf("%q is not text", names[at.caption])
	}
	r.URL, r.Key, r.image = jsonText(value(at.url)), jsonText(value(at.key)), jsonText(value(at.image))
	if !whole {
		return r, at.caption >= 0, nil
	}
	for i, name := range names {
		if at.has(i) {
			delete(object, name)
		}
	}
	r.fields = make(map[string]any, len(object))
	return r, at.caption >= 0, flattenInto(r.fields, "", object, 0)
}

// jsonText is a scalar as text; "" for null.
func jsonText(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
