// Package web holds the service's pages: templates, styles and scripts, embedded, and the few
// functions that the templates call. It knows nothing of indexes or jobs: the server fills the
// pages. Whatever comes from outside is escaped by html/template.
package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"math"
	"strings"
	"time"

	"rollcall/auditor/stats"
)

//go:embed templates static
var files embed.FS

// Policy is the Content-Security-Policy of every page: nothing is loaded from elsewhere, no script
// or style stands in a page, and no other site can frame it.
const Policy = "default-src 'none'; img-src 'self' blob:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Pages are the parsed templates.
type Pages struct{ byName map[string]*template.Template }

// Parse reads the embedded templates: layout.gohtml around each of the others.
func Parse() (*Pages, error) {
	layout, err := template.New("layout.gohtml").Funcs(functions()).ParseFS(files, "templates/layout.gohtml", "templates/parts.gohtml")
	if err != nil {
		return nil, err
	}
	p := &Pages{map[string]*template.Template{}}
	for _, name := range []string{"search", "people", "person", "audits", "audit", "indices", "problem"} {
		page, err := layout.Clone()
		if err != nil {
			return nil, err
		}
		if p.byName[name], err = page.ParseFS(files, "templates/"+name+".gohtml"); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Page is what the layout needs; Data is the page's own.
type Page struct {
	Title   string
	Section string // which entry of the navigation it belongs to
	Notice  string // what an action of the reader's led to
	Data    any
}

// Render writes a page once it is whole: an error leaves w untouched.
func (p *Pages) Render(w io.Writer, name string, page Page) error {
	t, known := p.byName[name]
	if !known {
		return fmt.Errorf("there is no page %q", name)
	}
	var whole bytes.Buffer
	if err := t.Execute(&whole, page); err != nil {
		return err
	}
	_, err := whole.WriteTo(w)
	return err
}

// Static gives a style or script with its media type, or fs.ErrNotExist.
func Static(name string) (content []byte, mediaType string, err error) {
	types := map[string]string{"icon.svg": "image/svg+xml", "rollcall.css": "text/css; charset=utf-8", "rollcall.js": "text/javascript; charset=utf-8"}
	mediaType, known := types[name]
	if !known {
		return nil, "", fs.ErrNotExist
	}
	content, err = files.ReadFile("static/" + name)
	return content, mediaType, err
}

func functions() template.FuncMap {
	return template.FuncMap{
		"marked": marked, "rate": rate, "percent": percent, "thousands": thousands, "moment": moment, "similarity": similarity,
		"interval": interval, "bounds": bounds, "join": strings.Join, "share": share, "figure": figure,
	}
}

// marked is a caption with the matched bytes in a <mark>.
func marked(caption string, start, end *int) template.HTML {
	if start == nil || end == nil || *start < 0 || *end > len(caption) || *start > *end {
		return template.HTML(template.HTMLEscapeString(caption))
	}
	escape := template.HTMLEscapeString
	return template.HTML(escape(caption[:*start]) + "<mark>" + escape(caption[*start:*end]) + "</mark>" + escape(caption[*end:]))
}

func percent(e stats.Estimate) string {
	if !e.Defined() {
		return "not measured"
	}
	return fmt.Sprintf("%.1f %%", 100*e.Value)
}

// rate is the interval of a rate and the number of persons behind it.
func rate(e stats.Estimate) string {
	if !e.Defined() {
		return fmt.Sprintf("n = %d", e.N)
	}
	return fmt.Sprintf("%.1f to %.1f %%, n = %d", 100*e.Low, 100*e.High, e.N)
}

// thousands writes a count for reading; "" was not measured.
func thousands(n any) string {
	var value int64
	switch n := n.(type) {
	case int:
		value = int64(n)
	case int64:
		value = n
	case *int64:
		if n == nil {
			return ""
		}
		value = *n
	}
	text := fmt.Sprint(value)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "\u202f" + text[at:]
	}
	return text
}

// interval is a count with its bounds, alone when they are equal.
func interval(estimate, low, high *float64) string {
	if estimate == nil {
		return ""
	}
	return thousands(int64(math.Round(*estimate))) + bounds(low, high)
}

// bounds follow a count; "" when there are none or they are equal.
func bounds(low, high *float64) string {
	if low == nil || high == nil || *low == *high {
		return ""
	}
	return " (" + thousands(int64(math.Round(*low))) + " to " + thousands(int64(math.Round(*high))) + ")"
}

// share is how much of a whole a part is, from 0 to 100.
func share(part, whole any) int {
	number := func(n any) float64 {
		switch n := n.(type) {
		case int64:
			return float64(n)
		case float64:
			return n
		case *float64:
			if n != nil {
				return *n
			}
		}
		return 0
	}
	if number(whole) <= 0 {
		return 0
	}
	return int(math.Round(100 * number(part) / number(whole)))
}

// figure is a statistic with three digits; "" was not measured.
func figure(x *float64) string {
	if x == nil {
		return ""
	}
	return fmt.Sprintf("%.3g", *x)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006, 15:04 UTC")
}

func similarity(x any) string {
	switch x := x.(type) {
	case float64:
		return fmt.Sprintf("%.3f", x)
	case *float32:
		if x != nil {
			return fmt.Sprintf("%.3f", *x)
		}
	}
	return ""
}
