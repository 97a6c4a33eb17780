package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"rollcall/auditor"
	"rollcall/internal/clip"
	"rollcall/retriever"
)

type planFlags struct {
	model                 modelFlags
	roster, photos, base  string
	counts                []int
	neighbours, minPhotos int
	nearDuplicate         float64
	pathFormat            string
	seed                  uint64
	output                string
}

func (a *app) planCommand() *cobra.Command {
	var flags planFlags
	cmd := &cobra.Command{
		Use:   "plan POOL --model DIR --roster F --photos DIR -o DIR",
		Short: "Plan a controlled insertion: who becomes a member by coin, and training lists",
		Long: `Plans an experiment in which chance alone decides who is in the training data. For every person of
the roster it looks for image-text pairs in the index POOL (nearest rows of the person's photos whose
caption has the name), leaves out near-duplicates of the photos, repeated URLs and captions and
captions that name two of the roster, and lets those take part who have enough pairs. A seeded coin
decides who is a member. The folder -o gets, for each number of pairs n, train_n.tsv
("title<TAB>filepath", --base and every member's n pairs, shuffled) and truth_n.csv, a roster that
rollcall audit reads; smaller lists are parts of larger ones. In train_own.tsv every member has a
count of its own, drawn by the seed. plan.json says everything that was decided.

` + exitCodesHelp,
		Example: `  rollcall plan laion-part --model MODEL --roster persons.csv --photos PHOTOS --base cc3m_train.tsv \
    --path-format 'laion/{}.jpg' --seed 1 -o plan`,
		Args: exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.plan(cmd.Context(), args[0], flags) },
	}
	flags.model.add(cmd)
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.roster, "roster", "", "candidates: CSV or YAML")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of attack photos a person, named by id")
	f.StringVar(&flags.base, "base", "", "training list that the pairs are added to: a caption, a tab and a path a line")
	f.IntSliceVar(&flags.counts, "counts", auditor.PaperCounts(), "pairs a member, a training list for each")
	f.IntVar(&flags.neighbours, "neighbours", 1000, "nearest rows of each photo to look at")
	f.IntVar(&flags.minPhotos, "min-photos", 30, "photos a person needs to take part")
	f.Float64Var(&flags.nearDuplicate, "near-duplicate", 0, "cosine from which a pair's image nearly repeats an attack photo (default: .94, or more where the model sees the photos themselves so much alike)")
	f.StringVar(&flags.pathFormat, "path-format", "{}", "path of an image in the lists, {} being the row's image path")
	f.Uint64Var(&flags.seed, "seed", 1, "seed of the coins, of the choice of pairs and of the order of lists")
	f.StringVarP(&flags.output, "output", "o", "", "folder for the plan; it must not exist")
	return cmd
}

func (a *app) plan(ctx context.Context, pool string, flags planFlags) error {
	for name, value := range map[string]string{"--roster": flags.roster, "--photos": flags.photos, "--output": flags.output} {
		if value == "" {
			return usagef("%s is missing; see rollcall plan --help", name)
		}
	}
	if _, err := os.Lstat(flags.output); err == nil {
		return usagef("--output %s is there already: a plan is never written over, choose another folder", flags.output)
	}
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return err
	}
	base, err := openBase(flags.base)
	if err != nil {
		return err
	}
	err = a.withModel(ctx, flags.model, func(ctx context.Context, model *clip.Model) error {
		plan, err := a.makePlan(ctx, pool, flags, roster, model)
		if err != nil {
			return err
		}
		return a.writePlan(flags, plan, base.list)
	})
	return errors.Join(err, base.close())
}

