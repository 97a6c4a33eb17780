package vectors

import (
	"encoding/base64"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// value copies a Parquet value out of its page. NaN is pandas' null.
func (c metadataColumn) value(v parquet.Value) any {
	if v.IsNull() {
		return nil
	}
	switch v.Kind() {
	case parquet.Boolean:
		return v.Boolean()
	case parquet.Int32:
		return c.integer(int64(v.Int32()))
	case parquet.Int64:
		return c.integer(v.Int64())
	case parquet.Float, parquet.Double:
		x := v.Double()
		if v.Kind() == parquet.Float {
			x = float64(v.Float())
		}
		if math.IsNaN(x) {
			return nil
		}
		return x
	case parquet.ByteArray, parquet.FixedLenByteArray:
		switch b := v.ByteArray(); {
		case utf8.Valid(b):
			return string(b)
		case c.role != roleField:
			return strings.ToValidUTF8(string(b), "\uFFFD") // it is meant to be a text
		default:
			return base64.StdEncoding.EncodeToString(b)
		}
	}
	return v.String()
}

// integer gives an integer its meaning: a point in time, a decimal fraction, or itself.
func (c metadataColumn) integer(i int64) any {
	logical := c.typ.LogicalType()
	if logical == nil {
		return i
	}
	switch t := logical.Value.(type) {
	case *format.TimestampType:
		if t.Unit.Value == nil {
			return i
		}
		unit := int64(t.Unit.Value.Duration()) // nanoseconds
		second := int64(time.Second) / unit
		return time.Unix(i/second, i%second*unit).UTC().Format(time.RFC3339Nano)
	case *format.DateType:
		return time.Unix(i*86400, 0).UTC().Format(time.DateOnly)
	case *format.DecimalType:
		return float64(i) / math.Pow10(int(t.Scale))
	}
	return i
}
