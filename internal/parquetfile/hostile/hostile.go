// Package hostile writes Parquet files that lie, for the tests of those who read such files.
package hostile

import (
	"encoding/binary"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Column is the one column of a file of one row group.
type Column struct {
	Name       string
	Kind       parquet.Kind
	Length     int32                        // of a fixed-length type
	Repetition format.FieldRepetitionType   // required unless given
	Codec      format.CompressionCodec      // what the footer says, whatever the pages are
	Rows       int64                        // what the footer says
	Change     func(m *format.FileMetaData) // if given, changes the footer last
}

// Page is a header, and what follows it.
type Page struct{ Header, Content []byte }

// File gives the bytes of a file with such a column.
func File(c Column, pages ...Page) []byte {
	file := []byte("PAR1")
	for _, p := range pages {
		file = append(append(file, p.Header...), p.Content...)
	}
	leaf := format.SchemaElement{Name: c.Name, Type: null(format.Type(c.Kind)), RepetitionType: null(c.Repetition)}
	if c.Length != 0 {
		leaf.TypeLength = null(c.Length)
	}
	meta := format.FileMetaData{
		Version: 1, NumRows: c.Rows,
		Schema: []format.SchemaElement{{Name: "schema", NumChildren: null[int32](1)}, leaf},
		RowGroups: []format.RowGroup{{NumRows: c.Rows, Columns: []format.ColumnChunk{{MetaData: format.ColumnMetaData{
			Type: format.Type(c.Kind), PathInSchema: []string{c.Name}, Codec: c.Codec, NumValues: c.Rows,
			DataPageOffset: 4, TotalCompressedSize: int64(len(file)) - 4,
		}}}}},
	}
	if c.Change != nil {
		c.Change(&meta)
	}
	footer := Encode(&meta)
	file = append(file, footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

func null[T comparable](v T) thrift.Null[T] { return thrift.Null[T]{V: v, Valid: true} }

// Encode is a structure as Parquet writes it.
func Encode(v any) []byte {
	b, err := thrift.Marshal(new(thrift.CompactProtocol), v)
	if err != nil {
		panic(err) // of a structure of the library itself
	}
	return b
}

// Header is the header of a page of values, of version 1.
func Header(values int, encoding format.Encoding, uncompressed, compressed int) format.PageHeader {
	h := format.PageHeader{Type: format.DataPage, UncompressedPageSize: int32(uncompressed), CompressedPageSize: int32(compressed)}
	h.DataPageHeader.Valid = true
	h.DataPageHeader.V = format.DataPageHeader{
		NumValues: int32(values), Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
	}
	return h
}

// Values is a page of so many values, of version 1, with that content, compressed as the codec has it.
func Values(codec format.CompressionCodec, values int, encoding format.Encoding, content []byte) Page {
	stored := Compress(codec, content)
	h := Header(values, encoding, len(content), len(stored))
	return Page{Encode(&h), stored}
}

// Dictionary is a dictionary of so many values.
func Dictionary(codec format.CompressionCodec, values int, content []byte) Page {
	stored := Compress(codec, content)
	h := format.PageHeader{Type: format.DictionaryPage, UncompressedPageSize: int32(len(content)), CompressedPageSize: int32(len(stored))}
	h.DictionaryPageHeader.Valid = true
	h.DictionaryPageHeader.V = format.DictionaryPageHeader{NumValues: int32(values), Encoding: format.Plain}
	return Page{Encode(&h), stored}
}

// Compress is content as a codec has it.
func Compress(codec format.CompressionCodec, content []byte) []byte {
	if len(content) == 0 {
		return nil
	}
	b, err := parquet.LookupCompressionCodec(codec).Encode(nil, content)
	if err != nil {
		panic(err) // of memory to memory
	}
	return b
}

// Texts are texts one after the other, each after its length.
func Texts(texts ...string) (b []byte) {
	for _, t := range texts {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(t))), t...)
	}
	return b
}

// Levels are levels after their length, as pages of version 1 have them.
func Levels(runs ...byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(runs))), runs...)
}

// Run is a run of one value of width bytes.
func Run(length uint64, value uint32, width int) []byte {
	b := binary.AppendUvarint(nil, length<<1)
	return append(b, binary.LittleEndian.AppendUint32(nil, value)[:width]...)
}

// Deltas are integers given by their differences, each the one before and step, claimed to be so
// many; all in blocks of 128 that need no bits.
func Deltas(claimed uint64, first, step int64) []byte {
	b := binary.AppendUvarint(nil, 128)
	b = binary.AppendUvarint(b, 4)
	b = binary.AppendUvarint(b, claimed)
	b = binary.AppendVarint(b, first)
	for left := int64(claimed) - 1; left > 0 && len(b) < 1<<16; left -= 128 {
		b = append(binary.AppendVarint(b, step), 0, 0, 0, 0)
	}
	return b
}
