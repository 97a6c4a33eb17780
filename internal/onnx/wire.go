package onnx

import "encoding/binary"

// message is a protocol buffer in the making: fields one after the other, as ONNX files hold them
// (https://protobuf.dev/programming-guides/encoding, onnx.proto of the ONNX project).
type message []byte

// Wire types of fields.
const (
	varintField = 0
	bytesField  = 2
)

// number appends a whole number as a field.
func (m message) number(field int, value uint64) message {
	m = binary.AppendUvarint(m, uint64(field)<<3|varintField)
	return binary.AppendUvarint(m, value)
}

// bytes appends a text or a message as a field.
func (m message) bytes(field int, value []byte) message {
	m = binary.AppendUvarint(m, uint64(field)<<3|bytesField)
	m = binary.AppendUvarint(m, uint64(len(value)))
	return append(m, value...)
}

// text appends a text as a field.
func (m message) text(field int, value string) message { return m.bytes(field, []byte(value)) }
