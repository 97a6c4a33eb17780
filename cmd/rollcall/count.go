package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"rollcall/indexer"
	"rollcall/internal/dataset"
	"rollcall/retriever"
)

type countFlags struct {
	roster, mode         string
	evidence             []string
	photos               string
	threshold            float32
	fmr                  float64
	sampleRows           int
	estimate             bool
	seed                 uint64
	model                modelFlags
	output, evidenceFile string
	workers              int
	task                 string
	merge                bool
	imageRoots           []string
	hashImages           bool
	faces                string
	faceThreshold        float32
	presence             retriever.PresenceRule
	verify               verifyFlags
	failOn               int64
}

func (a *app) countCommand() *cobra.Command {
	var flags countFlags
	cmd := &cobra.Command{
		Use:   "count N|FILE... --roster F",
		Short: "Count how often each person of a roster appears in a data set",
		Long: `Counts rows whose caption names a person (evidence captions), in an index or straight from caption
files, or folders of them: CC3M TSV, LAION parquet, .csv, .jsonl, also with .gz. mode strict folds accents and case and
matches whole words; paper is the published study's rule. Evidence images counts the rows of an
index whose image is at or above --threshold to one of the person's photos; --fmr chooses that
threshold for a false-match rate, from photos of different persons and random rows. Every count is
exact. Evidence faces counts the rows with a face like one in the person's photos, among the faces
that rollcall index --faces stored; faces that the detector missed are not there.

mode cc3m counts nothing: it says by the study's rule for captions without names who is in an index at
all, from the --neighbours rows nearest to each of a person's photos: the share to whose image CLIP
gives the person's name among the roster's, and, with --faces, the share that shows the person's face.

--verify-sample N draws N of each person's counted rows. With --verify-out F they are written for
somebody to fill in, and --verified F reads the answers; otherwise the images are looked at by faces
(--faces, --photos). The estimate is then the rows times the share that shows the person, with its
exact interval.

--task i/n counts a share of the rows and writes a partial count; --merge makes one count of all n.

` + exitCodesHelp,
		Example: `  rollcall count captions.tsv.gz --roster roster.csv -o counts.csv
  rollcall count lab --roster roster.csv --evidence captions,images --photos photos --fmr 1e-4 --model MODEL
  rollcall count 'part-*.parquet' --roster roster.csv --task 1/4 -o task-1.partial
  rollcall count --merge task-*.partial --roster roster.csv -o counts.csv`,
		Args: atLeast(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.count(cmd.Context(), args, flags) },
	}
	flags.model.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.roster, "roster", "", "persons to count: CSV with a column name, or YAML")
	f.StringVar(&flags.mode, "mode", string(retriever.Strict), "rule of mentions: strict or paper; or cc3m")
	f.StringSliceVar(&flags.evidence, "evidence", []string{"captions"}, "any of captions, images and faces")
	f.StringVar(&flags.faces, "faces", "", "bundle of face models that made the index's faces: a folder with rollcall-faces.json")
	f.Float32Var(&flags.faceThreshold, "face-threshold", 0, "cosine from which a face is the person's; or give --fmr")
	f.IntVar(&flags.presence.Neighbours, "neighbours", 50, "mode cc3m: nearest rows of each photo")
	f.Float64Var(&flags.presence.NameShare, "name-share", 0.20, "mode cc3m: a person is absent up to this share of neighbours with the name")
	f.Float64Var(&flags.presence.FaceShare, "face-share", 0.15, "mode cc3m: and up to this share with the face")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of photos a person, named by id; for images and faces")
	f.Float32Var(&flags.threshold, "threshold", 0, "cosine from which a row's image counts; for images")
	f.Float64Var(&flags.fmr, "fmr", 0, "choose the threshold for this false-match rate, such as 1e-4")
	f.IntVar(&flags.sampleRows, "sample-rows", 10000, "random rows the photos are compared with for --fmr")
	f.BoolVar(&flags.estimate, "estimate", false, "count images through an approximate index in Milvus, and say how much it finds")
	f.Uint64Var(&flags.seed, "seed", 0, "of the random rows")
	f.IntVar(&flags.verify.sample, "verify-sample", 0, "rows of each person to verify")
	f.StringVar(&flags.verify.out, "verify-out", "", "write the rows to verify to a CSV, whose column shows somebody fills in with yes or no")
	f.StringVar(&flags.verify.labels, "verified", "", "that CSV, filled in")
	f.StringVar(&flags.task, "task", "", "count one share of the rows, i/n, and write a partial count to -o")
	f.BoolVar(&flags.merge, "merge", false, "the files are the partial counts of all tasks")
	f.IntVar(&flags.workers, "workers", 0, "goroutines that match captions (default: one a core)")
	f.Int64Var(&flags.failOn, "fail-on", 0, "exit with 3 when somebody's count (the estimate) is this or more")
	f.StringVarP(&flags.output, "output", "o", "", "counts.csv to write")
	f.StringVar(&flags.evidenceFile, "evidence-out", "", "write every counted row to a file: .csv, .parquet, .html (a gallery), else JSON lines")
	f.StringArrayVar(&flags.imageRoots, "image-root", nil, "folder of the images or tars, for a gallery and for perceptual hashes; may be repeated (default: what was indexed)")
	f.BoolVar(&flags.hashImages, "hash-images", true, "tell near-duplicates by perceptual hashes too, of the counted rows' images where they are at hand")
	return cmd
}

