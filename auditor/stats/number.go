package stats

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a float64 that JSON can carry when it is not finite: null for NaN, "-inf" and "+inf".
type Number float64

// MarshalJSON writes NaN as null and infinities as strings.
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte("null"), nil
	case math.IsInf(f, 1):
		return []byte(`"+inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-inf"`), nil
	default:
		return json.Marshal(f)
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (n *Number) UnmarshalJSON(data []byte) error {
	switch s := string(data); s {
	case "null":
		*n = Number(math.NaN())
	case `"+inf"`:
		*n = Number(math.Inf(1))
	case `"-inf"`:
		*n = Number(math.Inf(-1))
	default:
		var f float64
		if err := json.Unmarshal(data, &f); err != nil {
			return fmt.Errorf("a figure is %.40s, want a number, null, \"+inf\" or \"-inf\"", s)
		}
		*n = Number(f)
	}
	return nil
}
