package dataset

import (
	"slices"
	"strings"
)

// The names, in lower case, under which data sets keep what counting needs; the first that a file
// has is taken. "caption" is img2dataset's, "text" LAION's, "title" that of training lists.
var (
	captionNames = []string{"caption", "text", "title"}
	urlNames     = []string{"url", "image_url"}
	keyNames     = []string{"key", "sample_id", "image_path", "filepath"}
)

// columns says which column of a file holds what; -1 where the file has none.
type columns struct{ caption, url, key int }

func findColumns(names []string) columns {
	lower := make([]string, len(names))
	for i, name := range names {
		lower[i] = strings.ToLower(strings.TrimSpace(name))
	}
	return columns{
		caption: firstOf(lower, captionNames),
		url:     firstOf(lower, urlNames),
		key:     firstOf(lower, keyNames),
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
