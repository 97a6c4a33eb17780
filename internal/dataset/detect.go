package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rollcall/indexer"
)

// Open opens a data set of image-text samples. format is "folder", "webdataset", or "auto" (also
// ""), which looks at the inputs; what it found is in the Why of Describe. Folders may be given for
// both formats; for webdataset also tar files, globs and brace patterns such as
// {00000..00331}.tar. Inputs are read in the order given.
//
// Open reads every input file once, whole or in part, to tell the data set's digest. An input that
// is not there, or nothing that can be read, is an error; a sample that cannot be used is not.
func Open(inputs []string, format string) (indexer.Source, error) {
	return OpenContext(context.Background(), inputs, format)
}

// OpenContext is Open that stops when ctx is done.
func OpenContext(ctx context.Context, inputs []string, format string) (indexer.Source, error) {
	if len(inputs) == 0 {
		return nil, errors.New("no input: give a folder of images and captions, or webdataset tar files")
	}
	why := "asked for with --format"
	if format == "" || format == "auto" {
		var err error
		if format, why, err = detect(ctx, inputs); err != nil {
			return nil, err
		}
	}
	switch format {
	case "folder":
		if err := checkFolders(inputs); err != nil {
			return nil, err
		}
		return openFolder(ctx, inputs, why)
	case "webdataset":
		return openWebdataset(ctx, inputs, why)
	}
	return nil, fmt.Errorf("format %q is not read for indexing; those that are: folder, webdataset", format)
}

func checkFolders(inputs []string) error {
	for _, input := range inputs {
		info, err := os.Stat(input)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%s: no such folder", input)
		}
		if err != nil {
			return err
		}
		if !info.IsDir() {
			return fmt.Errorf("%s: not a folder; the folder format takes the folder that holds the images", input)
		}
	}
	return nil
}

// detect chooses the format that fits every input, and says why.
func detect(ctx context.Context, inputs []string) (format, why string, err error) {
	for _, input := range inputs {
		f, w, err := detectOne(ctx, input)
		if err != nil {
			return "", "", err
		}
		if format == "" {
			format, why = f, w
		}
		if f != format {
			return "", "", fmt.Errorf("the inputs are of two formats (%s; %s); index them apart", why, w)
		}
	}
	return format, why, nil
}

func detectOne(ctx context.Context, input string) (format, why string, err error) {
	info, err := os.Stat(input)
	if err != nil || !info.IsDir() {
		return detectFile(input)
	}
	tars, err := filepath.Glob(filepath.Join(escapeGlob(input), "*.[tT][aA][rR]"))
	if err != nil {
		return "", "", fmt.Errorf("%s: %w", input, err)
	}
	first := ""
	found := errors.New("found")
	err = walk(ctx, input, "", func(_ string, files []string) error {
		for _, name := range files {
			// A lone .json says nothing: tar files come with statistics in JSON beside them.
			if kindOf(extension(name)) != kindMetadata {
				first = name
				return found
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, found) {
		return "", "", err
	}
	switch {
	case len(tars) > 0 && first != "":
		return "", "", fmt.Errorf("%s has tar files and loose files (%s): say --format webdataset or --format folder", input, first)
	case len(tars) > 0:
		return "webdataset", fmt.Sprintf("%s has tar files (%s)", input, filepath.Base(tars[0])), nil
	case first != "":
		return "folder", fmt.Sprintf("%s has files of samples (%s)", input, first), nil
	}
	return "", "", fmt.Errorf("%s: no tar file in it, and no image (.jpg .jpeg .png .bmp .webp) or .txt below it", input)
}

// detectFile looks at the name of an input that is no folder: a file, a glob or a brace pattern.
func detectFile(input string) (format, why string, err error) {
	if strings.HasSuffix(strings.ToLower(input), ".tar") {
		return "webdataset", input + " is named as a tar file", nil
	}
	if _, err := os.Stat(input); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(input, "*?[{") {
		return "", "", fmt.Errorf("%s: no such file or folder", input)
	}
	return "", "", fmt.Errorf("%s: neither a folder nor a .tar file, which are what can be indexed; captions alone (.tsv, .csv, .jsonl, .parquet) can be counted", input)
}

// escapeGlob makes a path stand for itself in a glob.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
