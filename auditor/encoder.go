package auditor

import "context"

// Encoder is a model under audit. internal/clip provides it.
//
// EncodeImages takes encoded image files and returns one unit vector for each, nil where an image
// could not be decoded: then failed[i] says why. err means the model failed.
type Encoder interface {
	EncodeTexts(ctx context.Context, texts []string) ([][]float32, error)
	EncodeImages(ctx context.Context, images [][]byte) (vectors [][]float32, failed []error, err error)
}
