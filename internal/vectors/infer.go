package vectors

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// kind is the type that a metadata column gets, inferred from its values as pandas does.
type kind int

const (
	kindNone kind = iota // no value yet: only nulls
	kindBool
	kindInt
	kindFloat
	kindText // also for values of several types
)

// join is the type that can hold both.
func (k kind) join(other kind) kind {
	switch {
	case k == other || other == kindNone:
		return k
	case k == kindNone:
		return other
	case k == kindInt && other == kindFloat, k == kindFloat && other == kindInt:
		return kindFloat
	}
	return kindText
}

// node is the parquet column type, always optional.
func (k kind) node() parquet.Node {
	switch k {
	case kindBool:
		return parquet.Optional(parquet.Leaf(parquet.BooleanType))
	case kindInt:
		return parquet.Optional(parquet.Int(64))
	case kindFloat:
		return parquet.Optional(parquet.Leaf(parquet.DoubleType))
	}
	return parquet.Optional(parquet.String())
}

// plain brings a metadata value down to nil, bool, int64, float64 or string. Numbers keep their
// value, NaN is a null as in pandas, lists and objects become their JSON.
func plain(value any) (any, kind) {
	switch v := value.(type) {
	case nil:
		return nil, kindNone
	case bool:
		return v, kindBool
	case string:
		return strings.ToValidUTF8(v, "\uFFFD"), kindText
	case int:
		return int64(v), kindInt
	case int32:
		return int64(v), kindInt
	case int64:
		return v, kindInt
	case float32:
		return plain(float64(v))
	case float64:
		if math.IsNaN(v) {
			return nil, kindNone
		}
		return v, kindFloat
	case json.Number:
		return plainNumber(v)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return strings.ToValidUTF8(fmt.Sprint(value), "\uFFFD"), kindText
	}
	return string(text), kindText
}

// plainNumber keeps integers whole; one past int64 stays text rather than lose digits.
func plainNumber(n json.Number) (any, kind) {
	if i, err := n.Int64(); err == nil {
		return i, kindInt
	}
	f, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), ".eE") {
		return n.String(), kindText
	}
	return f, kindFloat
}

// cell makes the parquet value of a plain value in a column of kind k.
func (k kind) cell(value any, column int) parquet.Value {
	if value == nil {
		return parquet.NullValue().Level(0, 0, column)
	}
	if i, ok := value.(int64); ok && k == kindFloat {
		value = float64(i)
	}
	if k == kindText {
		value = asText(value)
	}
	return parquet.ValueOf(value).Level(0, 1, column)
}

func asText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return fmt.Sprint(value)
}
