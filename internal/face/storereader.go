package face

import (
	"context"
	"errors"
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
	row, end  int64        // of the index: the least that the next face may be of, and the one after the file's last
	at        int64        // row of the file
	face      Stored
	visit     func(*Stored) error
}

// each calls visit with every face of the file, which must have so many, each with a vector of
// dimension numbers, in the order of rows. The face's memory is that of the next one.
func (r *faceReader) each(ctx context.Context, faces int64) error {
	f, err := os.Open(r.path)
	if err != nil {
		return err
	}
	defer f.Close() // read only
	if err := r.open(f, faces); err != nil {
		return fmt.Errorf("%s: %w; %s", r.path, err, Remedy)
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
			return fmt.Errorf("%s: %w; %s", r.path, err, Remedy)
		}
	}
	for range r.file.GroupRows(number) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.read(&from); err != nil {
			return fmt.Errorf("%s: face %d of the file: %w; %s", r.path, r.at, err, Remedy)
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
	return r.check()
}

// check refuses a face of a row that the file cannot have, and one that no writer stores.
func (r *faceReader) check() error {
	if r.face.Row < r.row || r.face.Row >= r.end {
		return fmt.Errorf("it is of row %d, where rows %d to %d come", r.face.Row, r.row, r.end-1)
	}
	r.row = r.face.Row
	if !r.face.usable() {
		return errors.New("a value is no number, or its vector is not of length 1")
	}
	return nil
}
