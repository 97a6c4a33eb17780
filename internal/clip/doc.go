// Package clip runs CLIP models on ONNX Runtime: it reads model bundles, tokenizes captions and
// preprocesses images as the models were trained, and turns both into unit vectors.
//
//	rt, err := clip.Start("")                   // the library
//	b, err := clip.OpenBundle(dir, "")          // what the model is, checked
//	m, err := rt.Load(b, clip.Options{})        // ready to encode, for any number of goroutines
//	vectors, err := m.EncodeTexts(ctx, texts)
package clip
