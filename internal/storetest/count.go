package storetest

import (
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// rangeHits collects a range search by query.
func rangeHits(t *testing.T, s Store, m retriever.Modality, queries [][]float32, least float32) [][]retriever.Hit {
	t.Helper()
	out := make([][]retriever.Hit, len(queries))
	err := s.Range(t.Context(), m, queries, least, func(q int, h retriever.Hit) error {
		out[q] = append(out[q], h) // unguarded: visits must not overlap, and -race says when they do
		return nil
	})
	require.NoError(t, err)
	return out
}

func testRange(t *testing.T, s Store, d *data) {
	queries := queriesFor(9, 64)
	queries = append(queries, d.image[400])
	cases := []struct {
		name  string
		least float32
	}{
		{"all rows", -1.5}, {"most rows", -0.1}, {"half", 0}, {"few", 0.25}, {"the row itself", 0.9}, {"none", 1.5},
	}
	for _, m := range modalities {
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s %s", m, c.name), func(t *testing.T) {
				hits := rangeHits(t, s, m, queries, c.least)
				for q := range queries {
					requireRange(t, ranking(d.of(m), queries[q], nil), c.least, hits[q])
				}
			})
		}
	}
	t.Run("visit's error stops it", func(t *testing.T) {
		stop := errors.New("seen enough")
		visits := 0
		err := s.Range(t.Context(), retriever.Image, queries, -1.5, func(int, retriever.Hit) error {
			visits++
			return stop
		})
		require.ErrorIs(t, err, stop)
		require.Equal(t, 1, visits)
	})
}

// testBoundary counts at a similarity that rows have exactly, and at its two neighbours. Of 96
// rows 12 each have the cosines 1, 1/2, 1/4, 1/8 and their negatives with the first axis.
func testBoundary(t *testing.T, s Store) {
	query := make([]float32, 64)
	query[0] = 0.25
	up := func(x float32) float32 { return math.Nextafter32(x, 2) }
	down := func(x float32) float32 { return math.Nextafter32(x, -2) }
	cases := []struct {
		name  string
		least float32
		want  int
	}{
		{"on 1/2", 0.5, 24}, {"below 1/2", down(0.5), 24}, {"above 1/2", up(0.5), 12},
		{"on 1/8", 0.125, 48}, {"above 1/8", up(0.125), 36},
		{"on -1/4", -0.25, 72}, {"above -1/4", up(-0.25), 60}, {"below -1/4", down(-0.25), 72},
		{"on zero, which no row has", 0, 48},
	}
	for _, m := range modalities {
		for _, c := range cases {
			t.Run(fmt.Sprintf("%s %s", m, c.name), func(t *testing.T) {
				require.Len(t, rangeHits(t, s, m, [][]float32{query}, c.least)[0], c.want)
			})
		}
	}
}
