package main

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

func embeddingFormats() map[string]func(io.Writer, embedding) error {
	return map[string]func(io.Writer, embedding) error{"json": writeEmbeddingJSON, "npy": writeEmbeddingNPY}
}

// writeEmbeddingJSON prints one object a line: the input, and what the stage made of it.
func writeEmbeddingJSON(w io.Writer, e embedding) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i, input := range e.inputs {
		line := map[string]any{"input": input}
		if e.ints != nil {
			line[e.stage] = e.ints[i]
		} else {
			line[e.stage] = e.floats[i]
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

// writeEmbeddingNPY writes one NumPy array (format version 1.0, C order).
func writeEmbeddingNPY(w io.Writer, e embedding) error {
	if len(e.inputs) == 0 {
		return usagef("there is nothing to embed")
	}
	kind := "<f4"
	if e.ints != nil {
		kind = "<i8"
	}
	if _, err := io.WriteString(w, npyHeader(kind, append([]int{len(e.inputs)}, e.shape...))); err != nil {
		return err
	}
	for i := range e.inputs {
		var err error
		if e.ints != nil {
			err = binary.Write(w, binary.LittleEndian, e.ints[i])
		} else {
			err = binary.Write(w, binary.LittleEndian, e.floats[i])
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// npyHeader pads the header to a multiple of 64 bytes, as the format asks.
func npyHeader(kind string, shape []int) string {
	const magic = "\x93NUMPY\x01\x00"
	dims := strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]")
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }", kind, dims)
	length := len(magic) + 2 + len(dict) + 1
	dict += strings.Repeat(" ", (64-length%64)%64) + "\n"
	return magic + string([]byte{byte(len(dict)), byte(len(dict) >> 8)}) + dict
}
