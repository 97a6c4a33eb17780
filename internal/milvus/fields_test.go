package milvus

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFieldsKeepTheirTypes(t *testing.T) {
	cases := map[string]struct{ in, want map[string]any }{
		"none":               {nil, nil},
		"nulls left out":     {map[string]any{"a": nil, "b": "x"}, map[string]any{"b": "x"}},
		"whole float":        {map[string]any{"a": 512.0, "b": int64(512)}, map[string]any{"a": 512.0, "b": int64(512)}},
		"large integer":      {map[string]any{"a": int64(9007199254740993)}, map[string]any{"a": int64(9007199254740993)}},
		"large float":        {map[string]any{"a": 1e300}, map[string]any{"a": 1e300}},
		"float32":            {map[string]any{"a": float32(0.1)}, map[string]any{"a": 0.1}},
		"not finite":         {map[string]any{"a": math.NaN(), "b": math.Inf(1), "c": true}, map[string]any{"c": true}},
		"text kept as it is": {map[string]any{"a": "<b> & \u2028 é 🗼"}, map[string]any{"a": "<b> & \u2028 é 🗼"}},
		"nested":             {map[string]any{"a": []any{int64(1), map[string]any{"b": 0.5}}}, map[string]any{"a": []any{int64(1), map[string]any{"b": 0.5}}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			text, err := encodeFields(c.in)
			require.NoError(t, err)
			require.True(t, json.Valid(text))
			got, err := decodeFields(text)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}
}

func TestDecodeFieldsRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", "1", `{"a":1`, `{"a":1} {"b":2}`} {
		_, err := decodeFields([]byte(text))
		require.Error(t, err, text)
	}
}

func FuzzDecodeFields(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":2.0,"c":[1e400,"x"],"d":{"e":null}}`, `null`, `{"a":1}}`, "\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		fields, err := decodeFields(text)
		if err != nil {
			return
		}
		again, err := encodeFields(fields)
		require.NoError(t, err)
		require.True(t, json.Valid(again))
	})
}
