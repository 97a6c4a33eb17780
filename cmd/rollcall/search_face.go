package main

import (
	"context"
	"fmt"

	"rollcall/internal/face"
	"rollcall/retriever"
)

// nearestFaces compares the largest face in a photo with the stored faces.
func (a *app) nearestFaces(ctx context.Context, opened *index, flags searchFlags) (result retriever.Result, err error) {
	stored, err := openFaces(ctx, opened)
	if err != nil {
		return result, err
	}
	var query []float32
	err = a.withFaces(flags.faces, flags.model, stored, func(model *face.Model) error {
		faces, err := findFaces(ctx, model, flags.face)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			return usagef("%s: %w", flags.face, err)
		case len(faces) == 0:
			return usagef("%s: no face was found; give a photo in which one is larger and seen from the front", flags.face)
		case len(faces) > 1 && !a.quiet:
			fmt.Fprintf(a.stderr, "%s shows %d faces; the largest is searched for\n", flags.face, len(faces))
		}
		query = face.Main(faces).Vector
		return nil
	})
	if err != nil {
		return result, err
	}
	return retriever.SearchFaces(ctx, stored, opened, retriever.FaceQuery{
		Vectors: [][]float32{query}, K: flags.k, MinSimilarity: &flags.minSimilarity,
	})
}
