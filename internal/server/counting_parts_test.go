package server_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
	"rollcall/retriever"
)

// meeting is a source of two parts of one row, each of which is read only when the other is too.
// Without a second reader it ends only with the context.
type meeting struct{ retriever.CaptionSource }

func (meeting) Parts(context.Context) ([]retriever.CaptionPart, error) {
	here := make(chan struct{})
	part := func(ctx context.Context, visit func([]retriever.CaptionRow) error) error {
		select {
		case here <- struct{}{}:
		case <-here:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		return visit([]retriever.CaptionRow{{Caption: "Ann Lee"}})
	}
	return []retriever.CaptionPart{{First: 0, Read: part}, {First: 1, Read: part}}, nil
}

// lonely is the first part of a meeting alone.
type lonely struct{ meeting }

func (l lonely) Parts(ctx context.Context) ([]retriever.CaptionPart, error) {
	parts, err := l.meeting.Parts(ctx)
	return parts[:1], err
}

// TestCountsReadPartsSideBySide counts a source that one reader alone would wait for without end, and
// cancels one that does.
func TestCountsReadPartsSideBySide(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))) // as many readers
	base := smallWorld(t, func(o *server.Options) {
		alone := o.Indices[0]
		o.Indices[0].Captions = meeting{}
		alone.Name, alone.Captions = "alone", lonely{}
		o.Indices = append(o.Indices, alone)
	})
	status, job := call(t, http.MethodPost, base+"/v1/counts", map[string]any{"index": "small"})
	require.Equal(t, 202, status, job)
	end := ended(t, base, job)
	require.Equal(t, "done", end["state"], end)
	require.EqualValues(t, 2, end["done"], "progress ends with the last row")
	require.EqualValues(t, 2, countsOf(t, base, fmt.Sprint(job["id"]))["ann"]["mentions"])

	status, job = call(t, http.MethodPost, base+"/v1/counts", map[string]any{"index": "alone"})
	require.Equal(t, 202, status, job)
	require.Eventually(t, func() bool {
		_, now := call(t, http.MethodGet, base+fmt.Sprint("/v1/jobs/", job["id"]), nil)
		return now["stage"] == "captions"
	}, 10*time.Second, time.Millisecond)
	started := time.Now()
	status, job = call(t, http.MethodDelete, base+fmt.Sprint("/v1/jobs/", job["id"]), nil)
	require.Equal(t, 200, status)
	require.Equal(t, "cancelled", job["state"])
	require.Less(t, time.Since(started), time.Second)
}
