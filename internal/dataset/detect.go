package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"rollcall/internal/dataset/storage"
)

// detect chooses the format that fits every input, and says why.
func detect(ctx context.Context, s *setup) (format, why string, err error) {
	for _, input := range s.inputs {
		f, w, err := detectOne(ctx, s, input)
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

func detectOne(ctx context.Context, s *setup, input string) (format, why string, err error) {
	paths, err := expandPattern(input)
	if err != nil {
		return "", "", err
	}
	isDir, err := s.files.IsDir(ctx, paths[0])
	if errors.Is(err, fs.ErrNotExist) {
		return "", "", fmt.Errorf("%s: no such file or folder", paths[0])
	}
	if err != nil {
		return "", "", err
	}
	if !isDir {
		return detectFile(ctx, s, paths[0])
	}
	entries, err := s.files.List(ctx, input)
	if err != nil {
		return "", "", err
	}
	return detectFolder(ctx, s, input, lookAt(entries))
}

// look is what says something of a folder's format in the names directly in it.
type look struct {
	tar, captions string            // the first of each
	loose         string            // the first image or .txt
	shard         string            // the first Parquet file with a tar or a folder of the same name
	folders       map[string]string // by what they may hold
}

func lookAt(entries *storage.Listing) look {
	found := look{folders: map[string]string{}}
	for e := range entries.All() {
		lower := strings.ToLower(e.Name)
		switch {
		case e.Dir && slices.Contains([]string{"img_emb", "text_emb", "images", "metadata"}, e.Name):
			found.folders[e.Name] = e.Name
		case e.Dir:
		case found.tar == "" && strings.HasSuffix(lower, ".tar"):
			found.tar = e.Name
		case found.captions == "" && hasExtension(lower, captionExtensions):
			found.captions = e.Name
		case found.loose == "" && slices.Contains([]kind{kindImage, kindCaption}, kindOf(extension(e.Name))):
			found.loose = e.Name
		}
	}
	for e := range entries.All() {
		stem, isParquet := strings.CutSuffix(e.Name, ".parquet")
		if isParquet && !e.Dir && (entries.Has(stem+".tar") || entries.Has(stem)) {
			found.shard = e.Name
			break
		}
	}
	return found
}

func detectFolder(ctx context.Context, s *setup, input string, found look) (format, why string, err error) {
	if embeddings, err := embeddingsIn(ctx, s.files, input, found); embeddings != "" || err != nil {
		return "embeddings", fmt.Sprintf("%s has embeddings (%s)", input, embeddings), err
	}
	if found.shard != "" {
		return "img2dataset", fmt.Sprintf("%s has shards with a Parquet file beside them (%s)", input, found.shard), nil
	}
	loose := ""
	if s.ImagesDir == "" || found.captions == "" {
		if loose, err = firstSampleFile(ctx, s.files, input, found); err != nil {
			return "", "", err
		}
	}
	switch {
	case found.tar != "" && loose != "":
		return "", "", fmt.Errorf("%s has tar files and loose files (%s): say --format webdataset or --format folder", input, loose)
	case found.captions != "" && loose != "":
		return "", "", fmt.Errorf("%s has a caption file (%s) and loose files (%s): say --format folder, or give the caption file itself, with --images-dir where its images are", input, found.captions, loose)
	case found.tar != "":
		return "webdataset", fmt.Sprintf("%s has tar files (%s)", input, found.tar), nil
	case loose != "":
		return "folder", fmt.Sprintf("%s has files of samples (%s)", input, loose), nil
	case found.captions != "":
		return detectFile(ctx, s, storage.Join(input, found.captions))
	}
	return "", "", fmt.Errorf("%s: no tar file, caption file (%s) or embedding folder in it, and no image (.jpg .jpeg .png .bmp .webp) or .txt below it (links to folders are not followed)", input, strings.Join(captionExtensions, ", "))
}

// embeddingsIn names the first embedding file of an embedding folder.
func embeddingsIn(ctx context.Context, files *storage.Files, input string, found look) (string, error) {
	for _, folder := range []string{"img_emb", "text_emb", "images"} {
		if found.folders[folder] == "" {
			continue
		}
		entries, err := files.List(ctx, storage.Join(input, folder))
		if err != nil {
			return "", err
		}
		for e := range entries.All() {
			if strings.HasSuffix(e.Name, ".npy") {
				return folder + "/" + e.Name, nil
			}
		}
	}
	return "", nil
}

// firstSampleFile names the first file of a sample below a folder. A lone .json says nothing: tar
// files come with statistics in JSON beside them. In a bucket, where each folder is a request, what
// is below the folders beside tars and caption files is not looked at.
func firstSampleFile(ctx context.Context, files *storage.Files, input string, beside look) (string, error) {
	if storage.InBucket(input) && (beside.tar != "" || beside.captions != "") {
		return beside.loose, nil
	}
	first := ""
	found := errors.New("found")
	err := walk(ctx, files, input, "", func(_ string, files []inputFile) error {
		for _, file := range files {
			if kind := file.kind(); kind != kindMetadata && kind != kindFolderLink {
				first = file.name
				return found
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, found) {
		return "", err
	}
	return first, nil
}

// detectFile goes by the ending, and for a TSV file by its first line.
func detectFile(ctx context.Context, s *setup, path string) (format, why string, err error) {
	name := storage.Base(path)
	lower := strings.TrimSuffix(strings.ToLower(name), ".gz")
	switch {
	case strings.HasSuffix(lower, ".tar"):
		return "webdataset", path + " is named as a tar file", nil
	case strings.HasSuffix(lower, ".parquet"):
		return "laion", path + " is named as a Parquet file", nil
	case strings.HasSuffix(lower, ".jsonl"):
		return "jsonl", path + " is named as a JSON Lines file", nil
	case !strings.HasSuffix(lower, ".tsv") && !strings.HasSuffix(lower, ".csv"):
		return "", "", fmt.Errorf("%s: neither a folder, nor a .tar file, nor a caption file (%s)", path, strings.Join(captionExtensions, ", "))
	}
	return detectText(ctx, s, path, strings.HasSuffix(lower, ".csv"))
}

// detectText goes by the first line. Training lists are often named .csv and have tabs all the
// same.
func detectText(ctx context.Context, s *setup, path string, named bool) (format, why string, err error) {
	layout, err := peekTSV(ctx, s.files, path)
	switch {
	case named && (err != nil || layout.fields < 2):
		return "csv", path + " is named as a CSV file", nil
	case err != nil:
		return "", "", err
	case layout.header:
		return "list", path + " has a first line that names its columns, with tabs between", nil
	case layout.caption == 0:
		return "cc3m", path + " has caption<TAB>url on its first line", nil
	}
	return "cc3m", path + " has url<TAB>caption on its first line, as CC12M", nil
}
