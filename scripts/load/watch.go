package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// watched is what was seen of the service while it was asked.
type watched struct {
	Health      int     `json:"health_answers"`          // of /healthz with 200
	HealthBad   int     `json:"health_failures"`         // anything else
	HealthMax   float64 `json:"health_max_ms"`           // the slowest of the answers
	AnonFirst   int64   `json:"anon_first_mb,omitempty"` // anonymous memory after five seconds, when queries have warmed it
	AnonLast    int64   `json:"anon_last_mb,omitempty"`
	AnonMost    int64   `json:"anon_most_mb,omitempty"`
	ProcessorMS int64   `json:"processor_ms,omitempty"` // user and system time of the service
}

// watch looks at health and memory twice a second until the returned function is called.
func watch(ctx context.Context, s settings) func() watched {
	ctx, stop := context.WithCancel(ctx)
	done := make(chan watched, 1)
	go func() {
		var w watched
		began := processor(s.pid)
		client := &http.Client{Timeout: 5 * time.Second}
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for seen := 1; ; seen++ {
			select {
			case <-ctx.Done():
				w.ProcessorMS = processor(s.pid) - began
				done <- w
				return
			case <-tick.C:
				w.health(client, s.url)
				w.memory(s.pid, seen)
			}
		}
	}()
	return func() watched { stop(); return <-done }
}

func (w *watched) health(client *http.Client, url string) {
	asked := time.Now()
	response, err := client.Get(url + "/healthz")
	if err != nil {
		w.HealthBad++
		return
	}
	_ = response.Body.Close() // only the status counts
	if response.StatusCode != http.StatusOK {
		w.HealthBad++ // as of a service without the route
		return
	}
	w.Health++
	w.HealthMax = max(w.HealthMax, milliseconds(time.Since(asked)))
}

// memory reads the memory of a process that is no file's.
func (w *watched) memory(pid, seen int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	found := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)
	if err != nil || found == nil {
		return
	}
	kilobytes, _ := strconv.ParseInt(string(found[1]), 10, 64)
	w.AnonLast = kilobytes >> 10
	w.AnonMost = max(w.AnonMost, w.AnonLast)
	if seen <= 10 {
		w.AnonFirst = w.AnonLast
	}
}

// processor is the time that a process has used: fields 14 and 15 of its stat, in hundredths.
func processor(pid int) int64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return 10 * (user + system)
}
