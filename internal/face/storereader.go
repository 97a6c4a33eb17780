package face

import (
	"context"
	"fmt"
	"os"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// The columns of a file of faces, in the order of Stored.
const (
	columnRow = iota
	columnLeft
	columnTop
	columnWidth
	columnHeight
	columnScore
	columnLandmarks
	columnVector
	columns
)

// faceReader reads the faces of one file, one at a time.
type faceReader struct {
	path      string
	file      *parquetfile.File
	leaves    [columns]int // where the columns are in the file
	dimension int          // of the vectors
	at        int64        // row of the file
	face      Stored
	visit     func(*Stored) error
}

// eachFace calls visit with every face of a file, which must have so many, each with a vector of
// dimension numbers. The face's memory is that of the next one.
func eachFace(ctx context.Context, path string, faces int64, dimension int, visit func(*Stored) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close() // read only
	r := faceReader{path: path, dimension: dimension, visit: visit}
	if err := r.open(f, faces); err != nil {
		return fmt.Errorf("%s: %w; %s", path, err, remedy)
	}
	for group := range r.file.Groups() {
		if err := r.group(ctx, group); err != nil {
			return err
		}
	}
	return nil
}

// open reads the footer of a file of so many faces, and finds the columns.
func (r *faceReader) open(f *os.File, faces int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if r.file, err = parquetfile.Open(f, info.Size()); err != nil {
		return fmt.Errorf("it is not a whole Parquet file (%w)", err)
	}
	stored := parquet.SchemaOf(Stored{})
	for i, path := range stored.Columns() {
		want, _ := stored.Lookup(path...)
		has := r.file.Root().Column(path[0])
		if has == nil || !has.Leaf() || has.Type().Kind() != want.Node.Type().Kind() ||
			has.MaxRepetitionLevel() != want.MaxRepetitionLevel || has.MaxDefinitionLevel() != want.MaxDefinitionLevel {
			return fmt.Errorf("it has no column %s as files of faces have", path[0])
		}
		r.leaves[i] = has.Index()
	}
	var rows int64
	for group := range r.file.Groups() {
		rows += r.file.GroupRows(group)
	}
	if rows != faces {
		return fmt.Errorf("it has %d faces, and %s says %d", rows, manifestName, faces)
	}
	return nil
}

// group visits the faces of a row group.
func (r *faceReader) group(ctx context.Context, number int) error {
	group := r.file.Group(number)
	defer group.Close()
	var from [columns]faceCursor
	for i := range from {
		var err error
		if from[i].values, err = group.Column(r.leaves[i]); err != nil {
			return fmt.Errorf("%s: %w; %s", r.path, err, remedy)
		}
	}
	for range r.file.GroupRows(number) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.read(&from); err != nil {
			return fmt.Errorf("%s: face %d of the file: %w; %s", r.path, r.at, err, remedy)
		}
		if err := r.visit(&r.face); err != nil {
			return err
		}
		r.at++
	}
	return nil
}

// read makes the next face the one at hand.
func (r *faceReader) read(from *[columns]faceCursor) (err error) {
	f := &r.face
	if f.Row, err = from[columnRow].integer(); err != nil {
		return err
	}
	for i, to := range []*float32{&f.Left, &f.Top, &f.Width, &f.Height, &f.Score} {
		if *to, err = from[columnLeft+i].number(); err != nil {
			return err
		}
	}
	if f.Landmarks, err = from[columnLandmarks].list(f.Landmarks, 2*len(Face{}.Landmarks)); err != nil {
		return fmt.Errorf("its landmarks: %w", err)
	}
	if f.Vector, err = from[columnVector].list(f.Vector, r.dimension); err != nil {
		return fmt.Errorf("its vector: %w", err)
	}
	return nil
}
