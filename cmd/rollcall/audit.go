package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/auditor"
	"rollcall/auditor/report"
	"rollcall/internal/clip"
	"rollcall/retriever"
)

type auditFlags struct {
	models                []string
	model                 modelFlags
	roster, photos        string
	counts, names         string
	decoys, minPhotos     int
	draws, tau, resamples int
	maxCount              int64
	modes, matchDecoys    []string
	seed                  uint64
	output                string
}

func (a *app) auditCommand() *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit --model DIR... --roster F --photos DIR -o DIR",
		Short: "Ask whether models know the persons: the Identity Inference Attack",
		Long: `Runs the Identity Inference Attack (Hintersdorf et al., JAIR 2024) on one or more CLIP models: for
photos of a person, does the model pick the person's name among all candidates, over 21 prompts?
mode paper is the published rule, calibrated adds a rank p-value against decoys. The run goes into
the folder -o: run.jsonl, summary.csv, predictions.parquet, report.html and plots. A finding is
evidence about a model and a photo set; it is not proof that a given picture was used.

` + exitCodesHelp,
		Example: `  rollcall audit --model testdata/lab/model --roster testdata/lab/roster.csv --photos testdata/lab/photos \
    --names testdata/lab/candidates.txt --min-photos 10 -o run`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.audit(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&flags.models, "model", nil, "model bundle to audit; may be repeated")
	flags.model.addRuntime(cmd)
	f.StringVar(&flags.roster, "roster", "", "persons to audit: CSV or YAML")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of photos a person, named by id")
	f.StringVar(&flags.counts, "counts", "", "counts.csv: how often each person is in the training data")
	f.StringVar(&flags.names, "names", "", "file with all candidate names, one a line (default: invent --decoys)")
	f.IntVar(&flags.decoys, "decoys", 0, "names to invent (default: as many as make 1,000 candidates)")
	f.StringSliceVar(&flags.matchDecoys, "match-decoys", nil, "rank a person against decoys alike in: sex, words")
	f.StringSliceVar(&flags.modes, "mode", []string{"paper", "calibrated"}, "paper, calibrated or both")
	f.IntVar(&flags.tau, "tau", 1, "correct prompts that make a person detected")
	f.IntVar(&flags.draws, "draws", 20, "draws of photos for each k")
	f.IntVar(&flags.minPhotos, "min-photos", 30, "photos a person needs to take part in the curves over k")
	f.Int64Var(&flags.maxCount, "max-count", 0, "persons with this count or more stay out of the curves (300 in the study's LAION part)")
	f.IntVar(&flags.resamples, "resamples", 2000, "resamples of a bootstrap")
	f.Uint64Var(&flags.seed, "seed", 1, "seed of names, draws and resamples")
	f.StringVarP(&flags.output, "output", "o", "", "folder for the run")
	return cmd
}

func (a *app) audit(ctx context.Context, flags auditFlags) error {
	for name, value := range map[string]string{"--roster": flags.roster, "--photos": flags.photos, "--output": flags.output} {
		if value == "" {
			return usagef("%s is missing; see rollcall audit --help", name)
		}
	}
	if len(flags.models) == 0 {
		return usagef("which model? Give --model DIR, once for each model to audit")
	}
	options, err := a.auditOptions(flags)
	if err != nil {
		return err
	}
	models, err := a.startModels()
	if err != nil {
		return err
	}
	err = a.auditModels(ctx, flags, models, options)
	return errors.Join(err, models.close())
}

// auditOptions reads everything but the models.
func (a *app) auditOptions(flags auditFlags) (auditor.Options, error) {
	options := auditor.Options{
		Decoys: flags.decoys, Tau: flags.tau, Draws: flags.draws, MinPhotos: flags.minPhotos, MaxCount: flags.maxCount,
		Resamples: flags.resamples, Seed: flags.seed, ToolVersion: toolVersion(), Progress: a.auditProgress(),
	}
	for _, mode := range flags.modes {
		options.Modes = append(options.Modes, auditor.Mode(mode))
	}
	for _, match := range flags.matchDecoys {
		options.MatchDecoys = append(options.MatchDecoys, auditor.Match(match))
	}
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return options, err
	}
	options.Persons = persons(roster)
	if flags.counts != "" {
		if options.Persons, err = a.joinCounts(options.Persons, flags.counts); err != nil {
			return options, err
		}
	}
	if flags.names != "" {
		if options.Names, err = readNames(flags.names); err != nil {
			return options, err
		}
	}
	if info, err := os.Stat(flags.photos); err != nil || !info.IsDir() {
		return options, usagef("--photos %s is not a folder", flags.photos)
	}
	options.Photos = os.DirFS(flags.photos)
	return options, nil
}

