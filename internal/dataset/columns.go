package dataset

import (
	"slices"
	"strings"
	"unicode/utf8"

	"rollcall/retriever"
)

// The names, in lower case, under which data sets keep what counting needs; the first that a file
// has is taken. "caption" is img2dataset's, "text" LAION's, "title" that of training lists.
var (
	captionNames = []string{"caption", "text", "title"}
	urlNames     = []string{"url", "image_url"}
	keyNames     = []string{"key", "sample_id", "image_path", "filepath"}
	imageNames   = []string{"filepath", "file_name", "image_path"}
	heldNames    = []string{"jpg", "png", "webp"} // the image itself, as img2dataset puts it into Parquet
)

// columns says which column of a file holds what; -1 where the file has none. The key and the image
// may be the same column.
type columns struct{ caption, url, key, image int }

// has says whether column i holds one of these.
func (c columns) has(i int) bool { return i == c.caption || i == c.url || i == c.key || i == c.image }

func findColumns(names []string) columns {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(strings.TrimSpace(name))
	}
	return columns{
		caption: firstOf(lower, captionNames),
		url:     firstOf(lower, urlNames),
		key:     firstOf(lower, keyNames),
		image:   firstOf(lower, imageNames),
	}
}

func firstOf(names, wanted []string) int {
	for _, w := range wanted {
		if i := slices.Index(names, w); i >= 0 {
			return i
		}
	}
	return -1
}

// pick returns the field at i, or "" when the file has no such column.
func pick(fields []string, i int) string {
	if i < 0 || i >= len(fields) {
		return ""
	}
	return clean(fields[i])
}

// take makes a row of a text file's fields.
func (c columns) take(fields []string) row {
	return row{
		CaptionRow: retriever.CaptionRow{Caption: pick(fields, c.caption), URL: pick(fields, c.url), Key: pick(fields, c.key)},
		image:      pick(fields, c.image),
		cleaned:    c.caption >= 0 && c.caption < len(fields) && !utf8.ValidString(fields[c.caption]),
	}
}

// rest are the fields that are not in the row itself, by name; empty ones are left out.
func (c columns) rest(names, fields []string) map[string]any {
	var rest map[string]any
	for i, name := range names {
		if c.has(i) || i >= len(fields) || fields[i] == "" {
			continue
		}
		if rest == nil {
			rest = map[string]any{}
		}
		rest[clean(strings.TrimSpace(name))] = clean(fields[i])
	}
	return rest
}
