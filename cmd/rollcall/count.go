package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
	"rollcall/internal/dataset"
	"rollcall/retriever"
)

type countFlags struct {
	roster, mode         string
	evidence             []string
	photos               string
	threshold            float32
	model                modelFlags
	output, evidenceFile string
	workers              int
}

func (a *app) countCommand() *cobra.Command {
	var flags countFlags
	cmd := &cobra.Command{
		Use:   "count N|FILE... --roster F",
		Short: "Count how often each person of a roster appears in a data set",
		Long: `Counts rows whose caption names a person (evidence captions), in an index or straight from caption
files: CC3M TSV, LAION parquet, .csv, .jsonl, also with .gz. mode strict folds accents and case and
matches whole words; paper is the published study's rule. Evidence images counts the rows of an
index whose image is at or above --threshold to one of the person's photos. Every count is exact.

` + exitCodesHelp,
		Example: `  rollcall count captions.tsv.gz --roster roster.csv -o counts.csv
  rollcall count lab --roster roster.csv --evidence captions,images --photos photos --threshold 0.9 --model MODEL`,
		Args: atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.count(cmd.Context(), args, flags) },
	}
	flags.model.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.roster, "roster", "", "persons to count: CSV with a column name, or YAML")
	f.StringVar(&flags.mode, "mode", string(retriever.Strict), "rule of mentions: strict or paper")
	f.StringSliceVar(&flags.evidence, "evidence", []string{"captions"}, "captions, images or both")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of photos a person, named by id; for images")
	f.Float32Var(&flags.threshold, "threshold", 0, "cosine from which a row's image counts; for images")
	f.IntVar(&flags.workers, "workers", 0, "goroutines that match captions (default: one a core)")
	f.StringVarP(&flags.output, "output", "o", "", "counts.csv to write")
	f.StringVar(&flags.evidenceFile, "evidence-out", "", "write every counted row to a file: .csv, else JSON lines")
	return cmd
}

func (f countFlags) check() error {
	if f.mode != string(retriever.Strict) && f.mode != string(retriever.Paper) {
		return usagef("--mode %s: strict or paper", f.mode)
	}
	for _, kind := range f.evidence {
		if kind != "captions" && kind != "images" {
			return usagef("--evidence %s: captions or images", kind)
		}
	}
	if f.images() && (f.photos == "" || f.threshold <= 0 || f.threshold > 1) {
		return usagef("--evidence images needs --photos DIR and --threshold T, a cosine above 0 and at most 1")
	}
	return nil
}

func (f countFlags) captions() bool { return slices.Contains(f.evidence, "captions") }
func (f countFlags) images() bool   { return slices.Contains(f.evidence, "images") }

func (a *app) count(ctx context.Context, inputs []string, flags countFlags) error {
	if err := flags.check(); err != nil {
		return err
	}
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return err
	}
	counts, err := a.countWithEvidence(ctx, inputs, roster, flags)
	if err != nil {
		return err
	}
	if flags.output != "" {
		write := func(w io.Writer) error { return retriever.WriteCountsCSV(w, counts) }
		if err := a.output(flags.output, write); err != nil {
			return err
		}
	}
	return a.printCounts(counts, flags)
}

// countWithEvidence counts, and writes the rows behind the counts when a file is asked for.
func (a *app) countWithEvidence(ctx context.Context, inputs []string, roster *retriever.Roster, flags countFlags) (counts []retriever.Count, err error) {
	if flags.evidenceFile == "" {
		return a.counts(ctx, inputs, counting{roster: roster, flags: flags})
	}
	err = a.output(flags.evidenceFile, func(w io.Writer) error {
		evidence := retriever.NewEvidenceJSONL(w)
		if strings.HasSuffix(flags.evidenceFile, ".csv") {
			evidence = retriever.NewEvidenceCSV(w)
		}
		counts, err = a.counts(ctx, inputs, counting{roster: roster, flags: flags, evidence: evidence})
		return errors.Join(err, evidence.Close())
	})
	return counts, err
}

// counting is one count: who, how, and where its evidence goes.
type counting struct {
	roster   *retriever.Roster
	flags    countFlags
	evidence retriever.EvidenceWriter // nil: nowhere
}

