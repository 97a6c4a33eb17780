package retriever

import "context"

// Box is where a face is in its image, in pixels from the upper left corner.
type Box struct {
	Left   float32 `json:"left"`
	Top    float32 `json:"top"`
	Width  float32 `json:"width"`
	Height float32 `json:"height"`
}

// StoredFace is one of the faces that an index has of its rows.
type StoredFace struct {
	ID  int64 `json:"id"` // number among the index's faces, from 0, in the order of rows
	Row int64 `json:"-"`  // the row that shows it
	Box
	Score float32 `json:"score"` // of the detector, from 0 to 1
}

// FaceHit is a stored face with its similarity to a query.
type FaceHit struct {
	StoredFace
	Similarity float32 // cosine, from -1 to 1
}

// FaceSearcher finds the nearest faces, exactly. Both stores of faces provide it.
//
// TopFaces returns for each query its k nearest faces, best first, ties by lower ID; fewer only when
// fewer are stored. A row comes as often as it has faces among them. Queries need not be normalised.
type FaceSearcher interface {
	TopFaces(ctx context.Context, queries [][]float32, k int) ([][]FaceHit, error)
}

// FaceCounter finds every face at or above a similarity, exactly. Both stores of faces provide it.
//
// RangeFaces calls visit for every (query, face) whose cosine is >= least, in no particular order,
// from one goroutine at a time; it visits all or returns an error.
type FaceCounter interface {
	RangeFaces(ctx context.Context, queries [][]float32, least float32, visit func(query int, h FaceHit) error) error
}

// RowFaces gives the faces of some rows. Both stores of faces provide it.
//
// FacesOf calls visit for every face of the rows, which must increase, in the order of ids. The
// vector has length 1 and is visit's to keep.
type RowFaces interface {
	FacesOf(ctx context.Context, rows []int64, visit func(f StoredFace, vector []float32) error) error
}

// FaceSource gives faces by number. Both stores of faces provide it.
//
// NumFaces is how many are stored. FacesAt calls visit for the faces of the ids, which must increase,
// in their order; an unknown id is an error. The vector has length 1 and is visit's to keep.
type FaceSource interface {
	NumFaces(ctx context.Context) (int64, error)
	FacesAt(ctx context.Context, ids []int64, visit func(f StoredFace, vector []float32) error) error
}
