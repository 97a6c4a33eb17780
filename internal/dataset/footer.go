package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

const (
	maxFooter = 64 << 20 // of a Parquet file; long captions can stand in it as least and greatest
	// maxFooterListed bounds what is in a footer's lists, some seven parts for each column of a row
	// group. A column takes 560 bytes when it is read, and one byte can say that there is one.
	maxFooterListed = 1 << 20
)

var (
	errFooter = errors.New("its footer is damaged")
	errLarge  = fmt.Errorf("its footer describes more than %d row groups, columns and parts of them", maxFooterListed)
)

// checkFooter walks the footer of a Parquet file before the library believes it: that makes room
// for as many elements as a list claims, and a damaged one can claim more than there is memory.
// Nothing in the footer may claim more elements than it has bytes left.
func checkFooter(f io.ReaderAt, size int64) error {
	if size < 12 {
		return fmt.Errorf("it has only %d bytes", size)
	}
	var tail [8]byte
	if _, err := f.ReadAt(tail[:], size-8); err != nil {
		return err
	}
	length := int64(binary.LittleEndian.Uint32(tail[:4]))
	if string(tail[4:]) != "PAR1" {
		return errors.New("it does not end with the mark PAR1")
	}
	if length > size-12 {
		return fmt.Errorf("its footer claims %d bytes of %d", length, size)
	}
	if length > maxFooter {
		return fmt.Errorf("its footer has %d MiB, more than the %d MiB that are read", length>>20, maxFooter>>20)
	}
	footer := make([]byte, length)
	if _, err := f.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	var walk thriftWalk
	if _, ok := walk.value(footer, thriftStruct, 0); !ok {
		return errFooter
	}
	if walk.listed > maxFooterListed {
		return errLarge
	}
	return nil
}
