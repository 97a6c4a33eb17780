package dataset

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"rollcall/retriever"
)

// readJSONL visits the rows of a JSON Lines file: one object a line, its caption, URL and key
// under any of the usual names in either case. A row without a caption or with null for one is
// Null; blank lines are no rows.
func readJSONL(path string, visit rowVisitor) (err error) {
	f, err := openText(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return scanJSONL(&lineReader{r: f.Reader, path: path}, visit)
}

func scanJSONL(lines *lineReader, visit rowVisitor) error {
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
		row, found, err := rowOfJSON(line)
		if err != nil {
			return lines.errorf("%w", err)
		}
		rows++
		if found {
			captions++
		}
		if err := visit(row); err != nil {
			return err
		}
	}
	if rows > 0 && captions == 0 {
		return fmt.Errorf("%s: %w", lines.path, errNoCaption)
	}
	return nil
}

// rowOfJSON reads one object; found says whether it has a caption under any name, null included.
func rowOfJSON(line []byte) (row retriever.CaptionRow, found bool, err error) {
	object, err := decodeObject(line)
	if err != nil {
		return row, false, err
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
		row.Null = true
	case string:
		row.Caption = caption
	default:
		return row, false, fmt.Errorf("%q is not text", names[at.caption])
	}
	row.URL = jsonText(value(at.url))
	row.Key = jsonText(value(at.key))
	return row, at.caption >= 0, nil
}

// jsonText is a scalar as text; "" for null.
func jsonText(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
