package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"rollcall/internal/server/gather"
)

// Error is what a client is told: mostly a mistake of its own, with a message that says which.
type Error struct {
	Status     int
	Message    string
	RetryAfter time.Duration // when to try again; 0: not said
	Cause      error         // for the log alone
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Cause }

const internalMessage = "the service failed to answer; its log says why"

func badRequest(format string, args ...any) error {
	return &Error{Status: http.StatusBadRequest, Message: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) error {
	return &Error{Status: http.StatusNotFound, Message: fmt.Sprintf(format, args...)}
}

// statusOf is the table from kinds of error to status.
func statusOf(err error) int {
	var client *Error
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &client):
		return client.Status
	case errors.Is(err, gather.ErrClosed):
		return http.StatusServiceUnavailable
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// message is what a client is told: its own mistake in full, ours without details, which may name
// files or other people's queries.
func message(err error, status int) string {
	var told *Error
	switch {
	case errors.As(err, &told):
		return told.Message
	case status < http.StatusInternalServerError:
		return err.Error()
	case status == http.StatusServiceUnavailable:
		return "the request was cancelled, or the service is stopping"
	default:
		return internalMessage
	}
}

func retryAfter(err error) time.Duration {
	var told *Error
	if errors.As(err, &told) {
		return told.RetryAfter
	}
	return 0
}

// logFailure logs why a request failed, unless its client left or was told to come back.
func (s *Server) logFailure(ctx context.Context, route string, status int, err error) {
	if errors.Is(err, context.Canceled) || retryAfter(err) > 0 {
		return
	}
	args := []any{"request", callerOf(ctx).request, "route", route, "status", status, "error", err}
	if cause := errors.Unwrap(err); cause != nil {
		args = append(args, "cause", cause)
	}
	s.options.Log.Error("request failed", args...)
}
