package server

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

type peopleColumn struct {
	Title, URL          string
	Number              bool
	Current, Descending bool
}

// peopleOnPage is how many persons one page shows.
const peopleOnPage = 200

// isCalled says whether a name or alias contains a text, whatever its case.
func (p personInfo) isCalled(text string) bool {
	contains := func(name string) bool { return strings.Contains(strings.ToLower(name), strings.ToLower(text)) }
	return contains(p.Name) || slices.ContainsFunc(p.Aliases, contains)
}

// cut keeps the persons of one page, and links those beside it.
func (v *peopleView) cut(page string) {
	v.Matching = len(v.People)
	v.Pages = max(1, (v.Matching+peopleOnPage-1)/peopleOnPage)
	v.Page, _ = strconv.Atoi(page) // what is no number is the first page
	v.Page = min(max(v.Page, 1), v.Pages)
	first := (v.Page - 1) * peopleOnPage
	v.People = v.People[first:min(first+peopleOnPage, v.Matching)]
	if v.Page > 1 {
		v.Earlier = v.link(v.Sort, v.Page-1)
	}
	if v.Page < v.Pages {
		v.Later = v.link(v.Sort, v.Page+1)
	}
}

func (v *peopleView) link(sort string, page int) string {
	values := url.Values{"index": {v.Index}}
	if sort != "" {
		values.Set("sort", sort)
	}
	if v.Query != "" {
		values.Set("q", v.Query)
	}
	if page > 1 {
		values.Set("page", strconv.Itoa(page))
	}
	return "/people?" + values.Encode()
}

// usualOrder begins with the largest counts, where there are some.
func (v *peopleView) usualOrder() string {
	if v.Count == nil {
		return ""
	}
	return "-estimate"
}

// sort orders the persons by a column; "-" in front turns it round. Persons without the figure
// come last either way.
func (v *peopleView) sort(by string) {
	v.Sort = by
	key, descending := strings.CutPrefix(by, "-")
	columns := []struct {
		key, title string
		figure     func(personRow) *int64
	}{
		{"name", "Name", nil},
		{"photos", "Photos", func(r personRow) *int64 { n := int64(r.Photos); return &n }},
		{"mentions", "Mentions", counted(func(c *countedPerson) *int64 { return c.Mentions })},
		{"distinct", "Without repeats", counted(func(c *countedPerson) *int64 { return c.MentionsDistinct })},
		{"images", "Pictures", counted(func(c *countedPerson) *int64 { return c.Images })},
		{"faces", "Faces", counted(func(c *countedPerson) *int64 { return c.Faces })},
		{"estimate", "Count", counted(func(c *countedPerson) *int64 {
			if c.Estimate == nil {
				return nil
			}
			n := int64(*c.Estimate)
			return &n
		})},
	}
	v.Shown = map[string]bool{}
	for _, column := range columns {
		v.Shown[column.key] = column.figure == nil || slices.ContainsFunc(v.People, func(r personRow) bool { return column.figure(r) != nil })
		if optional := column.key == "images" || column.key == "faces"; optional && !v.Shown[column.key] {
			continue
		}
		current := column.key == key
		next := column.key
		if column.figure != nil && !(current && descending) || column.figure == nil && current && !descending {
			next = "-" + next
		}
		v.Columns = append(v.Columns, peopleColumn{column.title, v.link(next, 1), column.figure != nil, current, current && descending})
		if !current {
			continue
		}
		slices.SortStableFunc(v.People, func(a, b personRow) int {
			if column.figure == nil {
				return direction(cmp.Compare(a.Name, b.Name), descending)
			}
			return byFigure(column.figure(a), column.figure(b), descending)
		})
	}
}

func counted(figure func(*countedPerson) *int64) func(personRow) *int64 {
	return func(r personRow) *int64 {
		if r.Count == nil {
			return nil
		}
		return figure(r.Count)
	}
}

func direction(order int, descending bool) int {
	if descending {
		return -order
	}
	return order
}

func byFigure(a, b *int64, descending bool) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return direction(cmp.Compare(*a, *b), descending)
}
