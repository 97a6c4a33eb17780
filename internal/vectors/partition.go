package vectors

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"

	"rollcall/retriever"
)

// The folders of an embedding folder, as clip-retrieval names them.
const (
	imageFolder    = "img_emb"
	textFolder     = "text_emb"
	metadataFolder = "metadata"
)

// PartitionWriter writes one partition of an embedding folder: img_emb_N.npy, text_emb_N.npy and
// metadata_N.parquet, whose row r is one sample. The files appear when Close succeeds. It holds
// the metadata of its rows in memory, never their vectors. It is used by one goroutine.
type PartitionWriter struct {
	dir      string
	rows     int
	image    *npyWriter // nil without images
	text     *npyWriter // nil without texts
	metadata *pending
	table    table
	closed   bool
}

// NewPartitionWriter starts partition number in dir, its number written with at least digits
// digits, for vectors of dimension dim. images and texts say which embeddings it holds.
func NewPartitionWriter(dir string, number int, digits int, dim int, images, texts bool) (*PartitionWriter, error) {
	if number < 0 || dim < 1 || dim > maxDimension || !images && !texts {
		return nil, fmt.Errorf("cannot start partition %d of %d dimensions, images %t, texts %t: it needs a number from 0, 1 to %d dimensions and one kind of embedding",
			number, dim, images, texts, maxDimension)
	}
	w := &PartitionWriter{dir: dir}
	file := func(folder, prefix, suffix string) string {
		return filepath.Join(dir, folder, fmt.Sprintf("%s_%0*d%s", prefix, digits, number, suffix))
	}
	var err error
	if images {
		w.image, err = createNPY(file(imageFolder, "img_emb", ".npy"), dim)
	}
	if texts && err == nil {
		w.text, err = createNPY(file(textFolder, "text_emb", ".npy"), dim)
	}
	if err == nil {
		w.metadata, err = createPending(file(metadataFolder, "metadata", ".parquet"))
	}
	if err != nil {
		return nil, errors.Join(err, w.Abort())
	}
	return w, nil
}

// Append adds one row. Its vectors are rounded to float16; the vector of a kind of embedding that
// the partition does not hold is nil. After an error nothing of the row was added, unless the
// error came from the disk: then only Abort is left.
func (w *PartitionWriter) Append(image, text []float32, row retriever.Row) error {
	kinds := []struct {
		name   string
		out    *npyWriter
		vector []float32
	}{{"image", w.image, image}, {"text", w.text, text}}
	for _, k := range kinds {
		if k.out == nil && k.vector != nil {
			return fmt.Errorf("row %d has %s embeddings, but the partition in %s has none", w.rows, k.name, w.dir)
		}
		if k.out == nil {
			continue
		}
		if err := checkHalves(k.vector, k.out.dimension); err != nil {
			return fmt.Errorf("row %d of %s: %w", w.rows, k.out.path, err)
		}
	}
	for _, k := range kinds {
		if k.out == nil {
			continue
		}
		if err := k.out.append(k.vector); err != nil {
			return err
		}
	}
	w.table.add(row)
	w.rows++
	return nil
}

// Close puts the files on disk, then in place, and gives the SHA-256 of each by its path below
// the folder ("img_emb/img_emb_0.npy"). After an error nothing is left to close or abort; a file
// that was already put in place is whole.
func (w *PartitionWriter) Close() (files map[string]string, err error) {
	if w.closed {
		return nil, fmt.Errorf("the partition in %s is closed already", w.dir)
	}
	defer func() {
		if err != nil {
			files, err = nil, errors.Join(err, w.Abort())
		}
		w.closed = true
	}()
	if err := w.table.write(w.metadata); err != nil {
		return nil, fmt.Errorf("%s: %w", w.metadata.path, err)
	}
	files = map[string]string{}
	outputs := w.outputs()
	for _, o := range outputs {
		sum, err := o.seal()
		if err != nil {
			return nil, err
		}
		files[path.Join(filepath.Base(filepath.Dir(o.name())), filepath.Base(o.name()))] = sum
	}
	for _, o := range outputs {
		if err := o.publish(); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// Abort removes what was written so far. After Close it does nothing.
func (w *PartitionWriter) Abort() error {
	if w.closed {
		return nil
	}
	w.closed = true
	var errs []error
	for _, o := range w.outputs() {
		errs = append(errs, o.abandon())
	}
	return errors.Join(errs...)
}

// output is a file of the partition, whatever it holds.
type output interface {
	name() string
	seal() (string, error)
	publish() error
	abandon() error
}

// outputs gives the files that were started.
func (w *PartitionWriter) outputs() []output {
	var out []output
	for _, f := range []*npyWriter{w.image, w.text} {
		if f != nil {
			out = append(out, f)
		}
	}
	if w.metadata != nil {
		out = append(out, w.metadata)
	}
	return out
}
