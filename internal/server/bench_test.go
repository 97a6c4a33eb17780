package server_test

import (
	"encoding/json"
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

// benchRows is how many rows of 512 numbers are searched; ROLLCALL_BENCH_ROWS changes it.
func benchRows() int {
	rows, err := strconv.Atoi(os.Getenv("ROLLCALL_BENCH_ROWS"))
	if err != nil {
		return 100_000
	}
	return rows
}

// BenchmarkKNN asks for 40 results with metadata by vector, over HTTP, from 1 and from 64 clients,
// and reports the latency's percentiles.
func BenchmarkKNN(b *testing.B) {
	const dimension = 512
	rows := benchRows()
	dir := b.TempDir()
	w, err := vectors.NewPartitionWriter(dir, 0, 1, dimension, true, false)
	require.NoError(b, err)
	random := rand.New(rand.NewPCG(1, 2))
	unit := func() []float32 {
		v, square := make([]float32, dimension), 0.0
		for i := range v {
			v[i] = float32(random.NormFloat64())
			square += float64(v[i]) * float64(v[i])
		}
		for i := range v {
			v[i] /= float32(math.Sqrt(square))
		}
		return v
	}
	for i := range rows {
		require.NoError(b, w.Append(unit(), nil, retriever.Row{ID: int64(i), Caption: "caption " + strconv.Itoa(i), URL: "https://example.org/" + strconv.Itoa(i)}))
	}
	_, err = w.Close()
	require.NoError(b, err)
	store, err := vectors.Open(dir)
	require.NoError(b, err)
	defer store.Close()
	s, err := server.New(server.Options{Indices: []server.Index{{Name: "i", Store: store, Dimension: dimension, Modalities: []retriever.Modality{retriever.Image}}}})
	require.NoError(b, err)
	defer s.Close()
	web := httptest.NewServer(s.Handler())
	defer web.Close()
	bodies := make([]string, 256)
	for i := range bodies {
		text, err := json.Marshal(map[string]any{"embedding_input": unit(), "modality": "image", "num_images": 40, "indice_name": ""})
		require.NoError(b, err)
		bodies[i] = string(text)
	}
	for _, clients := range []int{1, 64} {
		b.Run("clients="+strconv.Itoa(clients), func(b *testing.B) { ask(b, web.URL, bodies, clients) })
	}
}

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
				response, err := client.Post(url+"/knn-service", "", strings.NewReader(bodies[i%len(bodies)]))
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
