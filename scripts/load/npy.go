package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
)

// readNPY reads a two-dimensional float32 array in C order, version 1 of NumPy's format: eight bytes
// of magic and version, the header's length in two, the header, the numbers.
func readNPY(path string) ([][]float32, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(data) < 10 || string(data[1:6]) != "NUMPY" || data[6] != 1 {
		return nil, fmt.Errorf("%s is not an npy file of version 1", path)
	}
	body := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	if len(data) < body {
		return nil, fmt.Errorf("%s is cut off in its header", path)
	}
	shape := regexp.MustCompile(`'<f4'.*False.*\((\d+), (\d+)\)`).FindSubmatch(data[10:body])
	if shape == nil {
		return nil, fmt.Errorf("%s is not a two-dimensional float32 array in C order", path)
	}
	rows, _ := strconv.Atoi(string(shape[1]))
	columns, _ := strconv.Atoi(string(shape[2]))
	if rows == 0 || len(data)-body != rows*columns*4 {
		return nil, fmt.Errorf("%s has %d bytes of numbers; %d x %d need %d", path, len(data)-body, rows, columns, rows*columns*4)
	}
	out := make([][]float32, rows)
	for i := range out {
		out[i] = make([]float32, columns)
		for j := range out[i] {
			out[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(data[body+4*(i*columns+j):]))
		}
	}
	return out, nil
}
