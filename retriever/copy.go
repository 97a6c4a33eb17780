package retriever

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// CopyManifest is the file in the folder of copied images that says what each of them is.
const CopyManifest = "manifest.csv"

// Copied says how many images CopyImages wrote, and how many could not be had.
type Copied struct {
	Images  int `json:"images"`
	Missing int `json:"missing"`
}

// copied is a line of the manifest.
type copied struct {
	query, rank int
	match       *Match
	file, sum   string
	problem     string
}

// CopyImages writes the image of every match of a search into dir, as <query>_<rank>_<row>.<ending>,
// byte for byte as the data set has them, and then manifest.csv: for each match its file, SHA-256,
// similarity, key, caption, URL, and where there is no image the reason. dir is made; one that is
// not empty is refused, so that nothing is overwritten.
func CopyImages(ctx context.Context, r Result, from Pictures, dir string) (Copied, error) {
	if err := emptyFolder(dir); err != nil {
		return Copied{}, err
	}
	var lines []copied
	var rows []Row
	for q := range r.Answers {
		for i := range r.Answers[q] {
			m := &r.Answers[q][i]
			lines, rows = append(lines, copied{query: q, rank: i + 1, match: m, problem: ErrNoPicture.Error()}), append(rows, m.Row)
		}
	}
	var done Copied
	err := from.Pictures(ctx, rows, func(i int, image []byte, err error) error {
		if err != nil {
			lines[i].problem = err.Error()
			return nil
		}
		done.Images++
		return lines[i].write(dir, image)
	})
	if err != nil {
		return done, fmt.Errorf("copying images: %w", err)
	}
	done.Missing = len(lines) - done.Images
	if err := writeManifest(dir, lines); err != nil {
		return done, fmt.Errorf("copying images: %w", err)
	}
	return done, nil
}

func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty; give a new folder, nothing is overwritten", dir)
	}
	return nil
}

func (c *copied) write(dir string, image []byte) error {
	sum := sha256.Sum256(image)
	c.sum, c.problem = hex.EncodeToString(sum[:]), ""
	c.file = fmt.Sprintf("%d_%05d_%d.%s", c.query, c.rank, c.match.ID, ending(image))
	f, err := os.OpenFile(filepath.Join(dir, c.file), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(image)
	return errors.Join(err, f.Close())
}

// ending is the file ending of what the bytes are, whatever the data set calls them.
func ending(image []byte) string {
	kind := http.DetectContentType(image)
	switch kind {
	case "image/jpeg":
		return "jpg"
	case "image/png", "image/gif", "image/webp", "image/bmp":
		return strings.TrimPrefix(kind, "image/")
	}
	return "bin"
}

func writeManifest(dir string, lines []copied) error {
	temp, err := os.CreateTemp(dir, "."+CopyManifest+"-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name())
	out := csv.NewWriter(temp)
	err = out.Write(strings.Split("file,sha256,query,rank,id,similarity,key,caption,url,image_path,error", ","))
	for i := 0; i < len(lines) && err == nil; i++ {
		c := &lines[i]
		err = out.Write([]string{
			c.file, c.sum, strconv.Itoa(c.query), strconv.Itoa(c.rank), strconv.FormatInt(c.match.ID, 10), single(&c.match.Similarity),
			c.match.Key, c.match.Caption, c.match.URL, c.match.ImagePath, c.problem,
		})
	}
	out.Flush()
	if err = errors.Join(err, out.Error(), temp.Chmod(0o644), temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), filepath.Join(dir, CopyManifest))
}
