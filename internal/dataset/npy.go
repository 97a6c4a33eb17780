package dataset

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"rollcall/internal/dataset/storage"
)

// npyHeader finds the type and the shape in the header of a .npy file of float16 or float32 rows.
var npyHeader = regexp.MustCompile(`'descr': *'<f([24])'.*'shape': *\(([0-9]+), *([0-9]+)\)`)

// npyShape reads the header of a .npy file and checks that the file has the bytes that it says.
func npyShape(ctx context.Context, files *storage.Files, path string) (rows int64, dimension int, err error) {
	file, err := files.Open(ctx, path)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	start := make([]byte, 1024) // numpy pads its own to 128
	n, err := io.ReadFull(file, start)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, 0, err
	}
	start = start[:n]
	found := npyHeader.FindSubmatch(start)
	if found == nil || string(start[:6]) != "\x93NUMPY" {
		return 0, 0, fmt.Errorf("%s is no .npy file of rows of float16 or float32", path)
	}
	length := 10 + int64(binary.LittleEndian.Uint16(start[8:]))
	if start[6] > 1 { // of version 2 on the length has four bytes
		length = 12 + int64(binary.LittleEndian.Uint32(start[8:]))
	}
	width, widthErr := strconv.ParseInt(string(found[1]), 10, 64)
	rows, rowsErr := strconv.ParseInt(string(found[2]), 10, 64)
	dimension, dimensionErr := strconv.Atoi(string(found[3]))
	if err := errors.Join(widthErr, rowsErr, dimensionErr); err != nil {
		return 0, 0, fmt.Errorf("%s: its header: %w", path, err)
	}
	if dimension < 1 || rows > file.Size() || int64(dimension) > file.Size() || length+rows*int64(dimension)*width != file.Size() {
		return 0, 0, fmt.Errorf("%s has %d bytes, which are not the %d rows of %d numbers that its header says: copy it again", path, file.Size(), rows, dimension)
	}
	return rows, dimension, nil
}
