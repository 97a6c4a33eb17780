package vectors

import (
	"sort"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"rollcall/retriever"
)

// arrowCaptions reads captions, URLs and keys out of a partition's metadata in Arrow's format.
type arrowCaptions struct{ from *arrowMetadata }

func (a arrowCaptions) read(rows []retriever.CaptionRow, first int) (err error) {
	defer damaged(a.from.path, &err)
	for len(rows) > 0 {
		i := sort.SearchInts(a.from.ends, first+1)
		batch := a.from.batches[i]
		at := first - (a.from.ends[i] - int(batch.NumRows()))
		n := min(len(rows), int(batch.NumRows())-at)
		for j := range n {
			rows[j].Null = true // unless there is a column that says otherwise
		}
		for j, c := range a.from.columns {
			switch c.role {
			case roleCaption:
				eachText(batch.Column(j), at, n, func(i int, text string) { rows[i].Caption, rows[i].Null = text, false })
			case roleURL:
				eachText(batch.Column(j), at, n, func(i int, text string) { rows[i].URL = text })
			case roleKey:
				eachText(batch.Column(j), at, n, func(i int, text string) { rows[i].Key = text })
			}
		}
		rows, first = rows[n:], first+n
	}
	return nil
}

// close does nothing: the file is the store's.
func (a arrowCaptions) close() error { return nil }

// eachText visits the values of n rows that are not null. Their text is copied out of the file, which
// may be unmapped before they are of no use any more, all at once.
func eachText(column arrow.Array, first, n int, visit func(i int, text string)) {
	texts, ok := column.(*array.String)
	if !ok {
		for i := range n {
			if value := arrowValue(column, first+i); value != nil {
				visit(i, asText(value))
			}
		}
		return
	}
	bounds := texts.ValueOffsets()
	start, before := bounds[first], bounds[0]
	copied := string(texts.ValueBytes()[start-before : bounds[first+n]-before])
	for i := range n {
		if texts.IsValid(first + i) {
			visit(i, copied[bounds[first+i]-start:bounds[first+i+1]-start])
		}
	}
}
