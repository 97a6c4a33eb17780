package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
)

type embedFlags struct {
	model                 modelFlags
	texts, images         []string
	textsFile, imagesFile string
	stage, format, output string
}

func (a *app) embedCommand() *cobra.Command {
	var flags embedFlags
	cmd := &cobra.Command{
		Use:   "embed --model DIR (--text T... | --texts F | --image F... | --images F)",
		Short: "Show what a model sees and says: tokens, pixels or vectors",
		Long: `Runs texts or images through a model's tokenizer, preprocessing or towers. --texts and --images
name a file with one text or path a line. json prints one line per input, npy writes one array:
vectors [N, D] float32 of length one, tokens [N, L] int64, pixels [N, 3, S, S] float32.

` + exitCodesHelp,
		Example: "  rollcall embed --model testdata/lab/model --text 'a photo of a person'\n  rollcall embed --model testdata/lab/model --images photos.txt --format npy -o photos.npy",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.embed(cmd.Context(), flags) },
	}
	flags.model.add(cmd)
	f := cmd.Flags()
	f.StringArrayVar(&flags.texts, "text", nil, "text to embed; may be repeated")
	f.StringVar(&flags.textsFile, "texts", "", "file with one text a line")
	f.StringArrayVar(&flags.images, "image", nil, "image file to embed; may be repeated")
	f.StringVar(&flags.imagesFile, "images", "", "file with the path of one image a line")
	f.StringVar(&flags.stage, "stage", "vectors", "how far to go: tokens (texts), pixels (images) or vectors")
	f.StringVar(&flags.format, "format", "json", "json or npy")
	f.StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

// inputs gathers what is embedded, and whether it is images.
func (f embedFlags) inputs() (inputs []string, images bool, err error) {
	kinds := 0
	for _, given := range []bool{len(f.texts) > 0, f.textsFile != "", len(f.images) > 0, f.imagesFile != ""} {
		if given {
			kinds++
		}
	}
	if kinds != 1 {
		return nil, false, usagef("give exactly one of --text, --texts, --image and --images")
	}
	images = len(f.images) > 0 || f.imagesFile != ""
	switch {
	case f.textsFile != "":
		inputs, err = readLines(f.textsFile)
	case f.imagesFile != "":
		inputs, err = readLines(f.imagesFile)
	default:
		inputs = append(f.texts, f.images...)
	}
	return inputs, images, err
}

func readLines(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	defer file.Close()
	var lines []string
	scanner := bufio.NewScanner(file)
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if err := scanner.Err(); err != nil {
		return nil, usagef("%s: line %d: %w", path, len(lines)+1, err)
	}
	return lines, nil
}

func (a *app) embed(ctx context.Context, flags embedFlags) error {
	inputs, images, err := flags.inputs()
	if err != nil {
		return err
	}
	embedder, known := embedders()[stageOf{flags.stage, images}]
	if !known {
		return usagef("--stage %s is not a stage of these inputs: texts have tokens and vectors, images pixels and vectors", flags.stage)
	}
	write, known := embeddingFormats()[flags.format]
	if !known {
		return usagef("--format %s: json or npy", flags.format)
	}
	return a.withModel(ctx, flags.model, func(ctx context.Context, model *clip.Model) error {
		result, err := embedder(ctx, model, inputs)
		if err != nil {
			return err
		}
		return a.output(flags.output, func(w io.Writer) error { return write(w, result) })
	})
}

// embedding is one array over all inputs: floats for vectors and pixels, ints for tokens.
type embedding struct {
	inputs []string
	stage  string
	shape  []int // of one input
	floats [][]float32
	ints   [][]int64
}

type stageOf struct {
	stage  string
	images bool
}

type embedder func(context.Context, *clip.Model, []string) (embedding, error)

func embedders() map[stageOf]embedder {
	return map[stageOf]embedder{
		{"tokens", false}:  embedTokens,
		{"vectors", false}: embedTexts,
		{"pixels", true}:   embedPixels,
		{"vectors", true}:  embedImages,
	}
}

func embedTokens(_ context.Context, model *clip.Model, texts []string) (embedding, error) {
	ids := model.Tokens(texts)
	return embedding{inputs: texts, stage: "tokens", shape: []int{model.Bundle().Text.ContextLength}, ints: ids}, nil
}

func embedTexts(ctx context.Context, model *clip.Model, texts []string) (embedding, error) {
	vectors, err := model.EncodeTexts(ctx, texts)
	return embedding{inputs: texts, stage: "vectors", shape: []int{model.Bundle().Dimension}, floats: vectors}, err
}

func embedPixels(_ context.Context, model *clip.Model, paths []string) (embedding, error) {
	size := model.Bundle().Image.Spec.Size
	result := embedding{inputs: paths, stage: "pixels", shape: []int{3, size, size}}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			return result, usageError{err}
		}
		pixels, err := model.Decode(nil, data)
		if err != nil {
			return result, usagef("%s: %w", path, err)
		}
		result.floats = append(result.floats, pixels)
	}
	return result, nil
}

// embedImages reads and embeds images a batch at a time, so that memory holds a batch of files.
func embedImages(ctx context.Context, model *clip.Model, paths []string) (embedding, error) {
	const batch = 64
	result := embedding{inputs: paths, stage: "vectors", shape: []int{model.Bundle().Dimension}}
	for start := 0; start < len(paths); start += batch {
		some := paths[start:min(start+batch, len(paths))]
		files := make([][]byte, len(some))
		for i, path := range some {
			data, err := os.ReadFile(path)
			if err != nil {
				return result, usageError{err}
			}
			files[i] = data
		}
		vectors, failed, err := model.EncodeImages(ctx, files)
		if err != nil {
			return result, err
		}
		for i, problem := range failed {
			if problem != nil {
				return result, usageError{fmt.Errorf("%s: %w", some[i], problem)}
			}
		}
		result.floats = append(result.floats, vectors...)
	}
	return result, nil
}
