package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/auditor"
	"rollcall/auditor/report"
	"rollcall/auditor/textcache"
	"rollcall/internal/clip"
	"rollcall/retriever"
)

type auditFlags struct {
	models, references         []string
	model                      modelFlags
	roster, photos             string
	counts, names, prompts     string
	decoys, minPhotos          int
	draws, tau, resamples      int
	maxCount                   int64
	modes, matchDecoys         []string
	controls, covariates       []string
	trainingIndex, trainedWith string
	nearDuplicate              float64
	seed                       uint64
	cacheDir, output, failOn   string
}

func (a *app) auditCommand() *cobra.Command {
	var flags auditFlags
	cmd := &cobra.Command{
		Use:   "audit --model DIR... --roster F --photos DIR -o DIR",
		Short: "Ask whether models know the persons: the Identity Inference Attack",
		Long: `Runs the Identity Inference Attack (Hintersdorf et al., JAIR 2024) on one or more CLIP models: for
photos of a person, does the model pick the person's name among all candidates, over 21 prompts?
mode paper is the published rule, calibrated adds a rank p-value against decoys; v1, which runs
alone, is the rule of the study's first version (bare name, real names only). The run goes into the
folder -o: run.jsonl, summary.csv, controls.csv, predictions.parquet, report.html and plots. A
finding is evidence about a model and a photo set; it is not proof that a given picture was used.

--reference-model names a model that is known not to have seen the data: the same persons under it
show what is not evidence. --training-index names an index of the training images: photos that
nearly repeat one of them are listed, and every figure is given with and without them.

` + exitCodesHelp,
		Example: `  rollcall audit --model testdata/lab/model --roster testdata/lab/roster.csv --photos testdata/lab/photos \
    --names testdata/lab/candidates.txt --min-photos 10 -o run
  rollcall audit --model A --reference-model B --training-index cc3m --roster r.csv --photos P --counts counts.csv -o run`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.audit(cmd.Context(), flags) },
	}
	flags.add(cmd)
	a.addMilvus(cmd)
	return cmd
}

func (flags *auditFlags) add(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVar(&flags.models, "model", nil, "model bundle to audit; may be repeated")
	f.StringArrayVar(&flags.references, "reference-model", nil, "model bundle that is known not to have seen the data, as a control; may be repeated")
	flags.model.addRuntime(cmd)
	f.StringVar(&flags.roster, "roster", "", "persons to audit: CSV or YAML")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of photos a person, named by id")
	f.StringVar(&flags.counts, "counts", "", "counts.csv: how often each person is in the training data")
	f.StringVar(&flags.names, "names", "", "file with all candidate names, one a line (default: invent --decoys)")
	f.IntVar(&flags.decoys, "decoys", 0, "names to invent (default: as many as make 1,000 candidates)")
	f.StringVar(&flags.prompts, "prompts", "", "file with prompt templates, one a line, {0} in the place of the name (default: the 21 published ones)")
	f.StringSliceVar(&flags.matchDecoys, "match-decoys", nil, "rank a person against decoys alike in: sex, words, tokens")
	f.StringSliceVar(&flags.modes, "mode", []string{"paper", "calibrated"}, "paper, calibrated or both; or v1 alone")
	f.StringSliceVar(&flags.controls, "controls", []string{"face-swap", "name-swap", "invented", "prior"}, "controls to make; none for none")
	f.StringSliceVar(&flags.covariates, "covariates", nil, "what detection may depend on beside the count: prior, photos, sex")
	f.StringVar(&flags.trainingIndex, "training-index", "", "index of the training images: photos that nearly repeat one are told apart")
	f.StringVar(&flags.trainedWith, "training-model", "", "model bundle that made --training-index (default: the first of --model and --reference-model that did)")
	f.Float64Var(&flags.nearDuplicate, "near-duplicate", 0, "cosine from which a photo nearly repeats a training image (default: .94, or more where the model sees the photos themselves so much alike)")
	f.IntVar(&flags.tau, "tau", 1, "correct prompts that make a person detected")
	f.IntVar(&flags.draws, "draws", 20, "draws of photos for each k")
	f.IntVar(&flags.minPhotos, "min-photos", 30, "photos a person needs to take part in the curves over k")
	f.Int64Var(&flags.maxCount, "max-count", 0, "persons with this count or more stay out of the curves (300 in the study's LAION part)")
	f.IntVar(&flags.resamples, "resamples", 2000, "resamples of a bootstrap")
	f.Uint64Var(&flags.seed, "seed", 1, "seed of names, draws and resamples")
	f.StringVar(&flags.cacheDir, "cache-dir", "", "folder that keeps text embeddings from run to run; it holds the names in clear (default: nothing is kept)")
	f.StringVar(&flags.failOn, "fail-on", "", failOnHelp)
	f.StringVarP(&flags.output, "output", "o", "", "folder for the run")
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
	if flags.tau < 1 || flags.draws < 1 || flags.minPhotos < 1 || flags.resamples < 1 {
		return usagef("--tau, --draws, --min-photos and --resamples are at least 1")
	}
	if _, err := failOnAudit(flags.failOn); err != nil {
		return err
	}
	if strings.HasPrefix(flags.failOn, "q=") && !slices.Contains(flags.modes, string(auditor.Calibrated)) {
		return usagef("--fail-on %s needs --mode calibrated, which computes q", flags.failOn)
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
		Modes: named[auditor.Mode](flags.modes), MatchDecoys: named[auditor.Match](flags.matchDecoys),
		Controls: named[auditor.Control](flags.controls), Covariates: named[auditor.Covariate](flags.covariates),
		Resamples: flags.resamples, Seed: flags.seed, ToolVersion: toolVersion(), Progress: a.auditProgress(),
	}
	if len(flags.controls) == 1 && flags.controls[0] == "none" {
		options.Controls = []auditor.Control{}
	}
	if flags.cacheDir != "" {
		options.Texts = textcache.Open(flags.cacheDir)
	}
	if err := a.readAuditFiles(flags, &options); err != nil {
		return options, err
	}
	if info, err := os.Stat(flags.photos); err != nil || !info.IsDir() {
		return options, usagef("--photos %s is not a folder", flags.photos)
	}
	options.Photos = os.DirFS(flags.photos)
	return options, nil
}

