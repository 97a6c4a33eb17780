package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
)

func audited(t *testing.T, o auditor.Options) *Report {
	t.Helper()
	r := &Report{}
	require.NoError(t, auditor.Run(t.Context(), o, r))
	return r
}

func rendered(t *testing.T, render func(io.Writer, *Report) error, r *Report) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, render(&out, r))
	return out.String()
}

func TestSummaryCSV(t *testing.T) {
	o := world(t, 2, 2, 4)
	o.Persons[1].Name = `Comma, "Quote"`
	r := audited(t, o)
	text := rendered(t, SummaryCSV, r)
	require.True(t, strings.HasPrefix(text, "model,id,name,member,count,photos,correct_prompts,detected,score,p,q\n"))
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 5)
	require.Equal(t, []string{"arithmetic", "p001", `Comma, "Quote"`, "yes", "2", "4"}, rows[2][:6])
	require.Equal(t, []string{"no", "0"}, rows[3][3:5])
	for _, row := range rows[1:] {
		require.NotEmpty(t, row[9], "p")
	}

	o.Modes = []auditor.Mode{auditor.Paper}
	o.Persons[0].Member, o.Persons[0].Count = nil, nil
	rows, err = csv.NewReader(strings.NewReader(rendered(t, SummaryCSV, audited(t, o)))).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"", ""}, rows[1][3:5], "unknown is empty, never 0")
	require.Equal(t, []string{"", "", ""}, rows[1][8:], "not measured is empty, never 0")
}

func TestEveryFormatSaysWhatItIsNot(t *testing.T) {
	r := audited(t, world(t, 6, 4, 4))
	for name, render := range map[string]func(io.Writer, *Report) error{"text": Text, "html": HTML, "json": JSON} {
		require.Contains(t, rendered(t, render, r), Disclaimer, name)
	}
}

func TestEveryRateStandsBesideItsN(t *testing.T) {
	text := rendered(t, Text, audited(t, world(t, 6, 4, 4)))
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, "rate") && strings.Contains(line, " % (") {
			require.Contains(t, line, "n = ", line)
		}
	}
	require.Contains(t, text, "0 of 4 false positives: upper bound 60.2 %") // 1 - 0.025^(1/4) = 0.602
}

func TestJSONIsWholeAndValid(t *testing.T) {
	r := audited(t, world(t, 3, 0, 4))
	var back Report
	require.NoError(t, json.Unmarshal([]byte(rendered(t, JSON, r)), &back))
	require.Len(t, back.Findings, 3)
	require.False(t, back.Summaries[0].Rates.FPR.Defined(), "without non-members the rate is null, not 0")
}

func TestPlotsOfModelsWithLikeNamesStayApart(t *testing.T) {
	o := world(t, 3, 3, 4)
	for _, name := range []string{"a/b", "a b"} {
		m := o.Models[0]
		m.Name = name
		o.Models = append(o.Models, m)
	}
	seen := map[string]bool{}
	for _, p := range Plots(audited(t, o)) {
		require.False(t, seen[p.Name], p.Name)
		seen[p.Name] = true
	}
	require.True(t, seen["a_b_roc"] && seen["a_b-2_roc"])
}

// hostile is a name that would be a script if it were not escaped.
const hostile = `<script>alert(1)</script>"'&`

func TestNamesFromOutsideAreEscaped(t *testing.T) {
	o := world(t, 3, 3, 4)
	o.Persons[0].Name = hostile
	o.Models[0].Name = hostile
	o.Models[0].Info = map[string]string{hostile: hostile}
	o.Photos.(fstest.MapFS)["p001/<img src=x onerror=alert(1)>.jpg"] = &fstest.MapFile{Data: []byte("bad")}
	r := audited(t, o)
	page := rendered(t, HTML, r)
	require.Equal(t, 1, strings.Count(page, "<script"), "the page's own")
	require.NotContains(t, page, "<script>alert")
	require.NotContains(t, page, "<img")
	require.Contains(t, page, "&lt;script&gt;")
	for _, p := range Plots(r) {
		require.NotContains(t, string(p.File()), "<script")
		require.NotContains(t, p.Name, "/")
		require.NotContains(t, p.Name, "<")
		requireXML(t, p.File())
	}
}