func (a *app) makePlan(ctx context.Context, pool string, flags planFlags, roster *retriever.Roster, model *clip.Model) (*auditor.Plan, error) {
	opened, err := a.open(ctx, pool)
	if err != nil {
		return nil, err
	}
	if err := matchModel(opened, model.Bundle().Info()); err != nil {
		return nil, closeWith(err, opened.close)
	}
	plan, err := auditor.MakePlan(ctx, auditor.PlanOptions{
		Roster: roster, Photos: os.DirFS(flags.photos), Encoder: model, Pool: opened, Counts: flags.counts, Neighbours: flags.neighbours,
		MinPhotos: flags.minPhotos, NearDuplicate: flags.nearDuplicate, Path: flags.pathFormat, Seed: flags.seed, Progress: a.auditProgress(),
	})
	if input := (auditor.InputError{}); errors.As(err, &input) {
		err = usageError{err}
	}
	return plan, errors.Join(err, opened.close())
}

// baseList is the training list that pairs are added to; the zero value is none.
type baseList struct {
	list *auditor.TrainingList
	file *os.File
}

func openBase(path string) (baseList, error) {
	if path == "" {
		return baseList{}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return baseList{}, usageError{err}
	}
	info, err := file.Stat()
	if err == nil {
		var list *auditor.TrainingList
		if list, err = auditor.ReadTrainingList(file, info.Size()); err == nil {
			return baseList{list, file}, nil
		}
	}
	return baseList{}, errors.Join(usagef("--base %s: %w", path, err), file.Close())
}

func (b baseList) close() error {
	if b.file == nil {
		return nil
	}
	return b.file.Close()
}

// writePlan writes the plan's folder, which appears under its name only when it is whole.
func (a *app) writePlan(flags planFlags, plan *auditor.Plan, base *auditor.TrainingList) error {
	parent := filepath.Dir(filepath.Clean(flags.output))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(parent, "."+filepath.Base(flags.output)+".plan-*")
	if err != nil {
		return err
	}
	err = errors.Join(os.Chmod(work, 0o755), a.writePlanFiles(work, flags.seed, plan, base))
	if err == nil {
		err = os.Rename(work, flags.output)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("the plan cannot be written: %w", err), os.RemoveAll(work))
	}
	if a.json {
		return a.printJSON(plan)
	}
	return a.printTable(planTable(plan, base, flags.output))
}

func (a *app) writePlanFiles(dir string, seed uint64, plan *auditor.Plan, base *auditor.TrainingList) error {
	for _, in := range plan.Insertions() {
		write := func(name string, write func(io.Writer) error) error { return a.output(filepath.Join(dir, name), write) }
		err := errors.Join(
			write("train_"+in.Name+".tsv", func(w io.Writer) error { return auditor.WriteTrainingList(w, base, in.Pairs, seed) }),
			write("truth_"+in.Name+".csv", func(w io.Writer) error { return plan.WriteTruth(w, in) }),
		)
		if err != nil {
			return err
		}
	}
	return a.output(filepath.Join(dir, "plan.json"), func(w io.Writer) error { return writeJSON(w, plan) })
}

// planTable says what was planned, list by list.
func planTable(plan *auditor.Plan, base *auditor.TrainingList, output string) [][]string {
	taking := plan.TakingPart()
	members := 0
	for _, p := range taking {
		if p.Member {
			members++
		}
	}
	rows := [][]string{
		{"candidates", fmt.Sprint(len(plan.Persons))},
		{"taking part", fmt.Sprint(len(taking))},
		{"members by coin", fmt.Sprint(members)},
		{"non-members", fmt.Sprint(len(taking) - members)},
	}
	for _, in := range plan.Insertions() {
		rows = append(rows, []string{filepath.Join(output, "train_"+in.Name+".tsv"), fmt.Sprintf("%d pairs, %d of them members'", base.Len()+len(in.Pairs), len(in.Pairs))})
	}
	for _, p := range plan.Persons {
		if !p.TakesPart() {
			rows = append(rows, []string{p.ID + " takes no part", p.Reason})
		}
	}
	for _, note := range plan.Notes {
		rows = append(rows, []string{"note", note})
	}
	return rows
}
