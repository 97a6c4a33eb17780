package vectors

import (
	"encoding/json"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"golang.org/x/sys/unix"
)

// arrowSuffix ends the names of Arrow files.
const arrowSuffix = ".arrow"

// arrowMetadata is the metadata of a partition in Arrow's IPC format, memory-mapped: any row is at
// hand, whatever was read before.
type arrowMetadata struct {
	path    string
	mapped  []byte
	columns []metadataColumn
	batches []arrow.RecordBatch
	ends    []int // rows up to and with each batch
}

// openArrow maps the Arrow file of a metadata file; nil when there is none, or none of this file
// as it is now.
func openArrow(dir, name string, rows int, is origin) (*arrowMetadata, error) {
	path := derivedPath(dir, name, arrowSuffix)
	mapped, err := mapDerived(path)
	if err != nil || mapped == nil {
		return nil, err
	}
	a, err := newArrow(path, mapped, rows, is)
	if err != nil || a == nil {
		return nil, unix.Munmap(mapped) // what is damaged is as good as missing
	}
	return a, nil
}

// newArrow reads the footer of a mapped file; nil when it belongs to something else.
func newArrow(path string, mapped []byte, rows int, is origin) (a *arrowMetadata, err error) {
	defer damaged(path, &err)
	r, err := ipc.NewMappedFileReader(mapped)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged: %w", path, err)
	}
	var from origin
	at := r.Schema().Metadata().FindKey(originKey)
	if at < 0 || json.Unmarshal([]byte(r.Schema().Metadata().Values()[at]), &from) != nil || from != is {
		return nil, nil
	}
	a = &arrowMetadata{path: path, mapped: mapped}
	for _, f := range r.Schema().Fields() {
		text, _ := f.Metadata.GetValue(roleKeyOf)
		number, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: column %s has no role: %w", path, f.Name, err)
		}
		a.columns = append(a.columns, metadataColumn{name: f.Name, role: role(number)})
	}
	total := 0
	for i := range r.NumRecords() {
		batch, err := r.RecordBatchAt(i)
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", path, err)
		}
		total += int(batch.NumRows())
		a.batches, a.ends = append(a.batches, batch), append(a.ends, total)
	}
	if total != rows {
		return nil, nil
	}
	return a, nil
}

// row copies one row out of the file.
func (a *arrowMetadata) row(row int) (out metadataRow, err error) {
	defer damaged(a.path, &err)
	out.empty = true
	i := sort.SearchInts(a.ends, row+1)
	batch := a.batches[i]
	at := row - (a.ends[i] - int(batch.NumRows()))
	for j, c := range a.columns {
		out.set(c, arrowValue(batch.Column(j), at))
	}
	return out, nil
}

// close unmaps the file.
func (a *arrowMetadata) close() error {
	if a == nil {
		return nil
	}
	for _, b := range a.batches {
		b.Release()
	}
	if err := unix.Munmap(a.mapped); err != nil {
		return fmt.Errorf("cannot unmap %s: %w", a.path, err)
	}
	return nil
}

// arrowValue gives what the Parquet file had: nil, bool, int64, float64, string or []any of these.
func arrowValue(column arrow.Array, i int) any {
	if column.IsNull(i) {
		return nil
	}
	switch values := column.(type) {
	case *array.Boolean:
		return values.Value(i)
	case *array.Int64:
		return values.Value(i)
	case *array.Float64:
		return values.Value(i)
	case *array.String:
		return strings.Clone(values.Value(i)) // the mapping may go before the row does
	case *array.List:
		start, end := values.ValueOffsets(i)
		list := make([]any, 0, end-start)
		for j := start; j < end; j++ {
			list = append(list, arrowValue(values.ListValues(), int(j)))
		}
		return list
	}
	return nil
}