func requireXML(t *testing.T, data []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err)
	}
}

func TestPageNeedsNothingElse(t *testing.T) {
	page := rendered(t, HTML, audited(t, world(t, 12, 8, 5)))
	require.NotRegexp(t, regexp.MustCompile(`(?i)(src|href)\s*=|@import|url\(|<link|<iframe`), page)
	addresses := regexp.MustCompile(`https?://[^"]+`).FindAllString(page, -1)
	for _, a := range addresses {
		require.Equal(t, "http://www.w3.org/2000/svg", a, "a name space, not something to load")
	}
	require.Equal(t, 7, strings.Count(page, "<figure"), "frequency, confusion, photos, p-values, scores, ROC, heat map")
	require.NotContains(t, page, "NaN")
}

func TestReportsOfLittleKnowledge(t *testing.T) {
	for name, change := range map[string]func(*auditor.Options){
		"nobody labelled": func(o *auditor.Options) {
			for i := range o.Persons {
				o.Persons[i].Member, o.Persons[i].Count = nil, nil
			}
		},
		"one person":        func(o *auditor.Options) { o.Persons = o.Persons[:1] },
		"no decoys":         func(o *auditor.Options) { o.Decoys, o.Names = 0, []string{o.Persons[0].Name} },
		"paper mode":        func(o *auditor.Options) { o.Modes = []auditor.Mode{auditor.Paper} },
		"calibrated mode":   func(o *auditor.Options) { o.Modes = []auditor.Mode{auditor.Calibrated} },
		"members alone":     func(o *auditor.Options) { o.Persons = o.Persons[:3] },
		"non-members alone": func(o *auditor.Options) { o.Persons = o.Persons[3:] },
		"no curve":          func(o *auditor.Options) { o.MinPhotos = 30 },
		"one draw":          func(o *auditor.Options) { o.Draws = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			o := world(t, 3, 3, 4)
			change(&o)
			r := audited(t, o)
			page := rendered(t, HTML, r)
			require.NotContains(t, page, "NaN")
			require.NotContains(t, page, "Inf")
			require.NotContains(t, rendered(t, Text, r), "NaN")
			require.Contains(t, rendered(t, JSON, r), "findings")
			for _, p := range Plots(r) {
				requireXML(t, p.File())
			}
		})
	}
}

func TestLoadRefusesACutStream(t *testing.T) {
	_, err := Load(strings.NewReader(`{"config":{"protocol":"rollcall-audit/1"}}`))
	require.ErrorIs(t, err, auditor.ErrIncomplete)
}

// A stored stream may come from anywhere: whatever is read must render without a panic.
func FuzzRender(f *testing.F) {
	const config = `{"config":{"protocol":"rollcall-audit/1"}}` + "\n"
	f.Add([]byte(config + `{"finding":{"model":"m","id":"a"}}` + "\n" + `{"summary":{"model":"m"}}` + "\n" + `{"timing":{}}`))
	f.Add([]byte(config + `{"summary":{"model":"m","members":1,"frequency":{"bins":[{"low":-5,"high":0}]},"curve":{"bins":["a"],"points":[{"k":0,"by_bin":[1,2,3]}]},"calibration":{"p_histogram":[],"roc":[{"fpr":9}]}}}` + "\n" + `{"timing":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Load(bytes.NewReader(data))
		if err != nil {
			return
		}
		for _, render := range []func(io.Writer, *Report) error{HTML, Text, JSON, SummaryCSV} {
			require.NoError(t, render(io.Discard, r))
		}
		for _, p := range Plots(r) {
			requireXML(t, p.File())
		}
	})
}
