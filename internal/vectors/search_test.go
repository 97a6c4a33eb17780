package vectors

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// randomBatch makes rows of random directions.
func randomBatch(rows, dimension int) retriever.RowBatch {
	rng := rand.New(rand.NewPCG(5, 5))
	b := retriever.RowBatch{Rows: make([]retriever.Row, rows), Image: make([][]float32, rows)}
	for i := range b.Image {
		b.Rows[i] = retriever.Row{ID: int64(i), Caption: "a photo"}
		b.Image[i] = make([]float32, dimension)
		for j := range b.Image[i] {
			b.Image[i][j] = float32(rng.NormFloat64()) / float32(math.Sqrt(float64(dimension)))
		}
	}
	return b
}

// TestSameScores asks the same with other numbers of cores and queries: not a bit may differ. 37
// dimensions make rows that start at every offset from a 16-byte boundary.
func TestSameScores(t *testing.T) {
	data := randomBatch(20000, 37)
	s := openStore(t, buildIndex(t, []retriever.RowBatch{data}))
	queries := data.Image[:300]
	want, _, err := s.TopK(t.Context(), retriever.Image, queries, 40)
	require.NoError(t, err)
	for _, cores := range []int{1, 2, 5} {
		old := runtime.GOMAXPROCS(cores)
		got, _, err := s.TopK(t.Context(), retriever.Image, queries, 40)
		runtime.GOMAXPROCS(old)
		require.NoError(t, err)
		require.Equal(t, want, got, "%d cores", cores)
	}
	for q := 0; q < len(queries); q += 41 {
		got, _, err := s.TopK(t.Context(), retriever.Image, queries[q:q+1], 40)
		require.NoError(t, err)
		require.Equal(t, want[q], got[0], "query %d alone", q)
	}
}

// TestTiesAtTheCut: of equal rows the lower numbers are in.
func TestTiesAtTheCut(t *testing.T) {
	data := randomBatch(30000, 4)
	for i := range data.Image {
		data.Image[i] = []float32{0.5, 0.5, 0.5, 0.5}
	}
	s := openStore(t, buildIndex(t, []retriever.RowBatch{data}))
	hits, exact, err := s.TopK(t.Context(), retriever.Image, [][]float32{{2, 0, 0, 0}}, 100)
	require.NoError(t, err)
	require.True(t, exact)
	for i, h := range hits[0] {
		require.Equal(t, retriever.Hit{ID: int64(i), Score: 0.5}, h)
	}
}

// TestOddRows searches rows that have no direction in float32.
func TestOddRows(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(dir+"/img_emb", 0o755))
	f, err := os.Create(dir + "/img_emb/img_emb_0.npy")
	require.NoError(t, err)
	require.NoError(t, WriteFloat32(f, [][]float32{{nan, 1}, {inf, 0}, {1e-30, 0}, {3e38, 3e38}, {0, 0}, {3, 4}}))
	require.NoError(t, f.Close())
	s := openStore(t, dir)
	hits, _, err := s.TopK(t.Context(), retriever.Image, [][]float32{{0, 1}}, 10)
	require.NoError(t, err)
	require.Len(t, hits[0], 1)
	require.Equal(t, int64(5), hits[0][0].ID)
	require.InDelta(t, 0.8, hits[0][0].Score, 1e-7) // 4/5
}

// TestRecordedAnswers asks what a running clip-retrieval was asked: the same rows with the same
// similarities must come back.
func TestRecordedAnswers(t *testing.T) {
	content, err := os.ReadFile(fixture(t, "clip-retrieval/clip_back_exchanges.json"))
	require.NoError(t, err)
	var recorded struct {
		Data struct {
			Image [][]float32 `json:"image_vectors"`
			Text  [][]float32 `json:"text_vectors"`
		} `json:"data"`
		Exchanges []struct {
			Name, Path string
			Request    string `json:"request_body"`
			Response   string `json:"response_body"`
			Status     int
		} `json:"exchanges"`
	}
	require.NoError(t, json.Unmarshal(content, &recorded))
	require.Len(t, recorded.Data.Image, 12)
	require.Len(t, recorded.Data.Text, 12)
	s := openStore(t, buildIndex(t, []retriever.RowBatch{{
		Rows: make([]retriever.Row, 12), Image: recorded.Data.Image, Text: recorded.Data.Text,
	}}))
	compared := 0
	for _, e := range recorded.Exchanges {
		var request struct {
			Embedding   []float32 `json:"embedding_input"`
			Modality    string    `json:"modality"`
			Index       *string   `json:"indice_name"`
			Deduplicate bool      `json:"deduplicate"`
		}
		var want []retriever.Hit
		if e.Path != "/knn-service" || e.Status != 200 || json.Unmarshal([]byte(e.Request), &request) != nil ||
			request.Deduplicate || request.Index != nil && *request.Index != "example_index" {
			continue
		}
		require.NoError(t, json.Unmarshal([]byte(e.Response), &want))
		modality := retriever.Text
		if request.Modality == "image" {
			modality = retriever.Image
		}
		hits, _, err := s.TopK(t.Context(), modality, [][]float32{request.Embedding}, len(want))
		require.NoError(t, err)
		require.Len(t, hits[0], len(want), e.Name)
		for i, w := range want {
			require.Equal(t, w.ID, hits[0][i].ID, "%s: rank %d", e.Name, i)
			// The recorded one is the inner product of vectors that float16 left up to 0.0003 off
			// length 1, ours the cosine.
			require.InDelta(t, w.Score, hits[0][i].Score, 1e-3, e.Name)
		}
		compared++
	}
	require.GreaterOrEqual(t, compared, 6)
}

func TestSearchStops(t *testing.T) {
	data := randomBatch(50000, 64)
	s := openStore(t, buildIndex(t, []retriever.RowBatch{data}))
	ctx, cancel := context.WithCancel(t.Context())
	visits := 0
	started := time.Now()
	err := s.Range(ctx, retriever.Image, data.Image[:2000], -2, func(int, retriever.Hit) error {
		if visits++; visits == 1 {
			cancel()
			started = time.Now()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(started), time.Second)
	require.Less(t, visits, 50000*2000/2)

	_, _, err = s.TopK(t.Context(), retriever.Image, data.Image[:1], 0)
	require.ErrorContains(t, err, "ask for 1 or more")
	err = s.Range(t.Context(), retriever.Image, data.Image[:1], float32(math.NaN()), nil)
	require.ErrorContains(t, err, "not a number")
}

// benchmarkTopK measures brute force over 100,000 rows of 512 dimensions.
func benchmarkTopK(b *testing.B, queries int) {
	const rows = 100_000
	data := randomBatch(rows, 512)
	s := openStore(b, buildIndex(b, []retriever.RowBatch{data}))
	for b.Loop() {
		if _, _, err := s.TopK(b.Context(), retriever.Image, data.Image[:queries], 10); err != nil {
			b.Fatal(err)
		}
	}
	seconds := b.Elapsed().Seconds() / float64(b.N)
	b.ReportMetric(rows/seconds, "rows/s")
	b.ReportMetric(rows*float64(queries)/seconds, "comparisons/s")
}

func BenchmarkTopK1(b *testing.B)   { benchmarkTopK(b, 1) }
func BenchmarkTopK10(b *testing.B)  { benchmarkTopK(b, 10) }
func BenchmarkTopK100(b *testing.B) { benchmarkTopK(b, 100) }
