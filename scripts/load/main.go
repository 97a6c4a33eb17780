// Load asks a service that speaks clip-retrieval's /knn-service, from many clients at once, and
// prints one line of JSON: rate, latencies, statuses, how health answered meanwhile, and the
// service's memory. It asks rollcall serve and clip-retrieval back alike.
//
//	go run ./scripts/load -queries FOLDER/queries.npy -clients 64 -for 60s -pid PID
//
// Each client sends its next request when it has its answer whole. The clients take processor time
// too: on the service's own machine the rates are those of both together.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

type settings struct {
	url, index, queries string
	clients             int
	lasts               time.Duration
	requests            int64 // 0: as many as lasts allows
	k, metadata         int
	rows                int
	of                  int64
	pid                 int
	ids                 string
	answers             int
	name                string
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", "http://127.0.0.1:1234", "the service")
	flag.StringVar(&s.index, "index", "", "index to ask; the first when empty")
	flag.StringVar(&s.queries, "queries", "queries.npy", "float32 vectors, one a row; each client goes through them from another place")
	flag.IntVar(&s.clients, "clients", 64, "clients at once")
	flag.DurationVar(&s.lasts, "for", 10*time.Second, "how long to ask")
	flag.Int64Var(&s.requests, "requests", 0, "stop after so many requests")
	flag.IntVar(&s.k, "k", 40, "results of a query")
	flag.IntVar(&s.metadata, "metadata", 40, "results that carry metadata")
	flag.IntVar(&s.rows, "rows", 0, "ask /metadata for so many random rows instead of searching")
	flag.Int64Var(&s.of, "of", 1_000_000, "rows of the index, for -rows")
	flag.IntVar(&s.pid, "pid", 0, "process of the service, whose memory and processor time are read from /proc")
	flag.StringVar(&s.ids, "ids", "", "file for the ids that the first queries were answered with, to compare services by")
	flag.IntVar(&s.answers, "answers", 200, "how many queries -ids asks")
	flag.StringVar(&s.name, "name", "", "what the line is called")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	asker, err := newAsker(s)
	if err != nil {
		return err
	}
	if s.ids != "" {
		return asker.writeIDs(ctx, s.ids, s.answers)
	}
	watched := watch(ctx, s)
	result, err := asker.load(ctx)
	if err != nil {
		return err
	}
	result.Watched = watched()
	return json.NewEncoder(os.Stdout).Encode(result)
}