// named turns words into a room's names for its choices, which the room checks.
func named[T ~string](words []string) []T {
	out := make([]T, len(words))
	for i, word := range words {
		out[i] = T(word)
	}
	return out
}

// readAuditFiles reads roster, counts, names and prompts.
func (a *app) readAuditFiles(flags auditFlags, options *auditor.Options) error {
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return err
	}
	options.Persons = auditor.PersonsOf(roster)
	if flags.counts != "" {
		if options.Persons, err = a.joinCounts(options.Persons, flags.counts); err != nil {
			return err
		}
	}
	if flags.names != "" {
		if options.Names, err = readNames(flags.names); err != nil {
			return err
		}
	}
	if flags.prompts != "" {
		if options.Prompts, err = readNames(flags.prompts); err != nil {
			return err
		}
	}
	return nil
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
	counts, open := map[string]int64{}, 0
	for id, count := range read {
		switch n := count.Training(); {
		case n != nil:
			counts[id] = *n
		case count.Estimate != nil:
			open++
		}
	}
	if open > 0 {
		a.warn([]string{fmt.Sprintf("%s: the counts of %d persons are unknown: none were found, by evidence that misses some (high is 1 or more)", path, open)})
	}
	joined, unmatched := auditor.JoinCounts(persons, counts)
	if len(unmatched) > 0 {
		a.warn([]string{fmt.Sprintf("%s counts %d persons who are not on the roster", path, len(unmatched))})
	}
	return joined, nil
}

// readNames reads candidate names or prompts, one a line; empty lines are none.
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
		return nil, usagef("%s is empty: one name or prompt a line", path)
	}
	return names, nil
}

func (a *app) auditModels(ctx context.Context, flags auditFlags, models *models, options auditor.Options) error {
	loaded, err := loadAudited(models, flags, &options)
	if err != nil {
		return err
	}
	training, err := a.openTraining(ctx, flags, models, loaded)
	if err != nil {
		return err
	}
	options.Training = training.options
	return errors.Join(a.runAudit(ctx, flags, options), training.close())
}

// loadAudited loads the models to audit, and behind them the references.
func loadAudited(models *models, flags auditFlags, options *auditor.Options) ([]*clip.Model, error) {
	multiplier, err := models.multiplier(flags.model)
	if err != nil {
		return nil, err
	}
	dirs := slices.Concat(flags.models, flags.references)
	var loaded []*clip.Model
	for i, dir := range dirs {
		model, err := models.load(dir, flags.model)
		if err != nil {
			return nil, err
		}
		loaded = append(loaded, model)
		next := audited(model, dir, dirs)
		next.Reference, next.Multiplier = i >= len(flags.models), multiplier
		options.Models = append(options.Models, next)
	}
	options.Tokenizer = loaded[0]
	return loaded, nil
}

// runAudit runs into a folder, which replaces an earlier one only when the run is whole.
func (a *app) runAudit(ctx context.Context, flags auditFlags, options auditor.Options) error {
	met, err := failOnAudit(flags.failOn)
	if err != nil {
		return err
	}
	run, err := report.Create(flags.output)
	if err != nil {
		return usageError{err}
	}
	options.Predictions = run
	if err := auditor.Run(ctx, options, run); err != nil {
		if input := (auditor.InputError{}); errors.As(err, &input) {
			err = usageError{err}
		}
		return errors.Join(err, run.Abort())
	}
	if err := run.Commit(); err != nil {
		return err
	}
	if a.json {
		return errors.Join(report.JSON(a.stdout, &run.Report), met(&run.Report))
	}
	if err := report.Brief(a.stdout, &run.Report); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(a.stdout, "\nthe whole report: %s\n", filepath.Join(flags.output, "report.html")); err != nil {
		return err
	}
	return met(&run.Report)
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

// loadRun reads a stored run.
func loadRun(dir string) (*report.Report, error) {
	file, err := os.Open(filepath.Join(dir, "run.jsonl"))
	if err != nil {
		return nil, usagef("%s is not an audit run: %w", dir, err)
	}
	defer file.Close()
	stored, err := report.Load(file)
	if err != nil {
		return nil, usagef("%s: %w", dir, err)
	}
	return stored, nil
}
