package server_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"rollcall/internal/peers"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// browser is a real Chromium, which complains through complaints.
type browser struct {
	ctx        context.Context
	base       string
	mu         sync.Mutex
	complaints []string // console errors, uncaught exceptions, blocked and foreign requests
}

// openBrowser starts Chromium for a service.
func openBrowser(t *testing.T, base string) *browser {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		peers.Absent(t, "there is no Chromium: scripts/setup.sh --only chromium installs it")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WindowSize(1280, 900))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(stop)
	b := &browser{ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, b.listen)
	require.NoError(t, chromedp.Run(ctx, log.Enable(), network.Enable()))
	return b
}

func (b *browser) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError || e.Entry.Level == log.LevelWarning {
			b.complaints = append(b.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, e.ExceptionDetails.Error())
	case *network.EventRequestWillBeSent:
		if url := e.Request.URL; !strings.HasPrefix(url, b.base) && !strings.HasPrefix(url, "blob:") && !strings.HasPrefix(url, "about:") {
			b.complaints = append(b.complaints, "a request left the service: "+url)
		}
	}
}

// do runs actions, after which nothing may have been complained about.
func (b *browser) do(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	require.NoError(t, chromedp.Run(b.ctx, actions...))
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(t, b.complaints)
}

// open goes to a page, looks for what every page must have, and keeps a picture of it.
func (b *browser) open(t *testing.T, path, name string) {
	t.Helper()
	b.do(t, chromedp.Navigate(b.base+path), chromedp.WaitReady("main"))
	b.look(t, name)
}

// look checks the page that is shown, at the width of a desk and of a phone, in light and dark.
func (b *browser) look(t *testing.T, name string) {
	t.Helper()
	dir := t.ArtifactDir()
	for _, width := range []int64{1280, 390} {
		for _, scheme := range []string{"light", "dark"} {
			var picture []byte
			var overflow int
			var faults []string
			b.do(t,
				emulation.SetDeviceMetricsOverride(width, 900, 1, width < 500),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
				chromedp.Evaluate(`document.documentElement.scrollWidth - document.documentElement.clientWidth`, &overflow),
				chromedp.Evaluate(accessibility, &faults),
				chromedp.FullScreenshot(&picture, 100),
			)
			require.LessOrEqual(t, overflow, 0, "%s is wider than the screen at %d pixels", name, width)
			require.Empty(t, faults, "%s, %d pixels, %s", name, width, scheme)
			require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%s-%d-%s.png", name, width, scheme)), picture, 0o600))
		}
	}
	b.do(t, emulation.SetDeviceMetricsOverride(1280, 900, 1, false))
}

// accessibility lists what keeps people from using a page: controls without a name, images without
// an alternative, headings that skip a level, ids that repeat, and text with a contrast below 4.5 to
// 1 against the colour behind it (WCAG 2.2, 1.4.3; large text 3 to 1).
const accessibility = `(() => {
  const faults = [];
  const say = (what, e) => faults.push(what + ": " + e.outerHTML.slice(0, 120));
  for (const e of document.querySelectorAll("input:not([type=hidden]),select,textarea,progress,meter")) {
    if (!e.labels?.length && !e.getAttribute("aria-label")) say("no label", e);
  }
  for (const e of document.querySelectorAll("button,a")) {
    if (!e.textContent.trim() && !e.getAttribute("aria-label")) say("no name", e);
  }
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) say("no alternative", e);
  let level = 0;
  for (const e of document.querySelectorAll("h1,h2,h3,h4")) {
    const next = Number(e.tagName[1]);
    if (next > level + 1) say("a heading skips a level", e);
    level = next;
  }
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids)) if (ids.filter((x) => x === id).length > 1) faults.push("id twice: " + id);
  const channel = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const colour = (text) => text.match(/[\d.]+/g).map(Number);
  const behind = (e) => {
    for (; e; e = e.parentElement) {
      const c = colour(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
    return [255, 255, 255];
  };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const e = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !e.checkVisibility() || e.closest(".wrong,:disabled")) continue;
    const style = getComputedStyle(e);
    const [a, b] = [light(colour(style.color)), light(behind(e))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const large = parseFloat(style.fontSize) >= 24 || parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700;
    if (contrast < (large ? 3 : 4.5)) say("contrast " + contrast.toFixed(2), e);
  }
  return faults;
})()`

