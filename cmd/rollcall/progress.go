package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"rollcall/auditor"
)

// lineEvery is how often progress is a line where it cannot be a bar.
const lineEvery = 5 * time.Second

// progress shows how far one long piece of work has come: a bar on a terminal, a line every few
// seconds elsewhere, nothing with --quiet. It is used by one goroutine.
type progress struct {
	out      io.Writer // nil: quiet
	bar      *progressbar.ProgressBar
	what     string
	note     string // what else there is to say, behind the numbers
	about    bool   // the total is an estimate
	started  time.Time
	lastLine time.Time
}

func (a *app) newProgress(what string) *progress {
	p := &progress{what: what, started: time.Now(), lastLine: time.Now()}
	if a.quiet {
		return p
	}
	p.out = a.stderr
	if file, ok := a.stderr.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		p.bar = progressbar.NewOptions64(-1, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(what),
			progressbar.OptionShowIts(), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return p
}

// update says that done of total are finished, failed of them without success; a total of 0 is
// not known.
func (p *progress) update(done, total, failed int64) {
	switch {
	case p.out == nil:
	case p.bar != nil:
		if total > 0 {
			p.bar.ChangeMax64(total)
		}
		p.bar.Describe(fmt.Sprintf("%s (%s)", p.what, strings.TrimSuffix(fmt.Sprintf("%s%d failed, %s", about(p.about && total > 0, "total estimated, "), failed, p.note), ", ")))
		// A bar that cannot be drawn costs nothing but the bar.
		_ = p.bar.Set64(done)
	case time.Since(p.lastLine) >= lineEvery:
		p.lastLine = time.Now()
		fmt.Fprintln(p.out, p.line(done, total, failed))
	}
}

func (p *progress) line(done, total, failed int64) string {
	rate := float64(done) / time.Since(p.started).Seconds()
	line := fmt.Sprintf("%s: %d", p.what, done)
	if total > 0 {
		line += fmt.Sprintf(" of %s%d", about(p.about, "about "), total)
	}
	line += fmt.Sprintf(", %.0f/s, %d failed", rate, failed)
	if total > done && rate > 0 {
		left := time.Duration(float64(total-done) / rate * float64(time.Second))
		line += fmt.Sprintf(", %s%s left", about(p.about, "about "), left.Round(time.Second))
	}
	if p.note != "" {
		line += "; " + p.note
	}
	return line
}

// about says that a number is an estimate, where it is one.
func about(estimated bool, words string) string {
	if estimated {
		return words
	}
	return ""
}

// finish takes the bar away.
func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// auditProgress shows a bar for each stage of each model.
func (a *app) auditProgress() func(auditor.Progress) {
	var current *progress
	return func(now auditor.Progress) {
		what := now.Model + " " + now.Stage
		if current == nil || current.what != what {
			if current != nil {
				current.finish()
			}
			current = a.newProgress(what)
		}
		current.update(int64(now.Done), int64(now.Total), int64(now.Failed))
		if now.Done == now.Total {
			current.finish()
		}
	}
}
