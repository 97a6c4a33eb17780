// Package textcache keeps the text embeddings of audits on disk, by model digest and text, so that
// the next audit of the same model encodes only names that are new. A cache holds the names of the
// persons who were audited: it is made only where one is asked for, readable by its owner alone.
package textcache

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

const (
	mostNames     = 1 << 20 // of one template; beyond it the older ones are forgotten
	mostDimension = 1 << 16
	longestHeader = 256 << 20 // bytes
)

// Cache is a folder with a file for each model and prompt template. It is an auditor.TextCache.
type Cache struct{ dir string }

// Open uses a folder, which is made when something is kept.
func Open(dir string) *Cache { return &Cache{dir} }

// header is the first line of a file; behind it are the vectors, little-endian float32, row by row.
type header struct {
	Model     string   `json:"model"`
	Template  string   `json:"template"`
	Dimension int      `json:"dimension"`
	Names     []string `json:"names"`
}

func (c *Cache) path(model, template string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q", model, template))
	return filepath.Join(c.dir, fmt.Sprintf("%x.texts", sum[:16]))
}

// Load gives the unit vectors of a template under a model by name; none when nothing is kept. A
// file that cannot be trusted is an error that names it.
func (c *Cache) Load(model, template string) (map[string][]float32, error) {
	_, vectors, err := c.load(model, template)
	return vectors, err
}

func (c *Cache) load(model, template string) (names []string, vectors map[string][]float32, err error) {
	path := c.path(model, template)
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("text cache: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("text cache: %w", err)
	}
	h, vectors, err := read(file, info.Size())
	if err == nil && (h.Model != model || h.Template != template) {
		err = errors.New("it is of another model or template")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("text cache %s cannot be used: %w; delete the file, it is made anew", path, err)
	}
	return h.Names, vectors, nil
}

// read parses a file of some size.
func read(from io.Reader, size int64) (header, map[string][]float32, error) {
	var h header
	in := bufio.NewReader(io.LimitReader(from, size))
	line, err := readLine(in)
	if err != nil {
		return h, nil, err
	}
	if err := json.Unmarshal(line, &h); err != nil {
		return h, nil, fmt.Errorf("its first line is not a header: %w", err)
	}
	if h.Dimension < 1 || h.Dimension > mostDimension || len(h.Names) > mostNames {
		return h, nil, fmt.Errorf("its header tells of %d names of %d dimensions", len(h.Names), h.Dimension)
	}
	if want := int64(len(line)) + 1 + int64(len(h.Names))*int64(h.Dimension)*4; size != want {
		return h, nil, fmt.Errorf("it has %d bytes, its header tells of %d", size, want)
	}
	vectors := make(map[string][]float32, len(h.Names))
	row := make([]byte, 4*h.Dimension)
	for _, name := range h.Names {
		if _, err := io.ReadFull(in, row); err != nil {
			return h, nil, err
		}
		v := make([]float32, h.Dimension)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(row[4*i:]))
		}
		vectors[name] = v
	}
	return h, vectors, nil
}

func readLine(in *bufio.Reader) ([]byte, error) {
	var line []byte
	for {
		part, err := in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, errors.New("its first line does not end")
		case len(line) > longestHeader:
			return nil, errors.New("its first line is too long")
		}
	}
}

// Store adds the vectors of a template with names under a model to what is kept. The file appears
// under its name only when it is whole.
func (c *Cache) Store(model, template string, names []string, vectors [][]float32) error {
	if len(names) == 0 || len(names) != len(vectors) {
		return fmt.Errorf("text cache: %d names and %d vectors", len(names), len(vectors))
	}
	older, kept, err := c.load(model, template)
	if err != nil {
		return err
	}
	h := header{Model: model, Template: template, Dimension: len(vectors[0])}
	rows := make(map[string][]float32, len(names)+len(kept))
	add := func(name string, v []float32) {
		if _, there := rows[name]; !there && len(v) == h.Dimension && len(h.Names) < mostNames {
			rows[name] = v
			h.Names = append(h.Names, name)
		}
	}
	for i, name := range names {
		add(name, vectors[i])
	}
	for _, name := range older {
		add(name, kept[name])
	}
	return c.replace(c.path(model, template), func(w io.Writer) error { return write(w, h, rows) })
}

func write(w io.Writer, h header, rows map[string][]float32) error {
	line, err := json.Marshal(h)
	if err != nil {
		return err
	}
	if _, err := w.Write(append(line, '\n')); err != nil {
		return err
	}
	row := make([]byte, 0, 4*h.Dimension)
	for _, name := range h.Names {
		row = row[:0]
		for _, x := range rows[name] {
			row = binary.LittleEndian.AppendUint32(row, math.Float32bits(x))
		}
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// replace writes a file beside its place, makes it durable and renames it there.
func (c *Cache) replace(path string, write func(io.Writer) error) error {
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return fmt.Errorf("text cache: %w", err)
	}
	file, err := os.CreateTemp(c.dir, ".texts-*") // for its owner alone
	if err != nil {
		return fmt.Errorf("text cache: %w", err)
	}
	out := bufio.NewWriterSize(file, 1<<16)
	err = errors.Join(write(out), out.Flush(), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("text cache: %w", errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
