package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/sync/semaphore"
)

const (
	// smallBody is read whoever else is asking; larger bodies share a budget.
	smallBody = 64 << 10
	// patience is how long a request waits for its turn.
	patience = 5 * time.Second
)

// admission bounds the requests at work, those that wait, and the memory of their bodies. What is
// beyond is answered 503 at once: a queue that only grows answers nobody.
type admission struct {
	maxBody    int64
	bodies     *semaphore.Weighted
	running    chan struct{}
	waiting    atomic.Int64
	maxWaiting int64
	metrics    *metrics
}

func newAdmission(o Options, m *metrics) *admission {
	return &admission{
		maxBody: o.MaxBody, bodies: semaphore.NewWeighted(o.MaxBodies), running: make(chan struct{}, o.MaxRunning),
		maxWaiting: int64(o.MaxWaiting), metrics: m,
	}
}

// admit reads the request's body whole, then waits for a turn: a slow sender keeps nobody waiting.
// Streams of events are let through; they would keep their turn for hours.
func (s *Server) admit(c *gin.Context) {
	var held int64
	drop := sync.OnceFunc(func() { s.admission.bodies.Release(held) })
	body, err := s.admission.read(c, &held)
	defer drop()
	if err != nil {
		s.fail(c, err)
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	c.Request.ContentLength = int64(len(body))
	if strings.Contains(c.GetHeader("Accept"), "text/event-stream") {
		c.Next()
		return
	}
	leave, err := s.admission.enter(c.Request.Context())
	if err != nil {
		s.fail(c, err)
		return
	}
	defer leave()
	c.Set(turnKey, func() { leave(); drop() })
	c.Next()
}

// turnKey is where a request keeps the function that ends its turn.
const turnKey = "rollcall.turn"

// endTurn lets the next request in; what is left to do is to send the answer, which a slow reader
// can make last.
func endTurn(c *gin.Context) {
	if leave, ok := c.Value(turnKey).(func()); ok {
		c.Request.Body = http.NoBody
		leave()
	}
}

// enter waits for a turn.
func (a *admission) enter(ctx context.Context) (leave func(), err error) {
	leave = sync.OnceFunc(func() { <-a.running })
	select {
	case a.running <- struct{}{}:
		return leave, nil
	default:
	}
	defer a.waiting.Add(-1)
	if a.waiting.Add(1) > a.maxWaiting {
		return nil, a.shed("full")
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case a.running <- struct{}{}:
		return leave, nil
	case <-timer.C:
		return nil, a.shed("slow")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (a *admission) shed(reason string) error {
	a.metrics.shed.WithLabelValues(reason).Inc()
	return &Error{Status: http.StatusServiceUnavailable, Message: "the service has too much to do: try again in a moment", RetryAfter: time.Second}
}

// read takes a body into memory; held becomes what it has of the budget.
func (a *admission) read(c *gin.Context, held *int64) ([]byte, error) {
	r := c.Request
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > a.maxBody {
		return nil, &http.MaxBytesError{Limit: a.maxBody}
	}
	limited := http.MaxBytesReader(c.Writer, r.Body, a.maxBody)
	size := int64(smallBody)
	if r.ContentLength > 0 {
		size = min(size, r.ContentLength+1) // and room to see the end
	}
	body := make([]byte, 0, size)
	for {
		n, err := limited.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, unreadable(err)
		case len(body) < cap(body):
			continue
		}
		larger := min(2*int64(cap(body)), a.maxBody+1)
		if !a.bodies.TryAcquire(larger) { // the old and the new buffer are there while one is copied
			return nil, a.shed("bodies")
		}
		body = append(make([]byte, 0, larger), body...)
		a.bodies.Release(*held)
		*held = larger
	}
}

// unreadable is a body that did not arrive.
func unreadable(err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Status: http.StatusRequestTimeout, Message: "the body did not arrive in time"}
	default:
		return badRequest("the body did not arrive whole")
	}
}