// counts counts in caption files, or in an index.
func (a *app) counts(ctx context.Context, inputs []string, c counting) ([]retriever.Count, error) {
	if _, err := a.indexDir(inputs[0]); len(inputs) > 1 || err != nil {
		if c.flags.images() {
			return nil, usagef("images are counted in an index, and %s is none", inputs[0])
		}
		source, err := dataset.OpenCaptions(inputs)
		if err != nil {
			return nil, usageError{err}
		}
		mentions, err := a.countMentions(ctx, source, c)
		if err != nil {
			return nil, usageError{err}
		}
		return retriever.Counts(c.roster, mentions, nil), nil
	}
	opened, err := a.open(ctx, inputs[0])
	if err != nil {
		return nil, err
	}
	counts, err := a.countIn(ctx, opened, c)
	return counts, errors.Join(err, opened.close())
}

func (a *app) countIn(ctx context.Context, opened *index, c counting) ([]retriever.Count, error) {
	var mentions *retriever.MentionCounts
	var images *retriever.ImageCounts
	var err error
	if c.flags.captions() {
		if mentions, err = a.countMentions(ctx, opened, c); err != nil {
			return nil, err
		}
	}
	if c.flags.images() {
		if images, err = a.countImages(ctx, opened, c); err != nil {
			return nil, err
		}
	}
	return retriever.Counts(c.roster, mentions, images), nil
}

func (a *app) countMentions(ctx context.Context, source retriever.CaptionSource, c counting) (*retriever.MentionCounts, error) {
	options := retriever.MentionOptions{Mode: retriever.Mode(c.flags.mode), Workers: c.flags.workers}
	if c.evidence != nil {
		options.Evidence = func(m retriever.Mention) error { return c.evidence.Write(retriever.MentionEvidence(c.roster, m)) }
	}
	progress := a.newProgress("rows")
	defer progress.finish()
	mentions, err := retriever.CountMentions(ctx, watched{source, progress}, c.roster, options)
	if err != nil {
		return nil, err
	}
	a.warn(mentions.Warnings)
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d rows read, %d without a caption; rule %s, exact\n", mentions.Rows, mentions.Null, mentions.Mode)
	}
	return mentions, nil
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

func (a *app) countImages(ctx context.Context, opened *index, c counting) (*retriever.ImageCounts, error) {
	var references []retriever.References
	err := a.withModel(ctx, c.flags.model, func(ctx context.Context, model *clip.Model) (err error) {
		if err := matchModel(opened, model.Bundle().Info()); err != nil {
			return err
		}
		references, err = a.references(ctx, model, c)
		return err
	})
	if err != nil {
		return nil, err
	}
	options := retriever.ImageOptions{}
	if c.evidence != nil {
		options.Evidence = func(hit retriever.ImageHit) error {
			rows, err := opened.Get(ctx, []int64{hit.Row})
			if err != nil {
				return err
			}
			return c.evidence.Write(retriever.ImageEvidence(c.roster, hit, &rows[0]))
		}
	}
	images, err := retriever.CountImages(ctx, opened, references, c.flags.threshold, options)
	if err != nil {
		return nil, err
	}
	a.warn(images.Warnings)
	return images, nil
}

// printCounts shows the persons that were counted most.
func (a *app) printCounts(counts []retriever.Count, flags countFlags) error {
	if a.json {
		return a.printJSON(counts)
	}
	const most = 10
	sorted := slices.Clone(counts)
	slices.SortStableFunc(sorted, func(x, y retriever.Count) int { return int(estimate(y) - estimate(x)) })
	rows := [][]string{{"PERSON", "MENTIONS", "DISTINCT", "IMAGES", "NOTE"}}
	for _, c := range sorted[:min(most, len(sorted))] {
		note := ""
		if c.Homonym {
			note = "shares a name with another person"
		}
		rows = append(rows, []string{c.Name, cell(c.Mentions), cell(c.MentionsDistinct), cell(c.Images), note})
	}
	if err := a.printTable(rows); err != nil {
		return err
	}
	if len(counts) > most {
		fmt.Fprintf(a.stdout, "... and %d more persons", len(counts)-most)
		if flags.output == "" {
			fmt.Fprint(a.stdout, "; -o counts.csv writes all")
		}
		fmt.Fprintln(a.stdout)
	}
	return nil
}

func estimate(c retriever.Count) float64 {
	if c.Estimate == nil {
		return -1
	}
	return *c.Estimate
}

func cell(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}
