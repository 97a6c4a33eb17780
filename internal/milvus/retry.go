package milvus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	firstPause = 50 * time.Millisecond
	lastPause  = time.Second

	// patience is how many call timeouts a server may be away during a load, and how many a step that
	// works in the background (flush, index, load) may stand still.
	patience = 20
)

// incompleteError is an answer with fewer rows than there are: Milvus gives such answers without an
// error while a node fails over or joins.
type incompleteError struct {
	got, want int64
}

func (e *incompleteError) Error() string {
	return fmt.Sprintf("the answer is incomplete: %d rows instead of %d", e.got, e.want)
}

// passing says whether an error can be gone the next time.
func passing(err error) bool {
	var incomplete *incompleteError
	var mixed *mixedError
	if errors.As(err, &incomplete) || errors.As(err, &mixed) {
		return true
	}
	var server *serverError
	if errors.As(err, &server) {
		return !server.permanent()
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.Internal, codes.Aborted, codes.DeadlineExceeded:
		return true
	}
	return false
}

// eventually asks until there is an answer or the call timeout has passed.
func (c *Client) eventually(ctx context.Context, what string, ask func(ctx context.Context) error) error {
	return c.retry(ctx, what, c.timeout, ask)
}

// retry asks again, with growing pauses, while the error is a passing one and the limit has not
// passed. A server that is there and says no for a call timeout has given its answer, whatever the
// limit. The last error is kept.
func (c *Client) retry(ctx context.Context, what string, limit time.Duration, ask func(ctx context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var last error
	away := time.Now() // when the server last did not answer
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		err := ask(limited)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return c.fail(what, ctx.Err())
		case limited.Err() == nil && !passing(err):
			return c.fail(what, err)
		case limited.Err() == nil || last == nil:
			last = err
		}
		var said *serverError
		if !errors.As(err, &said) {
			away = time.Now()
		} else if time.Since(away) > c.timeout {
			return c.fail(what, fmt.Errorf("gave up after %s: %w", c.timeout, last))
		}
		if sleep(limited, pause) != nil {
			if ctx.Err() != nil {
				return c.fail(what, ctx.Err())
			}
			return c.fail(what, fmt.Errorf("gave up after %s: %w", limit, last))
		}
	}
}

// progress polls a step that Milvus does in the background until it is done. It fails when the
// figure that poll gives has not moved for patience call timeouts.
func (c *Client) progress(ctx context.Context, what string, poll func(ctx context.Context) (done bool, figure int64, err error)) error {
	stall := patience * c.timeout
	moved, seen := time.Now(), int64(-1)
	for {
		var done bool
		var figure int64
		err := c.retry(ctx, what, stall, func(ctx context.Context) (err error) {
			done, figure, err = poll(ctx)
			return err
		})
		if err != nil || done {
			return err
		}
		if figure != seen {
			moved, seen = time.Now(), figure
		}
		if time.Since(moved) > stall {
			return c.fail(what, fmt.Errorf("no progress for %s: look at the server's log", stall))
		}
		if err := sleep(ctx, 2*firstPause); err != nil {
			return c.fail(what, err)
		}
	}
}

// sleep waits, or returns ctx's error when that ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
