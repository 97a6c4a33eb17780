package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// benchFolder is an embedding folder of 512-dimensional image vectors: that of
// ROLLCALL_BENCH_FOLDER, with what was derived of it, or 100,000 random rows.
func benchFolder(b *testing.B) string {
	if dir := os.Getenv("ROLLCALL_BENCH_FOLDER"); dir != "" {
		return dir
	}
	dir := b.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, benchDimension, true, false)
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		row := retriever.Row{ID: int64(i), Caption: "caption " + strconv.Itoa(i), URL: "https://example.org/" + strconv.Itoa(i)}
		require.NoError(b, w.Append(unit(random), nil, row))
	}
	_, err = w.Close()
	require.NoError(b, err)
	require.NoError(b, vectors.Derive(b.Context(), dir, vectors.DeriveOptions{}))
	return dir
}

const benchDimension = 512

func unit(random *rand.Rand) []float32 {
	v, square := make([]float32, benchDimension), 0.0
	for i := range v {
		v[i] = float32(random.NormFloat64())
		square += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

// BenchmarkKNN asks by vector over HTTP, from 1 and from 64 clients, and reports the latency's
// percentiles: 40 results with metadata, and 1,000. The queries are rows of the folder with noise.
func BenchmarkKNN(b *testing.B) {
	store, err := vectors.Open(benchFolder(b))
	require.NoError(b, err)
	defer store.Close()
	s, err := server.New(server.Options{Indices: []server.Index{{
		Name: "i", Store: store, Dimension: benchDimension, Modalities: []retriever.Modality{retriever.Image},
	}}})
	require.NoError(b, err)
	defer s.Close()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	rows, err := store.Len(b.Context())
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(3, 4))
	for _, k := range []int{40, 1000} {
		bodies := make([]string, 256)
		for i := range bodies {
			near, err := store.Vectors(b.Context(), retriever.Image, []int64{random.Int64N(rows)})
			require.NoError(b, err)
			query := near[0]
			for j, noise := range unit(random) {
				query[j] += 0.3 * noise
			}
			text, err := json.Marshal(map[string]any{"embedding_input": query, "modality": "image", "num_images": k, "indice_name": ""})
			require.NoError(b, err)
			bodies[i] = string(text)
		}
		for _, clients := range []int{1, 64} {
			b.Run(fmt.Sprintf("k=%d/clients=%d", k, clients), func(b *testing.B) { ask(b, web.URL+"/knn-service", bodies, clients) })
		}
	}
}

// BenchmarkMetadata asks for the metadata of 1,000 random rows over HTTP, other ones each time.
func BenchmarkMetadata(b *testing.B) {
	store, err := vectors.Open(benchFolder(b))
	require.NoError(b, err)
	defer store.Close()
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: store, Dimension: benchDimension}}})
	require.NoError(b, err)
	defer s.Close()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	rows, err := store.Len(b.Context())
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(5, 6))
	bodies := make([]string, 500)
	for i := range bodies {
		ids := make([]int64, 1000)
		for j := range ids {
			ids[j] = random.Int64N(rows)
		}
		text, err := json.Marshal(map[string]any{"ids": ids, "indice_name": ""})
		require.NoError(b, err)
		bodies[i] = string(text)
	}
	b.Run("rows=1000", func(b *testing.B) { ask(b, web.URL+"/metadata", bodies, 1) })
}

// ask posts the bodies in turn from so many clients, and reports rate and latencies.
func ask(b *testing.B, url string, bodies []string, clients int) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: clients}}
	defer client.CloseIdleConnections()
	turns := make(chan int)
	took := make([]time.Duration, b.N)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for i := range turns {
				start := time.Now()
				response, err := client.Post(url, "", strings.NewReader(bodies[i%len(bodies)]))
				if err != nil {
					b.Error(err)
					continue
				}
				if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
					b.Error(response.Status, err)
				}
				_ = response.Body.Close()
				took[i] = time.Since(start)
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		turns <- i
	}
	close(turns)
	wait.Wait()
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
}
