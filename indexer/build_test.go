package indexer_test

import (
	"bytes"
	"context"
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
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

const dimension = 8

// arithmeticEncoder makes vectors by arithmetic on the bytes of its input, so that a test knows
// them without a model: the first dimension bytes of the input's SHA-256, less 127.5, normalised.
// An image is its own pixels; see Decode for those that fail.
type arithmeticEncoder struct{}

func (arithmeticEncoder) Decode(dst indexer.Pixels, image []byte) (indexer.Pixels, error) {
	switch {
	case bytes.HasPrefix(image, []byte("short")):
		return nil, fmt.Errorf("image is cut off: %w", io.ErrUnexpectedEOF)
	case bytes.HasPrefix(image, []byte("broken")):
		return nil, errors.New("no image")
	case bytes.HasPrefix(image, []byte("huge")):
		return nil, indexer.Failf(indexer.ReasonTooLarge, "40000 x 40000 pixels")
	case bytes.HasPrefix(image, []byte("panic")):
		panic("index out of range")
	}
	pixels := dst[:0]
	for _, b := range image {
		pixels = append(pixels, float32(b))
	}
	return pixels, nil
}

func (arithmeticEncoder) EncodePixels(ctx context.Context, batch []indexer.Pixels) ([][]float32, error) {
	texts := make([]string, len(batch))
	for i, pixels := range batch {
		data := make([]byte, len(pixels))
		for j, p := range pixels {
			data[j] = byte(p)
		}
		texts[i] = string(data)
	}
	return arithmeticEncoder{}.EncodeTexts(ctx, texts)
}

func (arithmeticEncoder) EncodeTexts(ctx context.Context, batch []string) ([][]float32, error) {
	out := make([][]float32, len(batch))
	for i, text := range batch {
		out[i] = arithmetic(text)
	}
	return out, ctx.Err()
}

func arithmetic(text string) []float32 {
	v := make([]float32, dimension)
	switch {
	case strings.HasPrefix(text, "nan"):
		v[1] = float32(math.NaN())
		return v
	case strings.HasPrefix(text, "zero"):
		return v
	}
	sum := sha256.Sum256([]byte(text))
	var square float64
	for i := range v {
		v[i] = float32(sum[i]) - 127.5
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

// list is a source in memory.
type list struct {
	samples []indexer.Sample
	err     error // at the end
	before  func(n int)
}

func (l list) Describe() indexer.SourceInfo {
	h := sha256.New()
	for _, s := range l.samples {
		fmt.Fprintf(h, "%q %q %q\n", s.Key, s.Image, s.Caption)
	}
	return indexer.SourceInfo{Format: "list", Inputs: []string{"memory"}, Digest: fmt.Sprintf("%x", h.Sum(nil))}
}

func (l list) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	for i, s := range l.samples {
		if l.before != nil {
			l.before(i)
		}
		if err := errors.Join(ctx.Err(), visit(s)); err != nil {
			return err
		}
	}
	return l.err
}

// numbered are n samples of which those in bad are replaced.
func numbered(n int, bad map[int]indexer.Sample) list {
	var l list
	for i := range n {
		s, isBad := bad[i]
		if !isBad {
			s = indexer.Sample{Image: fmt.Appendf(nil, "image %d", i), Caption: fmt.Sprintf("caption %d", i), HasText: true,
				URL: fmt.Sprintf("http://x/%d", i), Fields: map[string]any{"width": int64(i)}}
		}
		s.Key, s.Position = fmt.Sprintf("%05d", i), fmt.Sprintf("list#%d", i)
		s.ImagePath = s.Key
		l.samples = append(l.samples, s)
	}
	return l
}

// writer adapts the store's partition writer, as the command does.
type writer struct{ *vectors.PartitionWriter }

func (w writer) Append(image, text []float32, row indexer.Row) error {
	return w.PartitionWriter.Append(image, text, retriever.Row{
		Key: row.Key, Caption: row.Caption, URL: row.URL, ImagePath: row.ImagePath, Fields: row.Fields,
	})
}

func (w writer) Abort() { _ = w.PartitionWriter.Abort() }

func newPartition(dir string, number, digits, dim int, images, texts bool) (indexer.PartitionWriter, error) {
	w, err := vectors.NewPartitionWriter(dir, number, digits, dim, images, texts)
	return writer{w}, err
}

func options(dir string, source indexer.Source) indexer.Options {
	return indexer.Options{
		Source: source, Encoder: arithmeticEncoder{}, Dir: dir, NewPartition: newPartition,
		Model: indexer.ModelInfo{Name: "arithmetic", Digest: "a1", Dimension: dimension},
		Tool:  "rollcall test", PartitionRows: 10, Batch: 4, Workers: 3,
	}
}

// contents are the files of an index by name, the lock aside.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".lock" {
			return err
		}
		data, err := os.ReadFile(path)
		name, relErr := filepath.Rel(dir, path)
		files[name] = string(data)
		return errors.Join(err, relErr)
	})
	require.NoError(t, err)
	return files
}

func ledgerOf(t *testing.T, dir string) []indexer.Record {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "ledger", "*.jsonl"))
	require.NoError(t, err)
	var records []indexer.Record
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		for d := json.NewDecoder(bytes.NewReader(data)); ; {
			var r indexer.Record
			err := d.Decode(&r)
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			records = append(records, r)
		}
	}
	return records
}

// npyValues reads the float16 values of a .npy file without the store's code: past the header,
// whose length is in bytes 8 and 9.
func npyValues(t *testing.T, path string) []float64 {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data = data[10+int(binary.LittleEndian.Uint16(data[8:])):]
	values := make([]float64, len(data)/2)
	for i := range values {
		bits := binary.LittleEndian.Uint16(data[2*i:])
		exponent, fraction := int(bits>>10&31), float64(bits&1023)
		values[i] = math.Ldexp(1+fraction/1024, exponent-15)
		if exponent == 0 {
			values[i] = math.Ldexp(fraction/1024, -14)
		}
		if bits>>15 == 1 {
			values[i] = -values[i]
		}
	}
	return values
}