// TestPagesInABrowser goes through the pages as a person does: search with a picture, a person, a
// mark, an audit from its start to its report.
func TestPagesInABrowser(t *testing.T) {
	base := smallWorld(t, withFaces)
	for _, hue := range []int{0, 3} {
		status, answer := raw(t, "POST", base+"/v1/people/ann/photos", "image/png", string(dot(t, hues[hue])))
		require.Equal(t, 201, status, answer)
	}
	b := openBrowser(t, base)
	b.open(t, "/", "search")
	b.open(t, "/indices", "indices")
	b.open(t, "/people", "people")
	t.Run("search with a picture", func(t *testing.T) { b.searchWithPicture(t) })
	t.Run("search with a face", func(t *testing.T) { b.searchWithFace(t) })
	t.Run("count and mark", func(t *testing.T) { b.countAndMark(t) })
	t.Run("audit", func(t *testing.T) { b.audit(t) })
}

func (b *browser) searchWithPicture(t *testing.T) {
	file := filepath.Join(t.TempDir(), "yellow.png")
	require.NoError(t, os.WriteFile(file, dot(t, hues[3]), 0o600))
	var first string
	var focused bool
	b.do(t, chromedp.Navigate(b.base+"/"), chromedp.SetUploadFiles("#picture", []string{file}), chromedp.WaitVisible(".grid .card"),
		chromedp.Text(".grid .card", &first))
	require.Contains(t, first, "row 3", "choosing a picture searches at once")
	b.look(t, "results")
	b.do(t, chromedp.Focus(".grid .card"), chromedp.KeyEvent(kb.ArrowRight),
		chromedp.Evaluate(`document.activeElement === document.querySelectorAll(".card")[1]`, &focused))
	require.True(t, focused, "arrows go from card to card")
	b.do(t, chromedp.KeyEvent("/"), chromedp.Evaluate(`document.activeElement.id === "q"`, &focused))
	require.True(t, focused, "/ goes to the search field")
	b.do(t, chromedp.Click(".card:nth-child(2) .like"), chromedp.WaitVisible(".said"), chromedp.Text(".said", &first))
	require.Contains(t, first, "like row")
	b.do(t, chromedp.SetValue("#q", "someone"), chromedp.Submit(".search"), chromedp.WaitVisible(".grid .card"))
}

func (b *browser) searchWithFace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "blue.png")
	require.NoError(t, os.WriteFile(file, dot(t, hues[2]), 0o600))
	var width float64
	b.do(t, chromedp.Navigate(b.base+"/"), chromedp.SetValue(`[name=by]`, "face"), chromedp.SetUploadFiles("#picture", []string{file}),
		chromedp.WaitVisible(".grid .face"),
		chromedp.Evaluate(`document.querySelector(".face").offsetWidth / document.querySelector(".card img").width`, &width))
	require.InDelta(t, 1, width, 0.05, "the face of a dot is the whole dot")
	b.look(t, "faces")
}

func (b *browser) countAndMark(t *testing.T) {
	var text string
	b.do(t, chromedp.Navigate(b.base+"/people"), chromedp.Click(`form[action="/people/count"] button`), chromedp.WaitVisible("td.freq", chromedp.ByQuery))
	b.look(t, "counted")
	b.do(t, chromedp.Click(`a[href^="/people/ann?"]`), chromedp.WaitVisible(".figures"), chromedp.Text(".figures", &text))
	require.Contains(t, text, "Mentions\n4")
	b.look(t, "person")
	b.do(t, chromedp.Click("#row-5 button"), chromedp.WaitVisible("#row-5.wrong"), chromedp.Text(".figures", &text))
	require.Contains(t, text, "Mentions\n3")
	var marks []*cdp.Node
	b.do(t, chromedp.Nodes("mark", &marks, chromedp.ByQueryAll))
	require.Len(t, marks, 4)
}

func (b *browser) audit(t *testing.T) {
	var text string
	b.do(t, chromedp.Navigate(b.base+"/audits"), chromedp.SetValue(`[name=min_photos]`, "1"))
	b.look(t, "audits")
	b.do(t, chromedp.Click(`form[action="/audits"] button`), chromedp.WaitVisible(".plots img"), chromedp.Text("main", &text))
	require.Contains(t, text, "It is not proof that a given picture was used.")
	require.Contains(t, text, "Ann Lee")
	require.NotContains(t, text, "%!", "no figure is printed by the wrong verb")
	b.look(t, "audit")
	var report string
	var there bool
	b.do(t, chromedp.AttributeValue(`a[href$="report.html"]`, "href", &report, &there))
	status, header, text := page(t, b.base+report)
	require.Equal(t, 200, status)
	require.Contains(t, header.Get("Content-Security-Policy"), "sandbox allow-scripts allow-popups;", "of no origin")
	require.Contains(t, text, "Ann Lee")
}
