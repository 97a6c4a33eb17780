package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"rollcall/internal/vectors"
)

// asker asks one service.
type asker struct {
	settings
	path   string
	bodies [][]byte
	client *http.Client
}

func newAsker(s settings) (a *asker, err error) {
	a = &asker{settings: s, path: "/knn-service", client: &http.Client{
		Timeout:   2 * time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: s.clients, MaxConnsPerHost: s.clients},
	}}
	if s.rows > 0 {
		a.path = "/metadata"
		a.bodies, err = rowRequests(s)
		return a, err
	}
	rows, err := vectors.ReadVectors(s.queries)
	if err != nil {
		return nil, err
	}
	a.bodies, err = searchRequests(s, rows)
	return a, err
}

// searchRequests are the queries, with the fields that clip-retrieval's own client sends.
func searchRequests(s settings, rows [][]float32) (bodies [][]byte, err error) {
	for _, v := range rows {
		body, err := json.Marshal(map[string]any{
			"text": nil, "image": nil, "image_url": nil, "embedding_input": v, "modality": "image", "num_images": s.metadata, "num_result_ids": s.k,
			"indice_name": s.index, "use_mclip": false, "deduplicate": false, "use_safety_model": false, "use_violence_detector": false,
			"aesthetic_score": 9, "aesthetic_weight": 0.5,
		})
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// rowRequests ask for random rows, other ones each time.
func rowRequests(s settings) (bodies [][]byte, err error) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		ids := make([]int64, s.rows)
		for i := range ids {
			ids[i] = random.Int64N(s.of)
		}
		body, err := json.Marshal(map[string]any{"ids": ids, "indice_name": s.index})
		if err != nil {
			return nil, err
		}
		bodies = append(bodies, body)
	}
	return bodies, nil
}

// ask sends the query of a number; answer has the whole body when wanted.
func (a *asker) ask(ctx context.Context, number int, answer io.Writer) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url+a.path, bytes.NewReader(a.bodies[number%len(a.bodies)]))
	if err != nil {
		return 0, err
	}
	response, err := a.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(answer, response.Body)
	return response.StatusCode, err
}

// result is what a load came to. Times are milliseconds, of answered queries alone.
type result struct {
	Name     string         `json:"name,omitempty"`
	Clients  int            `json:"clients"`
	Seconds  float64        `json:"seconds"`
	Answered int            `json:"answered"`
	Rate     float64        `json:"queries_per_second"`
	P50      float64        `json:"p50_ms"`
	P95      float64        `json:"p95_ms"`
	P99      float64        `json:"p99_ms"`
	Max      float64        `json:"max_ms"`
	Statuses map[string]int `json:"statuses"`
	Watched  watched        `json:"watched"`
}

// load asks from all clients until the time is over or the requests are sent.
func (a *asker) load(ctx context.Context) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, a.lasts)
	defer cancel()
	var sent atomic.Int64
	var mu sync.Mutex
	all := answers{statuses: map[string]int{}}
	var clients sync.WaitGroup
	start := time.Now()
	for c := range a.clients {
		clients.Go(func() {
			mine := a.oneClient(ctx, c*97, &sent)
			mu.Lock()
			defer mu.Unlock()
			all.add(mine)
		})
	}
	clients.Wait()
	seconds := time.Since(start).Seconds()
	a.client.CloseIdleConnections()
	if len(all.took) == 0 {
		return result{}, fmt.Errorf("no query was answered with 200: %v", all.statuses)
	}
	slices.Sort(all.took)
	return result{
		Name: a.name, Clients: a.clients, Seconds: seconds, Answered: len(all.took), Rate: float64(len(all.took)) / seconds,
		P50: all.quantile(.5), P95: all.quantile(.95), P99: all.quantile(.99), Max: all.quantile(1), Statuses: all.statuses,
	}, nil
}

// answers are what clients were told.
type answers struct {
	took     []time.Duration // of those with 200
	statuses map[string]int
}

func (a *answers) add(more answers) {
	a.took = append(a.took, more.took...)
	for status, n := range more.statuses {
		a.statuses[status] += n
	}
}

// quantile gives, in milliseconds, the answer that a share of the sorted answers were quicker than.
func (a answers) quantile(share float64) float64 {
	return milliseconds(a.took[min(len(a.took)-1, int(share*float64(len(a.took))))])
}

// oneClient asks one query after the other, from a number on; sent counts those of all clients.
func (a *asker) oneClient(ctx context.Context, first int, sent *atomic.Int64) answers {
	mine := answers{statuses: map[string]int{}}
	for i := first; ctx.Err() == nil && (a.requests == 0 || sent.Add(1) <= a.requests); i++ {
		asked := time.Now()
		status, err := a.ask(ctx, i, io.Discard)
		switch {
		case err != nil && ctx.Err() != nil: // the time was over before its answer came
		case err != nil:
			mine.statuses["error"]++
		default:
			mine.statuses[strconv.Itoa(status)]++
		}
		if err == nil && status == http.StatusOK {
			mine.took = append(mine.took, time.Since(asked))
		}
	}
	return mine
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// writeIDs writes what the first queries are answered with: one JSON array of ids a line.
func (a *asker) writeIDs(ctx context.Context, path string, queries int) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	for i := range queries {
		var answer bytes.Buffer
		status, err := a.ask(ctx, i, &answer)
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("status %d: %s", status, answer.String())
		}
		if err != nil {
			return fmt.Errorf("query %d: %w", i, err)
		}
		var hits []struct {
			ID int64 `json:"id"`
		}
		if err := json.Unmarshal(answer.Bytes(), &hits); err != nil {
			return fmt.Errorf("query %d: %w", i, err)
		}
		ids := make([]int64, len(hits))
		for j, hit := range hits {
			ids[j] = hit.ID
		}
		if err := json.NewEncoder(file).Encode(ids); err != nil {
			return err
		}
	}
	return nil
}
