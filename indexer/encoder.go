package indexer

import "context"

// Pixels is one preprocessed image: float32, channels first, 3 x S x S, as the model takes it.
type Pixels []float32

// Promiser is an Encoder that tells how many pixels an image file says that it has, before any is
// decoded, so that large images can be decoded one at a time.
type Promiser interface {
	Promised(image []byte) int
}

// Encoder turns images and captions into unit vectors. internal/clip provides it; the room
// declares it to stay free of ONNX Runtime.
//
// Decode is pure CPU work, called from many goroutines at once; it puts the image into the memory of
// dst where that has room (nil has none), and its error says what is wrong with the image (the sample
// then becomes a ledger record). EncodePixels and EncodeTexts return one
// vector of the model's dimension for each input, L2-normalised in float32; an error means the
// model failed, not a sample. A vector with a NaN or an infinity is returned as it is: the caller
// records that sample.
type Encoder interface {
	Decode(dst Pixels, image []byte) (Pixels, error)
	EncodePixels(ctx context.Context, batch []Pixels) ([][]float32, error)
	EncodeTexts(ctx context.Context, batch []string) ([][]float32, error)
}
