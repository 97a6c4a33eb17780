package milvus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// encodeFields writes a row's remaining columns as JSON. A whole float64 is written with a decimal
// point, so that decodeFields can tell it from an integer. Numbers that are not finite, which JSON
// lacks and pandas writes for a null, are left out like nulls.
func encodeFields(fields map[string]any) ([]byte, error) {
	out := make(map[string]any, len(fields))
	for name, value := range fields {
		switch v := value.(type) {
		case nil:
		case float64:
			if text, finite := floatText(v, 64); finite {
				out[name] = text
			}
		case float32:
			if text, finite := floatText(float64(v), 32); finite {
				out[name] = text
			}
		default:
			out[name] = v
		}
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(out); err != nil {
		return nil, fmt.Errorf("metadata cannot be written as JSON: %w", err)
	}
	return bytes.TrimSuffix(buffer.Bytes(), []byte("\n")), nil
}

// floatText is the shortest JSON number that reads back as v, always recognisable as a float.
func floatText(v float64, bits int) (json.RawMessage, bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, false
	}
	text := strconv.FormatFloat(v, 'g', -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return json.RawMessage(text), true
}

// decodeFields reads what encodeFields wrote: whole numbers as int64, others as float64. It gives
// nil for an empty object.
func decodeFields(text []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var fields map[string]any
	if err := decoder.Decode(&fields); err != nil {
		return nil, fmt.Errorf("metadata is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("metadata goes on after its JSON object")
	}
	if len(fields) == 0 {
		return nil, nil
	}
	for name, value := range fields {
		fields[name] = plain(value)
	}
	return fields, nil
}

// plain replaces the decoder's number texts by numbers, also inside lists and objects.
func plain(value any) any {
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return whole
		}
		if float, err := v.Float64(); err == nil {
			return float
		}
		return v.String()
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}
