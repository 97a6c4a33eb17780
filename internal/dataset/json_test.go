package dataset

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func TestFlattenJSON(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]any
	}{
		{"scalars", `{"i":12,"f":0.5,"b":true,"s":"Zo\u00eb","n":null}`, map[string]any{"i": int64(12), "f": 0.5, "b": true, "s": "Zoë", "n": nil}},
		{"nested", `{"a":{"b":{"c":1}},"d":{}}`, map[string]any{"a.b.c": int64(1)}},
		{"array is text", `{"a":[1, {"b":"x"}]}`, map[string]any{"a": `[1,{"b":"x"}]`}},
		{"2^53+1 keeps its last digit", `{"i":9007199254740993}`, map[string]any{"i": int64(9007199254740993)}},
		{"beyond int64", `{"i":18446744073709551616}`, map[string]any{"i": 18446744073709551616.0}},
		{"literal name wins", `{"a.b":1,"a":{"b":2}}`, map[string]any{"a.b": int64(1)}},
		{"Python's non-finite floats", `{"a":NaN,"b":-Infinity,"c":[Infinity],"d":"NaN \" Infinity"}`, map[string]any{"a": nil, "b": nil, "c": "[null]", "d": `NaN " Infinity`}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := flattenJSON([]byte(test.text))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(test.want, got))
		})
	}
}

func TestFlattenJSONRefuses(t *testing.T) {
	deep := strings.Repeat(`{"a":`, maxJSONDepth+2) + "1" + strings.Repeat("}", maxJSONDepth+2)
	tests := []struct{ name, text, want string }{
		{"empty", "", "empty JSON"},
		{"null", "null", "not a JSON object"},
		{"array", "[1]", "not a JSON object"},
		{"cut off", `{"a":`, "not a JSON object"},
		{"trailing text", `{} {}`, "text after the JSON object"},
		{"too deep", deep, "nested more than 64 levels"},
		{"number out of range", `{"a":1e999}`, "out of range"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := flattenJSON([]byte(test.text))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzFlattenJSON(f *testing.F) {
	f.Add([]byte(`{"url":"http://x","exif":"{}","nested":{"a":0,"b":[1,2]},"similarity":NaN}`))
	f.Add([]byte(`{"a":"\"NaN","b":-Infinity}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		flat, err := flattenJSON(data)
		if err != nil {
			return
		}
		for name, v := range flat {
			switch v.(type) {
			case nil, bool, string, int64, float64:
			default:
				t.Fatalf("%q is a %T", name, v)
			}
		}
	})
}
