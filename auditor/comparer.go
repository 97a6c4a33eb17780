package auditor

import (
	"context"
	"fmt"
	"slices"

	"rollcall/auditor/similarity"
)

// Multiplier multiplies embeddings on a device other than the processor, whose own kernels are in
// the package similarity. internal/onnx provides one.
//
// Multiply gives the inner products of photos and names, both rows of dim numbers one after the
// other: a row a photo, a column a name.
type Multiplier interface {
	Multiply(ctx context.Context, photos, names []float32, dim int) ([]float32, error)
}

// comparer compares one prompt's names with photos, for one goroutine.
type comparer interface {
	// products are the similarities of photos with all names, a row of stride a photo.
	products(ctx context.Context, photos []float32) (rows []float32, stride int, err error)
	// verdicts judges the pass's photos from first on. own is each one's true name; nil looks for
	// winners alone.
	verdicts(ctx context.Context, first int, own []int, out []similarity.Verdict) error
}

// promptNames are one prompt's name embeddings, as the model's device wants them.
type promptNames struct {
	packed *similarity.Names // for the processor
	rows   []float32         // for another device
}

func packNames(m Model, vectors [][]float32) (promptNames, error) {
	if m.Multiplier != nil {
		return promptNames{rows: slices.Concat(vectors...)}, nil
	}
	packed, err := similarity.Pack(vectors)
	return promptNames{packed: packed}, err
}

func (n promptNames) comparer(p *pass) comparer {
	if p.model.Multiplier != nil {
		return device{p, n.rows}
	}
	return processor{n.packed, similarity.NewJudge(n.packed, p.prepared, p.decoys)}
}

// processor compares with the package's own kernels.
type processor struct {
	names *similarity.Names
	judge *similarity.Judge
}

func (c processor) products(_ context.Context, photos []float32) ([]float32, int, error) {
	out := make([]float32, len(photos)/c.names.Dim()*c.names.Stride())
	c.names.Multiply(photos, out)
	return out, c.names.Stride(), nil
}

func (c processor) verdicts(_ context.Context, first int, own []int, out []similarity.Verdict) error {
	c.judge.Verdicts(first, own, out)
	return nil
}

// deviceBlock is how many photos go to a device at a time: 4 MB of similarities come back with
// 1,000 names.
const deviceBlock = 1024

// device compares on a model's device.
type device struct {
	pass  *pass
	names []float32
}

func (c device) products(ctx context.Context, photos []float32) ([]float32, int, error) {
	dim, names := c.pass.photos.dim, len(c.pass.names.Names)
	rows, err := c.pass.model.Multiplier.Multiply(ctx, photos, c.names, dim)
	if err != nil {
		return nil, 0, fmt.Errorf("model %s: comparing photos with names: %w", c.pass.model.Name, err)
	}
	if len(rows) != len(photos)/dim*names {
		return nil, 0, fmt.Errorf("model %s: the device returned %d similarities, want %d photos x %d names", c.pass.model.Name, len(rows), len(photos)/dim, names)
	}
	return rows, names, nil
}

func (c device) verdicts(ctx context.Context, first int, own []int, out []similarity.Verdict) error {
	dim := c.pass.photos.dim
	for at := 0; at < len(out); at += deviceBlock {
		last := min(at+deviceBlock, len(out))
		rows, stride, err := c.products(ctx, c.pass.photos.vectors[(first+at)*dim:(first+last)*dim])
		if err != nil {
			return err
		}
		for i := at; i < last; i++ {
			name := -1
			if own != nil {
				name = own[i]
			}
			out[i] = similarity.Look(rows[(i-at)*stride:][:stride], name, c.pass.decoys)
		}
	}
	return nil
}
