package vectors

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/parquet-go/parquet-go"

	"rollcall/retriever"
)

// The columns that every metadata file of ours starts with. A field of the same name gives way.
var fixedColumns = []string{"image_path", "caption", "key", "url"}

// rowsPerWrite bounds the parquet rows that are built at once.
const rowsPerWrite = 1024

// table holds the metadata of one partition until the types of its columns are known.
type table struct {
	rows  []retriever.Row
	names []string // of the fields, in the order in which they were first seen
	kinds map[string]kind
}

// add takes one row and learns its columns.
func (t *table) add(row retriever.Row) {
	if t.kinds == nil {
		t.kinds = map[string]kind{}
	}
	for _, name := range slices.Sorted(maps.Keys(row.Fields)) {
		if slices.Contains(fixedColumns, name) {
			continue
		}
		known, seen := t.kinds[name]
		if !seen {
			t.names = append(t.names, name)
		}
		_, k := plain(row.Fields[name])
		t.kinds[name] = known.join(k)
	}
	t.rows = append(t.rows, row)
}

// write writes the table as clip-retrieval does: snappy, every column optional.
func (t *table) write(w io.Writer) error {
	columns := make([]column, 0, len(fixedColumns)+len(t.names))
	for _, name := range fixedColumns {
		columns = append(columns, column{name, parquet.Optional(parquet.String())})
	}
	for _, name := range t.names {
		columns = append(columns, column{name, t.kinds[name].node()})
	}
	out := parquet.NewWriter(w, parquet.NewSchema("schema", newColumnGroup(columns)), parquet.Compression(&parquet.Snappy))
	for batch := range slices.Chunk(t.rows, rowsPerWrite) {
		rows := make([]parquet.Row, len(batch))
		for i, row := range batch {
			rows[i] = t.cells(row)
		}
		if _, err := out.WriteRows(rows); err != nil {
			return fmt.Errorf("cannot write metadata: %w", err)
		}
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("cannot write metadata: %w", err)
	}
	return nil
}

// cells makes one parquet row. An empty caption is a value, the other texts are null when empty;
// an erased row is null throughout.
func (t *table) cells(row retriever.Row) parquet.Row {
	out := make(parquet.Row, 0, len(fixedColumns)+len(t.names))
	for i, text := range []string{row.ImagePath, row.Caption, row.Key, row.URL} {
		var value any = text
		if row.Erased || text == "" && fixedColumns[i] != "caption" {
			value = nil
		} else {
			value, _ = plain(text)
		}
		out = append(out, kindText.cell(value, i))
	}
	for i, name := range t.names {
		value, _ := plain(row.Fields[name])
		if row.Erased {
			value = nil
		}
		out = append(out, t.kinds[name].cell(value, len(fixedColumns)+i))
	}
	return out
}

// column is a named column of a parquet schema.
type column struct {
	name string
	node parquet.Node
}

// columnGroup is a schema root that keeps its columns in order; parquet.Group sorts them by name.
type columnGroup struct {
	parquet.Group
	fields []parquet.Field
}

func newColumnGroup(columns []column) *columnGroup {
	g := &columnGroup{Group: parquet.Group{}}
	for _, c := range columns {
		g.Group[c.name] = c.node
	}
	byName := map[string]parquet.Field{}
	for _, f := range g.Group.Fields() {
		byName[f.Name()] = f
	}
	for _, c := range columns {
		g.fields = append(g.fields, byName[c.name])
	}
	return g
}

// Fields gives the columns in file order.
func (g *columnGroup) Fields() []parquet.Field { return g.fields }