func (f countFlags) check() error {
	if f.failOn < 0 || f.failOn > 0 && (f.task != "" || f.mode == string(retriever.CC3M)) {
		return usagef("--fail-on N, at least 1, is held against a whole count: not that of a --task, and mode cc3m counts nothing")
	}
	if err := f.checkVerify(); err != nil {
		return err
	}
	switch retriever.Mode(f.mode) {
	case retriever.Strict, retriever.Paper:
	case retriever.CC3M:
		return f.checkPresence()
	default:
		return usagef("--mode %s: strict, paper or cc3m", f.mode)
	}
	for _, kind := range f.evidence {
		if kind != "captions" && kind != "images" && kind != "faces" {
			return usagef("--evidence %s: captions, images or faces", kind)
		}
	}
	if f.onFaces() {
		if err := f.checkFaces(); err != nil {
			return err
		}
	}
	if f.estimate && !slices.Equal(f.evidence, []string{"images"}) {
		return usagef("--estimate goes with --evidence images alone")
	}
	if f.images() {
		return f.checkImages()
	}
	return f.checkTask()
}

func (f countFlags) checkImages() error {
	switch {
	case f.photos == "":
		return usagef("--evidence images needs --photos DIR")
	case f.fmr == 0 && !(f.threshold > 0 && f.threshold <= 1):
		return usagef("--evidence images needs --fmr R, a rate such as 1e-4, or --threshold T, a cosine above 0 and at most 1")
	case f.fmr != 0 && f.threshold != 0:
		return usagef("give --fmr or --threshold, not both: one chooses what the other sets")
	case f.fmr != 0 && !(f.fmr > 0 && f.fmr < 1) || f.sampleRows < 1:
		return usagef("--fmr is a rate between 0 and 1, and --sample-rows at least 1")
	case f.task != "" || f.merge:
		return usagef("--task and --merge are for captions; images are counted in one run")
	}
	return nil
}

func (f countFlags) checkFaces() error {
	switch {
	case f.faces == "" || f.photos == "" || f.fmr == 0 && !(f.faceThreshold > 0 && f.faceThreshold <= 1):
		return usagef("--evidence faces needs --faces DIR, --photos DIR, and --fmr R or --face-threshold T, a cosine above 0 and at most 1")
	case f.fmr != 0 && (f.faceThreshold != 0 || !(f.fmr > 0 && f.fmr < 1)):
		return usagef("--fmr is a rate between 0 and 1, and chooses what --face-threshold sets: give one of them")
	case f.task != "" || f.merge:
		return usagef("--task and --merge are for captions; faces are counted in one run")
	}
	return nil
}

func (f countFlags) checkTask() error {
	if f.task == "" {
		return nil
	}
	if _, err := parseCountTask(f.task); err != nil {
		return err
	}
	if f.merge || f.output == "" || f.evidenceFile != "" && f.output == f.evidenceFile {
		return usagef("--task writes a partial count to -o FILE, and --merge reads those; give one of them, and -o")
	}
	return nil
}

func (f countFlags) captions() bool { return slices.Contains(f.evidence, "captions") }
func (f countFlags) onFaces() bool  { return slices.Contains(f.evidence, "faces") }
func (f countFlags) images() bool   { return slices.Contains(f.evidence, "images") }

func (a *app) count(ctx context.Context, inputs []string, flags countFlags) error {
	if err := errors.Join(flags.check(), checkOutput(flags.output), checkOutput(flags.verify.out)); err != nil {
		return err
	}
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return err
	}
	if flags.task != "" {
		return a.countTask(ctx, inputs, roster, flags)
	}
	counted, err := a.counts(ctx, inputs, counting{roster: roster, flags: flags})
	if err != nil {
		return err
	}
	if flags.output != "" {
		write := func(w io.Writer) error { return retriever.WriteCountsCSV(w, counted.Counts) }
		if err := a.output(flags.output, write); err != nil {
			return err
		}
	}
	if err := a.printCounts(counted, flags); err != nil {
		return err
	}
	return failOnCount(counted.Counts, flags.failOn)
}

