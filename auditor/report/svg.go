package report

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// plotStyle dresses every plot, light or dark by the reader's preference. The page includes it
// once; a plot file of its own carries it inside.
const plotStyle = `
.plot{--ink:#24303c;--muted:#667381;--grid:#e3e8ed;--paper:#fff;--a:#2a6f97;--b:#bc5a2b;--soft:#dfeaf1;--mid:#24303c;font:12px system-ui,-apple-system,"Segoe UI",sans-serif}
.plot text{fill:var(--ink)}
.plot .tick{fill:var(--muted);font-size:11px}
.plot .faint{font-size:11px}
.plot .mid{fill:var(--mid);font-size:11px}
.plot .full{fill:var(--paper);font-size:11px}
.plot .note{fill:var(--muted);font-size:11px}
.plot .halo{paint-order:stroke;stroke:var(--paper);stroke-width:5px;stroke-linejoin:round}
.plot .axis{stroke:var(--muted);stroke-width:1;fill:none}
.plot .grid{stroke:var(--grid);stroke-width:1;fill:none}
.plot .guide{stroke:var(--muted);stroke-width:1;stroke-dasharray:4 4;fill:none}
.plot .a{stroke:var(--a);fill:none;stroke-width:2}
.plot .b{stroke:var(--b);fill:none;stroke-width:2}
.plot .thin{stroke-width:1.3}
.plot .dash{stroke-dasharray:6 4;stroke-width:1.5}
.plot .fa{fill:var(--a)}
.plot .fb{fill:var(--b)}
.plot .band-a{fill:var(--a);opacity:.18}
.plot .band-b{fill:var(--b);opacity:.18}
.plot .dot-a{fill:var(--a);opacity:.65}
.plot .dot-b{fill:var(--b);opacity:.65}
.plot .cell{fill:var(--soft)}
.plot .big{font-size:22px;font-weight:600}
.plot .page{fill:var(--paper)}
@media (prefers-color-scheme:dark){.plot{--ink:#dde4ea;--muted:#94a1ad;--grid:#2b343d;--paper:#171c21;--a:#6db3d9;--b:#e08a5b;--soft:#243440;--mid:#171c21}}
`

// canvas collects the elements of a plot in pixels, y downwards.
type canvas struct {
	width, height float64
	title         string
	body          strings.Builder
}

func newCanvas(width, height float64, title string) *canvas {
	return &canvas{width: width, height: height, title: title}
}

// svg is the finished plot. alone adds the style and a background, for a file of its own.
func (c *canvas) svg(alone bool) string {
	var out strings.Builder
	fmt.Fprintf(&out, `<svg class="plot" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s">`, px(c.width), px(c.height), html.EscapeString(c.title))
	fmt.Fprintf(&out, "<title>%s</title>", html.EscapeString(c.title))
	if alone {
		fmt.Fprintf(&out, `<style>%s</style><rect class="page" width="%s" height="%s"/>`, plotStyle, px(c.width), px(c.height))
	}
	out.WriteString(c.body.String())
	out.WriteString("</svg>")
	return out.String()
}

func (c *canvas) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.body, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, px(x1), px(y1), px(x2), px(y2))
}

func (c *canvas) rect(class string, x, y, width, height float64) {
	fmt.Fprintf(&c.body, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"/>`, class, px(x), px(y), px(max(width, 0)), px(max(height, 0)))
}

func (c *canvas) shade(share, x, y, width, height float64) {
	fmt.Fprintf(&c.body, `<rect class="fa" opacity="%.3f" x="%s" y="%s" width="%s" height="%s"/>`, share, px(x), px(y), px(width), px(height))
}

func (c *canvas) circle(class string, x, y, r float64) {
	fmt.Fprintf(&c.body, `<circle class="%s" cx="%s" cy="%s" r="%s"/>`, class, px(x), px(y), px(r))
}

// text writes at (x, y); anchor is start, middle or end.
func (c *canvas) text(class, anchor string, x, y float64, words string) {
	fmt.Fprintf(&c.body, `<text class="%s" text-anchor="%s" x="%s" y="%s">%s</text>`, class, anchor, px(x), px(y), html.EscapeString(words))
}

// upright writes along the y axis, reading upwards.
func (c *canvas) upright(x, y float64, words string) {
	fmt.Fprintf(&c.body, `<text text-anchor="middle" transform="translate(%s %s) rotate(-90)">%s</text>`, px(x), px(y), html.EscapeString(words))
}

// point is a place on the canvas.
type point struct{ x, y float64 }

func (c *canvas) path(class string, points []point) {
	if len(points) == 0 {
		return
	}
	fmt.Fprintf(&c.body, `<path class="%s" d="%s"/>`, class, trace(points))
}

// band fills between an upper and a lower edge.
func (c *canvas) band(class string, upper, lower []point) {
	if len(upper) == 0 {
		return
	}
	ring := append([]point{}, upper...)
	for i := len(lower) - 1; i >= 0; i-- {
		ring = append(ring, lower[i])
	}
	fmt.Fprintf(&c.body, `<path class="%s" d="%sZ"/>`, class, trace(ring))
}

func trace(points []point) string {
	var d strings.Builder
	for i, p := range points {
		command := "L"
		if i == 0 {
			command = "M"
		}
		d.WriteString(command + px(p.x) + " " + px(p.y))
	}
	return d.String()
}

// px writes a coordinate with one decimal.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}
