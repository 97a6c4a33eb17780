package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"rollcall/retriever"
)

func (a *app) countMentions(ctx context.Context, source retriever.CaptionSource, c counting) (*retriever.MentionCounts, error) {
	progress := a.newProgress("rows")
	defer progress.finish()
	mentions, err := retriever.CountMentions(ctx, source, c.roster, c.mentionOptions(progress))
	if err != nil {
		return nil, err
	}
	a.sayMentions(mentions)
	return mentions, nil
}

// mentionSummary says over what mentions were counted, and by which rule.
type mentionSummary struct {
	Rows int64          `json:"rows"`
	Null int64          `json:"without_caption"`
	Mode retriever.Mode `json:"mode"`
}

func (a *app) sayMentions(m *retriever.MentionCounts) {
	a.warn(m.Warnings)
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d rows read, %d without a caption; rule %s, exact\n", m.Rows, m.Null, m.Mode)
	}
}

// countTask counts a share of the rows and writes what merging needs.
func (a *app) countTask(ctx context.Context, inputs []string, roster *retriever.Roster, flags countFlags) error {
	task, err := parseCountTask(flags.task)
	if err != nil {
		return err
	}
	source, err := a.captionFiles(inputs)
	if err != nil {
		return err
	}
	c := counting{roster: roster, flags: flags}
	if source != nil {
		return a.withEvidence(ctx, nil, c, func(c counting) error {
			if err := a.writePartial(ctx, source, c, task); err != nil {
				return usageError{err}
			}
			return nil
		})
	}
	opened, err := a.open(ctx, inputs[0])
	if err != nil {
		return err
	}
	err = a.withEvidence(ctx, opened, c, func(c counting) error { return a.writePartial(ctx, opened.store, c, task) })
	return errors.Join(err, opened.close())
}

func (a *app) writePartial(ctx context.Context, source retriever.CaptionSource, c counting, task retriever.Task) error {
	return a.output(c.flags.output, func(w io.Writer) error {
		progress := a.newProgress("rows")
		defer progress.finish()
		return retriever.CountPartial(ctx, source, c.roster, c.mentionOptions(progress), task, w)
	})
}

// parseCountTask reads i/n.
func parseCountTask(text string) (retriever.Task, error) {
	number, of, _ := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(number)
	n, err2 := strconv.Atoi(of)
	if err1 != nil || err2 != nil || i < 1 || i > n {
		return retriever.Task{}, usagef("--task %s: i/n, such as 1/4 to 4/4", text)
	}
	return retriever.Task{Number: i, Of: n}, nil
}

// mergeTasks reads the partial counts of all tasks.
func (a *app) mergeTasks(ctx context.Context, paths []string, c counting) (result *counted, err error) {
	if c.flags.evidenceFile != "" {
		return nil, usagef("--evidence-out belongs to each --task: a partial count has no captions")
	}
	var parts []retriever.PartialFile
	defer func() {
		for _, p := range parts {
			err = errors.Join(err, p.R.(io.Closer).Close())
		}
	}()
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, usageError{err}
		}
		parts = append(parts, retriever.PartialFile{Name: path, R: f})
	}
	mentions, err := retriever.MergePartials(ctx, parts, c.roster, retriever.MentionOptions{})
	if err != nil {
		return nil, usageError{err}
	}
	a.sayMentions(mentions)
	return newCounted(c.roster, mentions, nil), nil
}

func (c counting) mentionOptions(progress *progress) retriever.MentionOptions {
	options := retriever.MentionOptions{
		Mode: retriever.Mode(c.flags.mode), Workers: c.flags.workers,
		Progress: func(rows int64) { progress.update(rows, 0, 0) },
	}
	if c.evidence == nil && c.mentioned == nil {
		return options
	}
	options.Evidence = func(m retriever.Mention) error {
		if c.mentioned != nil {
			c.mentioned[m.Person] = append(c.mentioned[m.Person], m.Row)
		}
		if c.evidence == nil {
			return nil
		}
		return c.evidence.Write(retriever.MentionEvidence(c.roster, m))
	}
	return options
}

// watched shows how many rows of a source were read.
type watched struct {
	retriever.CaptionSource
	progress *progress
}

// watchEvery keeps the cost of watching off the rows.
const watchEvery = 4096

func (w watched) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	return w.CaptionSource.Captions(ctx, func(row retriever.CaptionRow) error {
		if row.Row%watchEvery == 0 {
			w.progress.update(row.Row, 0, 0)
		}
		return visit(row)
	})
}
