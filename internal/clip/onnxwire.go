package clip

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// errWire says that bytes are not in protocol buffer form.
var errWire = errors.New("not in protocol buffer form")

// maxWireText is the longest name that is read; the names in ONNX graphs are far shorter.
const maxWireText = 1 << 16

// wireReader walks a protocol buffer message in a file without holding it: weights are skipped,
// not read.
type wireReader struct {
	file     io.ReaderAt
	buffered *bufio.Reader
	at       int64
	number   bool // the current field is a number: there is nothing inside to read
}

func newWireReader(file io.ReaderAt) *wireReader {
	r := &wireReader{file: file, buffered: bufio.NewReader(nil)}
	r.seek(0)
	return r
}

// fields calls visit for each field of the message that ends at end. For a number, value is the
// number; for text or a message inside, it is the length, and visit may read that many bytes.
// Fields of fixed width are passed over.
func (r *wireReader) fields(end int64, visit func(field int, value int64) error) error {
	for r.at < end {
		tag, err := r.varint()
		if err != nil {
			return err
		}
		var next int64
		field, kind := int(tag>>3), tag&7
		switch kind {
		case 0, 2:
			value, err := r.varint()
			if err != nil {
				return err
			}
			next, r.number = r.at, kind == 0
			if !r.number {
				if value < 0 || value > end-r.at {
					return fmt.Errorf("%w: field %d is longer than what holds it", errWire, field)
				}
				next += value
			}
			if err := visit(field, value); err != nil {
				return err
			}
		case 1:
			next = r.at + 8
		case 5:
			next = r.at + 4
		default:
			return fmt.Errorf("%w: field %d has type %d", errWire, field, kind)
		}
		if next > end {
			return fmt.Errorf("%w: cut short in field %d", errWire, field)
		}
		r.skipTo(next)
	}
	return nil
}

// message walks a message of the given length that starts here.
func (r *wireReader) message(length int64, visit func(field int, value int64) error) error {
	if r.number {
		return fmt.Errorf("%w: a number where a message belongs", errWire)
	}
	return r.fields(r.at+length, visit)
}

// text reads length bytes from here.
func (r *wireReader) text(length int64) (string, error) {
	if r.number || length > maxWireText {
		return "", fmt.Errorf("%w: a name of %d bytes", errWire, length)
	}
	b := make([]byte, length)
	n, err := io.ReadFull(r.buffered, b)
	r.at += int64(n)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errWire, err)
	}
	return string(b), nil
}

func (r *wireReader) varint() (int64, error) {
	var value uint64
	for shift := 0; shift < 64; shift += 7 {
		b, err := r.buffered.ReadByte()
		if err != nil {
			return 0, fmt.Errorf("%w: %w", errWire, err)
		}
		r.at++
		value |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return int64(value), nil
		}
	}
	return 0, fmt.Errorf("%w: a number of more than 64 bits", errWire)
}

// skipTo moves forward to an offset, through the buffer where it reaches that far.
func (r *wireReader) skipTo(offset int64) {
	if ahead := offset - r.at; ahead >= 0 && ahead <= int64(r.buffered.Buffered()) {
		_, _ = r.buffered.Discard(int(ahead)) // cannot fail: the bytes are buffered
		r.at = offset
		return
	}
	r.seek(offset)
}

func (r *wireReader) seek(offset int64) {
	const toTheEnd = 1<<63 - 1
	r.buffered.Reset(io.NewSectionReader(r.file, offset, toTheEnd-offset))
	r.at = offset
}
