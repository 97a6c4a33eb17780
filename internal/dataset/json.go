package dataset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// maxJSONDepth bounds how deeply a sample's JSON is flattened.
const maxJSONDepth = 64

// decodeObject reads one JSON object. NaN, Infinity and -Infinity, which Python writes although
// JSON has no such thing, are read as null.
func decodeObject(data []byte) (map[string]any, error) {
	object, err := decodeStrict(data)
	if err == nil {
		return object, nil
	}
	if mended, changed := nonFiniteToNull(data); changed {
		return decodeStrict(mended)
	}
	return nil, err
}

func decodeStrict(data []byte) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var object map[string]any
	if err := d.Decode(&object); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, errors.New("empty JSON")
		}
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if object == nil {
		return nil, errors.New("not a JSON object: null")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("text after the JSON object")
	}
	return object, nil
}

// nonFiniteToNull replaces Python's names for floats that JSON lacks, outside strings.
func nonFiniteToNull(data []byte) (mended []byte, changed bool) {
	for i := 0; i < len(data); {
		if data[i] == '"' {
			end := stringEnd(data, i)
			mended = append(mended, data[i:end]...)
			i = end
			continue
		}
		if n := nonFinite(data[i:]); n > 0 {
			mended = append(mended, "null"...)
			i += n
			changed = true
			continue
		}
		mended = append(mended, data[i])
		i++
	}
	return mended, changed
}

func nonFinite(data []byte) int {
	for _, name := range []string{"NaN", "Infinity", "-Infinity"} {
		if bytes.HasPrefix(data, []byte(name)) {
			return len(name)
		}
	}
	return 0
}

// stringEnd is the index after the string that starts at i.
func stringEnd(data []byte, i int) int {
	for i++; i < len(data); i++ {
		switch data[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(data)
}

// flattenJSON reads a sample's JSON object into one level: {"a": {"b": 1}} gives "a.b". Whole
// numbers are int64, others (and whole ones beyond its range) float64, null is nil, and an array
// is its JSON text. When a nested and a literal name meet ("a.b" given both ways) the literal one
// stays.
func flattenJSON(data []byte) (map[string]any, error) {
	object, err := decodeObject(data)
	if err != nil {
		return nil, err
	}
	flat := make(map[string]any, len(object))
	if err := flattenInto(flat, "", object, 0); err != nil {
		return nil, err
	}
	return flat, nil
}

func flattenInto(flat map[string]any, prefix string, object map[string]any, depth int) error {
	if depth > maxJSONDepth {
		return fmt.Errorf("JSON nested more than %d levels deep", maxJSONDepth)
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		path := prefix + name
		switch v := object[name].(type) {
		case map[string]any:
			if err := flattenInto(flat, path+".", v, depth+1); err != nil {
				return err
			}
		case []any:
			text, err := json.Marshal(v)
			if err != nil {
				return fmt.Errorf("%q: %w", path, err)
			}
			flat[path] = string(text)
		case json.Number:
			number, err := parseNumber(v)
			if err != nil {
				return fmt.Errorf("%q: %w", path, err)
			}
			flat[path] = number
		default:
			flat[path] = v
		}
	}
	return nil
}

func parseNumber(n json.Number) (any, error) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(n.String(), 64)
	if err != nil {
		return nil, fmt.Errorf("number %s is out of range", n)
	}
	return f, nil
}
