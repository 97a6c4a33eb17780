package milvus

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestRetryGivesUpInTime(t *testing.T) {
	no := &serverError{"Insert", 65535, "out of sorts"}
	unknown := errors.New("mistake")
	away := status.Error(codes.Unavailable, "connection refused")
	cases := map[string]struct {
		errors      []error // the answers; the last one stays
		want        error   // nil: it comes to a success
		least, most time.Duration
	}{
		"success":                        {[]error{nil}, nil, 0, 40 * time.Millisecond},
		"passing, then success":          {[]error{no, away, nil}, nil, 100 * time.Millisecond, 600 * time.Millisecond},
		"unknown error at once":          {[]error{unknown}, unknown, 0, 40 * time.Millisecond},
		"server says no: a call timeout": {[]error{no}, no, 200 * time.Millisecond, 900 * time.Millisecond},
		"server away: the limit":         {[]error{away}, away, time.Second, 3 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := &Client{address: "db:19530", timeout: 200 * time.Millisecond}
			asked := 0
			start := time.Now()
			err := c.retry(t.Context(), "insert", time.Second, func(context.Context) error {
				asked++
				return tc.errors[min(asked, len(tc.errors))-1]
			})
			took := time.Since(start)
			require.ErrorIs(t, err, tc.want)
			require.GreaterOrEqual(t, took, tc.least)
			require.Less(t, took, tc.most)
		})
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	c := &Client{address: "db:19530", timeout: time.Minute}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	start := time.Now()
	err := c.eventually(ctx, "search", func(context.Context) error { return &incompleteError{1, 2} })
	require.ErrorIs(t, err, context.Canceled)
	require.Less(t, time.Since(start), time.Second)
}

func TestProgressThatStandsStillIsAnError(t *testing.T) {
	c := &Client{address: "db:19530", timeout: 10 * time.Millisecond}
	err := c.progress(t.Context(), "load people", func(context.Context) (bool, int64, error) { return false, 42, nil })
	require.ErrorContains(t, err, "no progress")
	require.ErrorContains(t, err, "load people")
	polls := int64(0)
	require.NoError(t, c.progress(t.Context(), "load people", func(context.Context) (bool, int64, error) {
		polls++
		return polls == 3, polls, nil
	}))
}
