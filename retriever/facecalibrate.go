package retriever

import "context"

// CalibrateFaces chooses the threshold for a false-match rate among faces: from the cosines between
// the faces in photos of different persons, which are as alike as those of anybody else. Where they
// are too few for the rate, random stored faces are taken as well, as Calibrate does rows. A face in a
// row whose caption mentions a person is not compared with that person's photos. Faces of a
// person in rows that do not say so would else set the threshold, since nothing is closer.
func CalibrateFaces(ctx context.Context, faces FaceSource, rows Rows, roster *Roster, refs []References, c Calibration) (*Calibrated, error) {
	both := facesAsRows{faces, rows}
	c.PersonsAlone = true
	return Calibrate(ctx, both, both, roster, refs, c)
}

// facesAsRows numbers faces as if they were rows, each with the caption of the row that shows it.
type facesAsRows struct {
	faces FaceSource
	rows  Rows
}

// Len implements Rows.
func (f facesAsRows) Len(ctx context.Context) (int64, error) { return f.faces.NumFaces(ctx) }

// Get implements Rows.
func (f facesAsRows) Get(ctx context.Context, ids []int64) ([]Row, error) {
	var of []int64
	err := f.faces.FacesAt(ctx, ids, func(s StoredFace, _ []float32) error {
		of = append(of, s.Row)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return f.rows.Get(ctx, of)
}

// Vectors implements VectorSource.
func (f facesAsRows) Vectors(ctx context.Context, _ Modality, ids []int64) (vectors [][]float32, err error) {
	err = f.faces.FacesAt(ctx, ids, func(_ StoredFace, v []float32) error {
		vectors = append(vectors, v)
		return nil
	})
	return vectors, err
}
