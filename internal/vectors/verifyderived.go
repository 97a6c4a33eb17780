package vectors

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
)

var (
	errNotCurrent = errors.New("it was not made from the files as they are now, or is damaged, so it is not used")
	errWrongCodes = errors.New("its codes are not those of the vectors: searches could miss rows")
)

// codes checks the codes of a file of vectors: they must be, byte for byte, what would be made now.
func (c *partCheck) codes(ctx context.Context, name string, m *matrix) error {
	for _, kind := range []codeKind{halves(), oneBit()} {
		path := derivedPath(c.dir, name, kind.suffix)
		if !there(path) {
			continue
		}
		shown, err := filepath.Rel(c.dir, path)
		if err != nil {
			return err
		}
		is, err := originOf(c.dir, name, c.index, c.files.number)
		if err != nil {
			return err
		}
		made, err := openCodes(kind, c.dir, name, m, is)
		if err != nil {
			c.fail(shown, err, actDerive)
			continue
		}
		if made == nil {
			c.fail(shown, errNotCurrent, actDerive)
			continue
		}
		c.read++
		same, err := sameCodes(ctx, made, m, is)
		if err = errors.Join(err, made.close()); err != nil {
			return err
		}
		if !same {
			c.fail(shown, errWrongCodes, actDerive)
		}
	}
	return nil
}

// arrow opens the partition's metadata in Arrow's format; nil when there is none that is used.
func (c *partCheck) arrow() (*arrowMetadata, error) {
	path := derivedPath(c.dir, c.files.metadata, arrowSuffix)
	if !there(path) {
		return nil, nil
	}
	is, err := originOf(c.dir, c.files.metadata, c.index, c.files.number)
	if err != nil {
		return nil, err
	}
	made, err := openArrow(c.dir, c.files.metadata, int(c.rows), is)
	if err == nil && made == nil {
		err = errNotCurrent
	}
	if err != nil {
		c.fail(c.arrowName(), err, actDerive)
		return nil, nil
	}
	c.read++
	return made, nil
}

// arrowName is the Arrow file's path below the folder.
func (c *partCheck) arrowName() string { return derivedPath("", c.files.metadata, arrowSuffix) }

// sameRow compares a row with what the Arrow file has.
func (c *partCheck) sameRow(made *arrowMetadata, row int64, want metadataRow) {
	if made == nil || row >= c.rows {
		return
	}
	got, err := made.row(int(row))
	switch {
	case err != nil:
		c.failRow(c.arrowName(), row, err.Error(), actDerive)
	case !sameRows(got, want):
		c.failRow(c.arrowName(), row, "the row is not as in the metadata it was made from", actDerive)
	}
}

// sameRows compares rows; NaN equals NaN.
func sameRows(a, b metadataRow) bool {
	if len(a.Fields) != len(b.Fields) {
		return false
	}
	for name, x := range a.Fields {
		y, ok := b.Fields[name]
		if !ok || !same(x, y) {
			return false
		}
	}
	a.Fields, b.Fields = nil, nil
	return reflect.DeepEqual(a, b)
}

// same compares two values of metadata.
func same(x, y any) bool {
	if p, ok := x.([]any); ok {
		q, ok := y.([]any)
		if !ok || len(p) != len(q) {
			return false
		}
		for i := range p {
			if !same(p[i], q[i]) {
				return false
			}
		}
		return true
	}
	if p, ok := x.(float64); ok && p != p {
		q, ok := y.(float64)
		return ok && q != q
	}
	return x == y
}

// there says whether a file exists; whoever opens it says what else is wrong.
func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}
