package vectors

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/storetest"
	"rollcall/retriever"
)

// TestConformanceDerived runs the suite on folders with derived files.
func TestConformanceDerived(t *testing.T) {
	for _, bare := range []bool{false, true} {
		storetest.Run(t, func(t *testing.T, data []retriever.RowBatch) storetest.Store {
			dir := buildIndex(t, data)
			if bare {
				makeBare(t, dir)
			}
			require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
			return &erasing{Store: openStore(t, dir), t: t}
		})
	}
}

// hardVectors makes sets of vectors that try the bound: without structure, in clusters, all nearly
// one, only two different ones, with one value that dwarfs the others, and with every value half-way
// between two codes.
func hardVectors(rng *rand.Rand, rows, dimension int) map[string][][]float32 {
	sets := map[string]func(i, j int) float64{
		"random":    func(int, int) float64 { return rng.NormFloat64() },
		"near":      func(_, j int) float64 { return float64(j%7+1) + rng.NormFloat64()*0.01 },
		"outlier":   func(_, j int) float64 { return rng.NormFloat64() * map[bool]float64{true: 300, false: 1}[j == 3] },
		"half-way":  func(i, j int) float64 { return float64((i*31+j*17)%127) + 0.5 + 126.5*float64(1&^min(j, 1)) },
		"opposites": func(i, j int) float64 { return float64(1-i%2*2) * float64(j%5-2) },
	}
	centres := randomQueries(rng, 20, dimension)
	sets["equal"] = func(i, j int) float64 { return float64(centres[i*2/rows][j]) }
	sets["clustered"] = func(i, j int) float64 { return float64(centres[i%20][j]) + rng.NormFloat64()*0.2 }
	out := map[string][][]float32{}
	for name, value := range sets {
		for i := range rows {
			v := make([]float32, dimension)
			for j := range v {
				v[j] = float32(value(i, j))
			}
			out[name] = append(out[name], v)
		}
	}
	return out
}

// TestPruningIsExact compares searches with codes and without, bit by bit, by every method, at
// thresholds that are rows' own similarities and at the floats beside them.
func TestPruningIsExact(t *testing.T) {
	const rows, dimension = 1000, 70
	rng := rand.New(rand.NewPCG(7, 7))
	for name, vectors := range hardVectors(rng, rows, dimension) {
		t.Run(name, func(t *testing.T) {
			batch := retriever.RowBatch{Rows: make([]retriever.Row, rows), Image: vectors}
			dir := buildIndex(t, []retriever.RowBatch{batch})
			plain := openStore(t, dir)
			require.NoError(t, Derive(t.Context(), dir, DeriveOptions{OneBit: true}))
			queries := append(randomQueries(rng, 4, dimension), vectors[5], vectors[6])
			for _, by := range methods() {
				coded := openStore(t, dir)
				require.NotNil(t, coded.parts[0].imageCodes.halves)
				require.NotNil(t, coded.parts[0].imageCodes.bits)
				plain.method, coded.method = by, by
				for _, k := range []int{1, 40, rows} {
					want, _, err := plain.TopK(t.Context(), retriever.Image, queries, k)
					require.NoError(t, err)
					for _, n := range []int{1, 2, patient, len(queries)} { // at a time: rows wait for up to patient ones
						for q := 0; q+n <= len(queries); q++ {
							got, _, err := coded.TopK(t.Context(), retriever.Image, queries[q:q+n], k)
							require.NoError(t, err)
							require.Equal(t, want[q:q+n], got, "%s, k %d, queries %d to %d", by.name, k, q, q+n-1)
						}
					}
					for _, least := range []float32{want[0][k-1].Score, math.Nextafter32(want[0][k/2].Score, 2), math.Nextafter32(want[4][k/2].Score, -2)} {
						require.Equal(t, rangeHits(t, plain, queries, least), rangeHits(t, coded, queries, least), "%s, least %v", by.name, least)
					}
				}
				if name == "clustered" {
					coded.rescored.Store(0)
					rangeHits(t, coded, vectors[:1], 0.9)
					require.Less(t, coded.rescored.Load(), int64(rows/4), "codes must decide most rows")
				}
			}
		})
	}
}

// rangeHits gives the hits of a range search by query and row.
func rangeHits(t *testing.T, s *Store, queries [][]float32, least float32) map[[2]int64]float32 {
	t.Helper()
	out := map[[2]int64]float32{}
	require.NoError(t, s.Range(t.Context(), retriever.Image, queries, least, func(q int, h retriever.Hit) error {
		at := [2]int64{int64(q), h.ID}
		if _, twice := out[at]; twice {
			t.Errorf("row %d came twice for query %d", h.ID, q)
		}
		out[at] = h.Score
		return nil
	}))
	return out
}

// TestStaleCodes: codes of another state of a file are not used, and Derive makes them again.
func TestStaleCodes(t *testing.T) {
	for _, bare := range []bool{false, true} {
		dir := buildIndex(t, smallData())
		if bare {
			makeBare(t, dir)
		}
		require.Nil(t, openStore(t, dir).parts[0].imageCodes.halves)
		require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
		path := derivedPath(dir, "img_emb/img_emb_0.npy", codesSuffix)
		first, err := os.Stat(path)
		require.NoError(t, err)
		require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
		again, err := os.Stat(path)
		require.NoError(t, err)
		require.True(t, os.SameFile(first, again), "what is current is left alone")

		require.NoError(t, erase(t.Context(), dir, []int64{0}))
		require.NoFileExists(t, path, "codes are content too")
		require.Nil(t, openStore(t, dir).parts[0].imageCodes.halves)
		require.NoError(t, Derive(t.Context(), dir, DeriveOptions{}))
		require.NotNil(t, openStore(t, dir).parts[0].imageCodes.halves)

		changed := openStore(t, dir)
		if !bare {
			changed.manifest.Partitions[0].SHA256["img_emb/img_emb_0.npy"] = "other"
			require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), changed.manifest))
		} else {
			require.NoError(t, os.Chtimes(filepath.Join(dir, "img_emb/img_emb_0.npy"), time.Time{}, time.Unix(1, 0)))
		}
		require.Nil(t, openStore(t, dir).parts[0].imageCodes.halves, "codes of another state of the file")
		require.NotNil(t, openStore(t, dir).parts[1].imageCodes.halves)

		for name, content := range map[string]string{"empty": "", "short": codeMark, "text": string(make([]byte, 9000))} {
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			require.Nil(t, openStore(t, dir).parts[0].imageCodes.halves, name)
		}
	}
}

// TestDeriveRefuses: a file that is not what index.json names gets no codes, nor does a folder
// that somebody else writes to, and a cancelled call leaves nothing half-made.
func TestDeriveRefuses(t *testing.T) {
	dir := buildIndex(t, smallData())
	unlock, err := Lock(dir)
	require.NoError(t, err)
	require.ErrorContains(t, Derive(t.Context(), dir, DeriveOptions{}), "another rollcall")
	require.NoError(t, unlock())

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, Derive(ctx, dir, DeriveOptions{}), context.Canceled)
	left, err := filepath.Glob(filepath.Join(dir, derivedFolder, "*", "*"))
	require.NoError(t, err)
	require.Empty(t, left)

	path := filepath.Join(dir, "img_emb/img_emb_0.npy")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	content[len(content)-1] ^= 1
	require.NoError(t, os.WriteFile(path, content, 0o600))
	require.ErrorContains(t, Derive(t.Context(), dir, DeriveOptions{}), "img_emb_0.npy was changed")
}
