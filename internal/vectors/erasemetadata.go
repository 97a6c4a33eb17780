package vectors

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// eraseMetadata replaces a metadata file by one whose given rows are null in every column. The
// other rows, the columns with their types, the row groups and the file's key-value metadata stay
// as they are; a column that could not be null becomes one that can.
func eraseMetadata(ctx context.Context, path string, rows map[int]bool) (sum string, err error) {
	in, err := openMetadata(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	out, err := createPending(path)
	if err != nil {
		return "", err
	}
	if err = copyErased(ctx, in, out, rows); err == nil {
		if sum, err = out.seal(); err == nil {
			err = out.publish()
		}
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("cannot rewrite %s: %w", path, err), out.abandon())
	}
	return sum, nil
}

// copyErased writes the file again, row group by row group.
func copyErased(ctx context.Context, in *metadataFile, w io.Writer, erased map[int]bool) (err error) {
	defer damaged(in.path, &err)
	e := newEraser(in.parquet, erased)
	options := []parquet.WriterOption{e.schema, parquet.Compression(&parquet.Snappy)}
	for _, kv := range in.parquet.KeyValues() {
		options = append(options, parquet.KeyValueMetadata(kv.Key, kv.Value))
	}
	out := parquet.NewWriter(w, options...)
	for group := range in.parquet.Groups() {
		if err := e.copyGroup(ctx, out, in.parquet, group); err != nil {
			return err
		}
		if err := out.Flush(); err != nil {
			return err
		}
	}
	return out.Close()
}

// eraser copies rows from one schema to the same schema with nothing required.
type eraser struct {
	schema *parquet.Schema
	deeper []bool // by leaf: its column was required, so its values now sit one level deeper
	rows   map[int]bool
	next   int // row of the file
}

func newEraser(p *parquetfile.File, rows map[int]bool) *eraser {
	e := &eraser{rows: rows}
	var columns []column
	for _, f := range p.Schema().Fields() {
		node := parquet.Node(f)
		if f.Required() {
			node = parquet.Optional(f)
		}
		columns = append(columns, column{f.Name(), node})
		for range leaves(f) {
			e.deeper = append(e.deeper, f.Required())
		}
	}
	e.schema = parquet.NewSchema(p.Schema().Name(), newColumnGroup(columns))
	return e
}

// leaves counts the columns below a node.
func leaves(n parquet.Node) int {
	if n.Leaf() {
		return 1
	}
	count := 0
	for _, f := range n.Fields() {
		count += leaves(f)
	}
	return count
}

// copyGroup copies one row group.
//
//lint:ignore SA1019 parquet.Writer is the one writer that takes rows of a schema known only at run time
func (e *eraser) copyGroup(ctx context.Context, out *parquet.Writer, from *parquetfile.File, group int) error {
	in, err := from.Rows(group)
	if err != nil {
		return err
	}
	defer in.Close()
	var row parquet.Row
	for i := 0; ; i++ {
		if i%256 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if row, err = in.Read(row[:0]); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		row = e.convert(row)
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
}

// convert gives a row its new levels, or takes its content away.
func (e *eraser) convert(row parquet.Row) parquet.Row {
	erase := e.rows[e.next]
	e.next++
	if erase {
		row = row[:0]
		for i := range e.deeper {
			row = append(row, parquet.NullValue().Level(0, 0, i))
		}
		return row
	}
	for i, v := range row {
		if e.deeper[v.Column()] {
			row[i] = v.Level(v.RepetitionLevel(), v.DefinitionLevel()+1, v.Column())
		}
	}
	return row
}
