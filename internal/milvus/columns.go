package milvus

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/milvus-io/milvus-sdk-go/v2/entity"

	"rollcall/retriever"
)

// insertBytes bounds one insert; Milvus refuses messages over 64 MiB and is slow with small ones.
const insertBytes = 8 << 20

// block is rows on their way into one collection, column by column, checked.
type block struct {
	dimension int
	ids       []int64
	vectors   [][]float32
	erased    []bool
	keys      []string
	captions  []string
	urls      []string
	paths     []string
	rest      [][]byte
	bytes     int
}

// add checks a row and takes it in. Milvus itself would take a vector of a wrong length, and shift
// every row after it.
func (b *block) add(row retriever.Row, vector []float32) error {
	bad := func(format string, args ...any) error {
		return fmt.Errorf("row %d (key %.100q): %w", row.ID, row.Key, fmt.Errorf(format, args...))
	}
	if len(vector) != b.dimension {
		return bad("its vector has %d dimensions, the index has %d", len(vector), b.dimension)
	}
	zero := true
	for i, x := range vector {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return bad("dimension %d of its vector is %v: embed the sample again", i, x)
		}
		zero = zero && x == 0
	}
	for _, text := range []struct{ field, value string }{
		{fieldKey, row.Key}, {fieldCaption, row.Caption}, {fieldURL, row.URL}, {fieldImagePath, row.ImagePath},
	} {
		if len(text.value) > maxText {
			return bad("its %s has %d bytes, Milvus holds %d: shorten it in the data set and index again, or use the embedded store", text.field, len(text.value), maxText)
		}
		if !utf8.ValidString(text.value) {
			return bad("its %s is not UTF-8: correct it in the data set and index again", text.field)
		}
	}
	rest, err := encodeFields(row.Fields)
	if err != nil {
		return bad("%w", err)
	}
	if len(rest) > maxText {
		return bad("its other metadata has %d bytes as JSON, Milvus holds %d: leave columns out and index again, or use the embedded store", len(rest), maxText)
	}
	if zero {
		vector = standIn(b.dimension)
	}
	b.append(row, vector, row.Erased || zero, rest)
	return nil
}

// addErased takes in a row without content.
func (b *block) addErased(id int64) {
	b.append(retriever.Row{ID: id}, standIn(b.dimension), true, []byte("{}"))
}

func (b *block) append(row retriever.Row, vector []float32, erased bool, rest []byte) {
	b.ids = append(b.ids, row.ID)
	b.vectors = append(b.vectors, vector)
	b.erased = append(b.erased, erased)
	b.keys = append(b.keys, row.Key)
	b.captions = append(b.captions, row.Caption)
	b.urls = append(b.urls, row.URL)
	b.paths = append(b.paths, row.ImagePath)
	b.rest = append(b.rest, rest)
	b.bytes += 4*len(vector) + len(row.Key) + len(row.Caption) + len(row.URL) + len(row.ImagePath) + len(rest) + 16
}

// full says whether the block is large enough for an insert.
func (b *block) full() bool { return b.bytes >= insertBytes }

// columns gives the block as the SDK wants it.
func (b *block) columns() []entity.Column {
	return []entity.Column{
		entity.NewColumnInt64(fieldID, b.ids),
		entity.NewColumnFloatVector(fieldVector, b.dimension, b.vectors),
		entity.NewColumnBool(fieldErased, b.erased),
		entity.NewColumnVarChar(fieldKey, b.keys),
		entity.NewColumnVarChar(fieldCaption, b.captions),
		entity.NewColumnVarChar(fieldURL, b.urls),
		entity.NewColumnVarChar(fieldImagePath, b.paths),
		entity.NewColumnJSONBytes(fieldRest, b.rest),
	}
}

// standIn stands in for the zero vector of an erased row. The cosine with a zero vector is not
// a number, so a search would leave the row out and could not be told from an incomplete one.
func standIn(dimension int) []float32 {
	v := make([]float32, dimension)
	v[0] = 1
	return v
}
