package server

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"

	"rollcall/retriever"
)

// RowInfo is one row as answers have it.
type RowInfo struct {
	ID        int64          `json:"id" doc:"row number, from 0"`
	Key       string         `json:"key,omitempty"`
	Caption   string         `json:"caption,omitempty"`
	URL       string         `json:"url,omitempty"`
	ImagePath string         `json:"image_path,omitempty"`
	Fields    map[string]any `json:"fields,omitempty" doc:"every other metadata column; nulls left out"`
	Erased    bool           `json:"erased,omitempty" doc:"content was removed; the number stays"`
}

// newRowInfo leaves out numbers that JSON cannot carry.
func newRowInfo(row retriever.Row) RowInfo {
	fields := maps.Clone(row.Fields)
	maps.DeleteFunc(fields, func(_ string, value any) bool { return finite(value) == nil })
	return RowInfo{ID: row.ID, Key: row.Key, Caption: row.Caption, URL: row.URL, ImagePath: row.ImagePath, Fields: fields, Erased: row.Erased}
}

// rowWithVector is a row and, where asked for, its stored vector.
type rowWithVector struct {
	RowInfo
	Vector []float32 `json:"vector,omitempty" doc:"as stored; absent unless asked for, or when it is not finite"`
}

type rowInput struct {
	Name   string `path:"name" maxLength:"255"`
	ID     int64  `path:"id" minimum:"0"`
	Vector string `query:"vector" enum:"image,text" doc:"which stored vector to give too"`
}

type rowOutput struct{ Body rowWithVector }

type rowsInput struct {
	Name   string  `path:"name" maxLength:"255"`
	IDs    []int64 `query:"ids" required:"true" minItems:"1" maxItems:"10000" doc:"row numbers, separated by commas"`
	Vector string  `query:"vector" enum:"image,text" doc:"which stored vectors to give too"`
}

type rowsOutput struct {
	Body struct {
		Rows []rowWithVector `json:"rows" nullable:"false" doc:"in the order asked"`
	}
}

func (v v1) addRows() {
	add(v, v.route("get-row", http.MethodGet, "/indices/{name}/rows/{id}", "One row"),
		func(ctx context.Context, in *rowInput) (*rowOutput, error) {
			rows, err := v.rows(ctx, in.Name, []int64{in.ID}, in.Vector)
			if err != nil {
				return nil, err
			}
			return &rowOutput{rows[0]}, nil
		})
	add(v, v.route("get-rows", http.MethodGet, "/indices/{name}/rows", "Several rows"),
		func(ctx context.Context, in *rowsInput) (*rowsOutput, error) {
			rows, err := v.rows(ctx, in.Name, in.IDs, in.Vector)
			if err != nil {
				return nil, err
			}
			out := &rowsOutput{}
			out.Body.Rows = rows
			return out, nil
		})
}

// rows reads rows, which must all exist.
func (s *Server) rows(ctx context.Context, name string, ids []int64, vector string) ([]rowWithVector, error) {
	index, err := s.index(name)
	if err != nil {
		return nil, err
	}
	if err := checkRows(ctx, index, ids); err != nil {
		return nil, err
	}
	found, err := index.Store.Get(ctx, ids)
	if err != nil {
		return nil, err
	}
	if err := s.record(ctx, rowsEntry(index, ids)); err != nil {
		return nil, err
	}
	rows := make([]rowWithVector, len(found))
	for i, row := range found {
		rows[i].RowInfo = newRowInfo(row)
	}
	if vector == "" {
		return rows, nil
	}
	vectors, err := index.Store.Vectors(ctx, retriever.Modality(vector), ids)
	if err != nil {
		return nil, badRequest("index %q has no %s embeddings", index.Name, vector)
	}
	for i := range rows {
		if whole(vectors[i]) {
			rows[i].Vector = vectors[i]
		}
	}
	return rows, nil
}

func checkRows(ctx context.Context, index *Index, ids []int64) error {
	rows, err := index.Store.Len(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id < 0 || id >= rows {
			return notFound("there is no row %d: index %q has %s", id, index.Name, rowRange(rows))
		}
	}
	return nil
}

func rowRange(rows int64) string {
	if rows == 0 {
		return "no rows"
	}
	return fmt.Sprintf("rows 0 to %d", rows-1)
}

// whole says whether JSON can carry a vector.
func whole(vector []float32) bool {
	for _, x := range vector {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return false
		}
	}
	return true
}
