package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// Error is a client's mistake: the status and a message that says what is wrong.
type Error struct {
	Status  int
	Message string
}

func (e *Error) Error() string { return e.Message }

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
	switch {
	case status < http.StatusInternalServerError:
		return err.Error()
	case status == http.StatusServiceUnavailable:
		return "the request was cancelled or took too long"
	default:
		return internalMessage
	}
}
