package main

import (
	"context"
	"errors"

	"rollcall/internal/face"
)

// faceFinder is the face models as the service takes them.
type faceFinder struct{ model *face.Model }

// MainFace implements server.FaceFinder.
func (f faceFinder) MainFace(ctx context.Context, file []byte) ([]float32, int, error) {
	faces, err := f.model.FindFile(ctx, file)
	if err != nil || len(faces) == 0 {
		return nil, 0, err
	}
	return face.Unit(face.Main(faces).Vector), len(faces), nil
}

// withFaceModels runs do with the bundle of --faces, where it is given.
func (s *service) withFaceModels(do func() error) (err error) {
	if s.flags.faces == "" {
		return do()
	}
	options, _ := s.flags.model.faceOptions()
	s.faces, err = face.Open(s.onnxruntime, s.flags.faces, options)
	if err != nil {
		return usageError{err}
	}
	return errors.Join(do(), s.faces.Close())
}
