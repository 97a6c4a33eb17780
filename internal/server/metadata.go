package server

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"rollcall/internal/server/querylog"
	"rollcall/retriever"
)

// maxMetadataIDs bounds one request for metadata.
const maxMetadataIDs = 10000

// loggedIDs bounds the rows, or the persons, that a line of the query log names.
const loggedIDs = 100

// metadata is POST /metadata: the configured columns of the asked rows, in the order asked.
func (s *Server) metadata(c *gin.Context) error {
	defer s.metrics.timed(metadataGet, time.Now())
	var fields map[string]json.RawMessage
	if err := readObject(c, &fields); err != nil {
		return err
	}
	name, err := indexName(fields["indice_name"])
	if err != nil {
		return err
	}
	index, err := s.index(name)
	if err != nil {
		return err
	}
	ids, err := readIDs(fields["ids"])
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	rows, err := index.Store.Len(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id < 0 || id >= rows {
			return badRequest("there is no row %d: index %q has rows 0 to %d", id, index.Name, rows-1)
		}
	}
	found, err := index.Store.Get(ctx, ids)
	if err != nil {
		return err
	}
	results, room := make([]gin.H, len(found)), maxInlined
	for i, row := range found {
		results[i] = gin.H{"id": row.ID, "metadata": s.columns(row, &room)}
	}
	if err := s.record(ctx, rowsEntry(index, ids)); err != nil {
		return err
	}
	return answer(c, http.StatusOK, results)
}

// rowsEntry is the query log's line of a look at rows.
func rowsEntry(index *Index, ids []int64) querylog.Entry {
	return querylog.Entry{Action: "rows", Index: index.Name, Rows: ids[:min(len(ids), loggedIDs)], Asked: len(ids), Results: len(ids)}
}

// readIDs takes row numbers as JSON numbers or, since JavaScript rounds long ones, as strings.
func readIDs(raw json.RawMessage) ([]int64, error) {
	var values []any
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		return nil, badRequest("ids must be an array of row numbers")
	}
	if len(values) > maxMetadataIDs {
		return nil, badRequest("%d ids are too many for one request: send at most %d", len(values), maxMetadataIDs)
	}
	ids := make([]int64, len(values))
	for i, value := range values {
		switch value := value.(type) {
		case float64:
			if value != math.Trunc(value) || math.Abs(value) > 1<<53 {
				return nil, badRequest("ids[%d] is not a row number", i)
			}
			ids[i] = int64(value)
		case string:
			id, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return nil, badRequest("ids[%d] is not a row number", i)
			}
			ids[i] = id
		default:
			return nil, badRequest("ids[%d] is not a row number", i)
		}
	}
	return ids, nil
}

// columns picks the configured columns of a row, with null where the row has no value, and adds
// the image itself when it lies below an image root and there is room for it in the answer.
func (s *Server) columns(row retriever.Row, room *int) map[string]any {
	columns := make(map[string]any, len(s.options.Columns)+1)
	for _, name := range s.options.Columns {
		columns[name] = column(row, name)
	}
	if *room <= 0 {
		return columns
	}
	if image := s.inlineImage(row.ImagePath); image != "" && len(image) <= *room {
		columns["image"] = image
		*room -= len(image)
	}
	return columns
}

func column(row retriever.Row, name string) any {
	var text string
	switch name {
	case "url":
		text = row.URL
	case "caption":
		text = row.Caption
	case "image_path":
		text = row.ImagePath
	case "key":
		text = row.Key
	default:
		return finite(row.Fields[name])
	}
	if text == "" {
		return nil
	}
	return text
}

// finite gives null for a number that JSON cannot carry; NaN would break every client's parser.
func finite(value any) any {
	switch number := value.(type) {
	case float64:
		if math.IsNaN(number) || math.IsInf(number, 0) {
			return nil
		}
	case float32:
		return finite(float64(number))
	case []any:
		clean := make([]any, len(number))
		for i, x := range number {
			clean[i] = finite(x)
		}
		return clean
	}
	return value
}
