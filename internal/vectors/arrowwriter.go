package vectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

const (
	arrowRows  = 16384    // of a record batch, at most
	arrowBytes = 64 << 20 // of a record batch's texts, about
	originKey  = "rollcall.origin"
	roleKeyOf  = "rollcall.role"
)

// writeArrow writes a metadata file's values in Arrow's IPC format, whole or not at all.
func writeArrow(ctx context.Context, path, from string, is origin) (err error) {
	in, err := openMetadata(from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	out, err := createPending(path)
	if err != nil {
		return err
	}
	return out.whole(copyArrow(ctx, in, out, is))
}

// copyArrow copies all rows, a record batch at a time.
func copyArrow(ctx context.Context, in *metadataFile, w io.Writer, is origin) (err error) {
	schema, err := arrowSchema(in.columns, is)
	if err != nil {
		return err
	}
	out, err := ipc.NewFileWriter(w, ipc.WithSchema(schema))
	if err != nil {
		return fmt.Errorf("cannot start Arrow's format: %w", err)
	}
	build := array.NewRecordBuilder(memory.NewGoAllocator(), schema)
	defer build.Release()
	reader := in.reader()
	defer reader.close()
	rows, size := 0, 0
	flush := func() error {
		batch := build.NewRecordBatch()
		defer batch.Release()
		rows, size = 0, 0
		return out.Write(batch)
	}
	for range in.rows() {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := reader.each(func(i int, value any) error {
			if text, ok := value.(string); ok {
				size += len(text)
			}
			return appendArrow(build.Field(i), value)
		})
		if err != nil {
			return err
		}
		if rows++; rows == arrowRows || size >= arrowBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if rows > 0 {
		if err := flush(); err != nil {
			return err
		}
	}
	return out.Close()
}

// arrowSchema gives every column its type, and the file where it comes from.
func arrowSchema(columns []metadataColumn, is origin) (*arrow.Schema, error) {
	from, err := json.Marshal(is)
	if err != nil {
		return nil, fmt.Errorf("cannot describe the file: %w", err)
	}
	var fields []arrow.Field
	for _, c := range columns {
		typ := c.arrowType()
		if c.repeated {
			typ = arrow.ListOf(typ)
		}
		role := arrow.NewMetadata([]string{roleKeyOf}, []string{strconv.Itoa(int(c.role))})
		fields = append(fields, arrow.Field{Name: c.name, Type: typ, Nullable: true, Metadata: role})
	}
	about := arrow.NewMetadata([]string{originKey}, []string{string(from)})
	return arrow.NewSchema(fields, &about), nil
}

// arrowType is the type of what value gives for the column.
func (c metadataColumn) arrowType() arrow.DataType {
	switch c.typ.Kind() {
	case parquet.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case parquet.Float, parquet.Double:
		return arrow.PrimitiveTypes.Float64
	case parquet.Int32, parquet.Int64:
		logical := c.typ.LogicalType()
		if logical == nil {
			return arrow.PrimitiveTypes.Int64
		}
		switch t := logical.Value.(type) {
		case *format.TimestampType:
			if t.Unit.Value != nil {
				return arrow.BinaryTypes.String
			}
		case *format.DateType:
			return arrow.BinaryTypes.String
		case *format.DecimalType:
			return arrow.PrimitiveTypes.Float64
		}
		return arrow.PrimitiveTypes.Int64
	}
	return arrow.BinaryTypes.String
}

// appendArrow adds a value of a column's type, or null.
func appendArrow(to array.Builder, value any) error {
	if value == nil {
		to.AppendNull()
		return nil
	}
	switch b := to.(type) {
	case *array.BooleanBuilder:
		if v, ok := value.(bool); ok {
			b.Append(v)
			return nil
		}
	case *array.Int64Builder:
		if v, ok := value.(int64); ok {
			b.Append(v)
			return nil
		}
	case *array.Float64Builder:
		if v, ok := value.(float64); ok {
			b.Append(v)
			return nil
		}
	case *array.StringBuilder:
		if v, ok := value.(string); ok {
			b.Append(v)
			return nil
		}
	case *array.ListBuilder:
		if list, ok := value.([]any); ok {
			b.Append(true)
			for _, v := range list {
				if err := appendArrow(b.ValueBuilder(), v); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return fmt.Errorf("a value is of type %T, its column of type %s", value, to.Type())
}