// persons converts the roster: the auditor knows sexes by the study's letters.
func persons(roster *retriever.Roster) []auditor.Person {
	sexes := map[string]string{"male": "m", "female": "f"}
	converted := make([]auditor.Person, len(roster.Persons))
	for i, p := range roster.Persons {
		converted[i] = auditor.Person{ID: p.ID, Name: p.Name, Sex: sexes[p.Sex], Member: p.Member, Count: p.Count}
	}
	return converted
}

// joinCounts gives persons the counts of a counts.csv, and says whom the roster does not have.
func (a *app) joinCounts(persons []auditor.Person, path string) ([]auditor.Person, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close()
	read, err := retriever.ReadCounts(file)
	if err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	counts := map[string]int64{}
	for id, count := range read {
		if count.Estimate != nil {
			counts[id] = int64(math.Round(*count.Estimate))
		}
	}
	joined, unmatched := auditor.JoinCounts(persons, counts)
	if len(unmatched) > 0 {
		a.warn([]string{fmt.Sprintf("%s counts %d persons who are not on the roster", path, len(unmatched))})
	}
	return joined, nil
}

// readNames reads the candidates, one a line; empty lines are none.
func readNames(path string) ([]string, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, line := range lines {
		if name := strings.TrimSpace(line); name != "" {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, usagef("%s names nobody", path)
	}
	return names, nil
}

func (a *app) auditModels(ctx context.Context, flags auditFlags, models *models, options auditor.Options) error {
	for _, dir := range flags.models {
		model, err := models.load(dir, flags.model)
		if err != nil {
			return err
		}
		options.Models = append(options.Models, audited(model, dir, flags.models))
	}
	run, err := report.Create(flags.output)
	if err != nil {
		return usageError{err}
	}
	options.Predictions = run
	if err := auditor.Run(ctx, options, run); err != nil {
		return errors.Join(err, run.Abort())
	}
	if err := run.Commit(); err != nil {
		return err
	}
	if a.json {
		return a.renderRun(flags.output, "json", a.stdout)
	}
	if err := report.Brief(a.stdout, &run.Report); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.stdout, "\nthe whole report: %s\n", filepath.Join(flags.output, "report.html"))
	return err
}

// audited names a model by its bundle; bundles of one name are told apart by their folders.
func audited(model *clip.Model, dir string, all []string) auditor.Model {
	info := model.Bundle().Info()
	name := info.Name
	if len(all) > 1 || name == "" {
		name = filepath.Base(filepath.Clean(dir))
	}
	return auditor.Model{Name: name, Digest: info.Digest, Encoder: model, Info: map[string]string{
		"bundle": info.Name, "dimension": fmt.Sprint(info.Dimension), "activation": orUnknown(info.Activation),
		"preprocessing": info.Preprocessing, "decoder": info.Decoder, "variant": info.Variant,
	}}
}

// readRoster reads the persons and prints what may mislead.
func (a *app) readRoster(path string) (*retriever.Roster, error) {
	if path == "" {
		return nil, usagef("who? Give --roster F, a CSV with a column name, or YAML")
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close()
	roster, err := retriever.ReadRoster(file, path)
	if err != nil {
		return nil, usageError{err}
	}
	a.warn(roster.Warnings)
	return roster, nil
}

func (a *app) warn(warnings []string) {
	for _, warning := range warnings {
		fmt.Fprintf(a.stderr, "warning: %s\n", warning)
	}
}

func renderers() map[string]func(io.Writer, *report.Report) error {
	return map[string]func(io.Writer, *report.Report) error{
		"html": report.HTML, "text": report.Text, "json": report.JSON, "csv": report.SummaryCSV,
	}
}

// renderRun renders a stored run.
func (a *app) renderRun(dir, format string, w io.Writer) error {
	render, known := renderers()[format]
	if !known {
		return usagef("--format %s: html, text, json or csv", format)
	}
	file, err := os.Open(filepath.Join(dir, "run.jsonl"))
	if err != nil {
		return usagef("%s is not an audit run: %w", dir, err)
	}
	defer file.Close()
	stored, err := report.Load(file)
	if err != nil {
		return usagef("%s: %w", dir, err)
	}
	return render(w, stored)
}
