package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
)

type modelCompareFlags struct {
	model                 modelFlags
	fastDecode            bool
	imagesFile, textsFile string
}

func (a *app) modelCompareCommand() *cobra.Command {
	var flags modelCompareFlags
	cmd := &cobra.Command{
		Use:   "compare DIR (--variant V | --fast-decode) (--images F | --texts F)",
		Short: "Say how far smaller weights or fast decoding move your vectors",
		Long: `Embeds images and texts twice, with the bundle's default weights and exact decoding and with what is
asked for, and prints the cosines between the two: the least with the input that has it, and the
mean. --images and --texts name a file with one path or text a line. Use a sample of the data that
you mean to index: a few hundred inputs.

` + exitCodesHelp,
		Example: "  rollcall model compare models/vit-b-32 --variant int8 --images photos.txt --texts captions.txt\n  rollcall model compare models/vit-b-32 --fast-decode --images photos.txt --json",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.model.dir = args[0]
			return a.modelCompare(cmd.Context(), flags)
		},
	}
	flags.model.addRuntime(cmd)
	f := cmd.Flags()
	f.BoolVar(&flags.fastDecode, "fast-decode", false, "decode JPEGs the fast way in the second embedding")
	f.StringVar(&flags.imagesFile, "images", "", "file with the path of one image a line")
	f.StringVar(&flags.textsFile, "texts", "", "file with one text a line")
	return cmd
}

// agreement is how close the vectors of two runs over the same inputs are.
type agreement struct {
	Kind   string  `json:"kind"` // images or texts
	Inputs int     `json:"inputs"`
	Least  float64 `json:"least_cosine"`
	At     string  `json:"least_at"` // the input that has it
	Mean   float64 `json:"mean_cosine"`
}

func (a *app) modelCompare(ctx context.Context, flags modelCompareFlags) (err error) {
	if flags.model.variant == "" && !flags.fastDecode {
		return usagef("nothing to compare: give --variant, --fast-decode or both")
	}
	if flags.imagesFile == "" && flags.textsFile == "" {
		return usagef("on what? Give --images, --texts or both")
	}
	models, err := a.startModels()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, models.close()) }()
	exact, other, err := models.loadBoth(flags)
	if err != nil {
		return err
	}
	var found []agreement
	for _, of := range []struct {
		kind, file string
		embed      embedder
	}{{"images", flags.imagesFile, embedImages}, {"texts", flags.textsFile, embedTexts}} {
		if of.file == "" {
			continue
		}
		inputs, err := readLines(of.file)
		if err != nil {
			return err
		}
		if len(inputs) == 0 {
			return usagef("%s names no %s", of.file, of.kind)
		}
		agreed, err := compareVectors(ctx, of.embed, exact, other, inputs)
		if err != nil {
			return err
		}
		agreed.Kind = of.kind
		found = append(found, agreed)
	}
	return a.printAgreements(found)
}

// loadBoth loads the bundle as it is by default and as the flags want it.
func (m *models) loadBoth(flags modelCompareFlags) (exact, other *clip.Model, err error) {
	other, err = m.load(flags.model.dir, flags.model)
	if err != nil {
		return nil, nil, err
	}
	if flags.fastDecode {
		if err := other.Bundle().FastDecode(); err != nil {
			return nil, nil, usageError{fmt.Errorf("--fast-decode: %w", err)}
		}
	}
	flags.model.variant = ""
	exact, err = m.load(flags.model.dir, flags.model)
	return exact, other, err
}

// compareVectors embeds inputs with both models, some at a time, so that memory does not grow.
func compareVectors(ctx context.Context, embed embedder, exact, other *clip.Model, inputs []string) (agreement, error) {
	const some = 64
	found := agreement{Inputs: len(inputs), Least: 2}
	var sum float64
	for part := range slices.Chunk(inputs, some) {
		want, err := embed(ctx, exact, part)
		if err != nil {
			return found, err
		}
		got, err := embed(ctx, other, part)
		if err != nil {
			return found, err
		}
		for i := range part {
			cosine := product(want.floats[i], got.floats[i])
			if math.IsNaN(cosine) {
				return found, fmt.Errorf("%s: the model gives a vector that is not finite", part[i])
			}
			sum += cosine
			if cosine < found.Least {
				found.Least, found.At = cosine, part[i]
			}
		}
	}
	found.Mean = sum / float64(len(inputs))
	return found, nil
}

// product is the cosine of two vectors of length one.
func product(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func (a *app) printAgreements(found []agreement) error {
	if a.json {
		return a.printJSON(found)
	}
	rows := [][]string{{"", "inputs", "least cosine", "mean cosine", "least at"}}
	for _, f := range found {
		rows = append(rows, []string{f.Kind, fmt.Sprint(f.Inputs), fmt.Sprintf("%.7f", f.Least), fmt.Sprintf("%.7f", f.Mean), f.At})
	}
	return a.printTable(rows)
}
