package vectors

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/parquetfile"
)

// role is what a metadata column is for.
type role int

const (
	roleField role = iota
	roleImagePath
	roleCaption
	roleURL
	roleKey
)

// metadataColumn is one leaf of a metadata file.
type metadataColumn struct {
	leaf     int // column number in the file
	name     string
	role     role
	repeated bool
	typ      parquet.Type
}

// metadataFile reads the rows of one metadata_N.parquet.
type metadataFile struct {
	path    string
	file    *os.File
	parquet *parquetfile.File
	columns []metadataColumn
}

// openMetadata opens a Parquet file and finds out what its columns are.
func openMetadata(path string) (m *metadataFile, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot open metadata: %w", err)
	}
	defer func() {
		if err != nil {
			f.Close() // read only: nothing can be lost
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the size of %s: %w", path, err)
	}
	p, err := parquetfile.Open(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s is not a whole Parquet file (%w): write it again", path, err)
	}
	return &metadataFile{path: path, file: f, parquet: p, columns: metadataColumns(p)}, nil
}

// damaged turns a panic of a library on a damaged file into an error.
func damaged(path string, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("%s is damaged: %v: write it again", path, p)
	}
}

// close closes the file.
func (m *metadataFile) close() error { return m.file.Close() }

// rows is the number of rows.
func (m *metadataFile) rows() int64 { return m.parquet.NumRows() }

// metadataColumns names the leaves of a file and gives the well-known ones their roles. The leaf
// of a list has the list's name.
func metadataColumns(p *parquetfile.File) []metadataColumn {
	var out []metadataColumn
	for _, path := range p.Schema().Columns() {
		leaf, ok := p.Schema().Lookup(path...)
		if !ok {
			continue
		}
		inner := slices.DeleteFunc(slices.Clone(path[1:]), func(s string) bool {
			return s == "list" || s == "element" || s == "item" || s == "key_value"
		})
		out = append(out, metadataColumn{
			leaf:     leaf.ColumnIndex,
			name:     strings.Join(append([]string{path[0]}, inner...), "."),
			repeated: leaf.MaxRepetitionLevel > 0,
			typ:      leaf.Node.Type(),
		})
	}
	assign(out, roleImagePath, "image_path")
	assign(out, roleCaption, "caption", "text")
	assign(out, roleURL, "url")
	assign(out, roleKey, "key")
	return out
}

// assign gives a role to the first column that has one of the names, the exact spelling before
// any other case ("url" before "URL").
func assign(columns []metadataColumn, r role, names ...string) {
	for _, name := range names {
		for _, same := range []func(a, b string) bool{func(a, b string) bool { return a == b }, strings.EqualFold} {
			i := slices.IndexFunc(columns, func(c metadataColumn) bool { return !c.repeated && same(c.name, name) })
			if i >= 0 {
				columns[i].role = r
				return
			}
		}
	}
}