// counted is what a count found, as --json prints it.
type counted struct {
	Counts   []retriever.Count `json:"counts"`
	Mentions *mentionSummary   `json:"captions,omitempty"`
	Images   *imageSummary     `json:"images,omitempty"`
	Faces    *imageSummary     `json:"faces,omitempty"`

	Verified []retriever.Verified `json:"verified,omitempty"` // what a sample of the rows showed
}

// counting is one count: who, how, and where its evidence goes.
type counting struct {
	roster   *retriever.Roster
	flags    countFlags
	evidence retriever.EvidenceWriter // nil: nowhere

	// hasher hashes the images of counted rows, for images and faces alike; nil: near-duplicates are
	// told by vectors alone.
	hasher *retriever.Hasher

	// mentioned, when not nil, takes the rows that mention each person, for counting rows that have
	// the face as well.
	mentioned [][]int64
}

// counts counts in caption files, or in an index.
func (a *app) counts(ctx context.Context, inputs []string, c counting) (result *counted, err error) {
	if c.flags.merge {
		return a.mergeTasks(ctx, inputs, c)
	}
	source, err := a.captionFiles(inputs)
	if err != nil {
		return nil, err
	}
	if source != nil {
		if c.flags.images() || c.flags.onFaces() || c.flags.mode == string(retriever.CC3M) {
			return nil, usagef("images and faces are counted in an index, and %s is none", inputs[0])
		}
		err = a.withEvidence(ctx, nil, c, func(c counting) (err error) {
			result, err = a.verified(ctx, nil, c, func(c counting) (*counted, error) {
				mentions, err := a.countMentions(ctx, source, c)
				if err != nil {
					return nil, usageError{err}
				}
				return newCounted(c.roster, mentions, nil), nil
			})
			return err
		})
		return result, err
	}
	opened, err := a.open(ctx, inputs[0])
	if err != nil {
		return nil, err
	}
	in := a.countIn
	if c.flags.mode == string(retriever.CC3M) {
		in = a.judgePresence
	}
	err = a.withEvidence(ctx, opened, c, func(c counting) (err error) {
		result, err = a.verified(ctx, opened, c, func(c counting) (*counted, error) { return in(ctx, opened, c) })
		return err
	})
	return result, errors.Join(err, opened.close())
}

// captionFiles opens the inputs as caption files; nil when there is one that is an index.
func (a *app) captionFiles(inputs []string) (retriever.CaptionSource, error) {
	if dir, err := a.indexDir(inputs[0]); len(inputs) == 1 && err == nil {
		if holdsIndex(dir) {
			return nil, nil
		}
		inputs = []string{dir}
	}
	source, err := dataset.OpenCaptions(inputs)
	if err != nil {
		return nil, usageError{err}
	}
	return source, nil
}

// holdsIndex tells an index or embedding folder from a folder of caption files.
func holdsIndex(dir string) bool {
	return slices.ContainsFunc([]string{indexer.ManifestName, "img_emb", "text_emb", "metadata"}, func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	})
}

func (a *app) countIn(ctx context.Context, opened *index, c counting) (*counted, error) {
	var mentions *retriever.MentionCounts
	var images *imagesCounted
	var err error
	if c.flags.captions() && c.flags.onFaces() {
		c.mentioned = make([][]int64, len(c.roster.Persons))
	}
	if c.flags.images() || c.flags.onFaces() {
		c.hasher = a.hasher(opened, c)
	}
	if c.flags.captions() {
		if mentions, err = a.countMentions(ctx, opened.store, c); err != nil {
			return nil, err
		}
	}
	if c.flags.images() {
		if images, err = a.countImages(ctx, opened, c); err != nil {
			return nil, err
		}
	}
	result := newCounted(c.roster, mentions, images)
	if c.flags.onFaces() {
		if err := a.countFaces(ctx, opened, c, result); err != nil {
			return nil, err
		}
	}
	return result, nil
}

func newCounted(roster *retriever.Roster, mentions *retriever.MentionCounts, images *imagesCounted) *counted {
	out := &counted{}
	if mentions != nil {
		out.Mentions = &mentionSummary{Rows: mentions.Rows, Null: mentions.Null, Mode: mentions.Mode}
	}
	var counts *retriever.ImageCounts
	if images != nil {
		counts, out.Images = images.counts, &images.summary
	}
	out.Counts = retriever.Counts(roster, mentions, counts)
	if images != nil && images.summary.Recall != nil {
		retriever.EstimateImages(out.Counts, *images.summary.Recall)
	}
	return out
}
