package milvus

import (
	"net"
	"testing"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/stretchr/testify/require"
)

func TestDialRefusesBadSettings(t *testing.T) {
	cases := map[string]struct {
		cfg  Config
		want string
	}{
		"no address":             {Config{}, "no address"},
		"credentials in address": {Config{Address: "https://root:s3cret@db:19530"}, "credentials"},
		"two kinds":              {Config{Address: "db:1", APIKey: "s3cret", Username: "root", Password: "s3cret"}, "not both"},
		"no password":            {Config{Address: "db:1", Username: "root"}, "go together"},
		"no username":            {Config{Address: "db:1", Password: "s3cret"}, "go together"},
		"negative time-out":      {Config{Address: "db:1", CallTimeout: -time.Second}, "negative"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Dial(t.Context(), c.cfg)
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "s3cret")
		})
	}
}

func TestDialNamesAnAddressThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, closed.Close())
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	for name, address := range map[string]string{"closed port": closed.Addr().String(), "silent server": silent.Addr().String()} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := Dial(t.Context(), Config{Address: address, Username: "root", Password: "s3cret"})
			require.ErrorContains(t, err, address)
			require.ErrorContains(t, err, "check that Milvus runs there")
			require.NotContains(t, err.Error(), "s3cret")
			require.Less(t, time.Since(start), 5*time.Second)
		})
	}
}

func TestCheckVersion(t *testing.T) {
	cases := map[string]bool{"v2.3.5-lite": true, "2.4.0": true, "v3.0.1": true, "master-20250101": true, "v2.2.16": false, "1.1.1": false}
	for version, good := range cases {
		t.Run(version, func(t *testing.T) {
			if good {
				require.NoError(t, checkVersion(version))
			} else {
				require.ErrorContains(t, checkVersion(version), version)
			}
		})
	}
}

// The statuses are those that servers of 2.2 (old field alone), 2.3 (both) and newer give.
func TestStatusError(t *testing.T) {
	cases := map[string]struct {
		status  *commonpb.Status
		failed  bool
		passing bool
	}{
		"none":                 {nil, false, false},
		"success":              {&commonpb.Status{}, false, false},
		"new field alone":      {&commonpb.Status{Code: 503, Reason: "channel not available"}, true, true},
		"old field alone":      {&commonpb.Status{ErrorCode: commonpb.ErrorCode_UnexpectedError, Reason: "no"}, true, true},
		"not loaded":           {&commonpb.Status{ErrorCode: commonpb.ErrorCode_UnexpectedError, Code: 101}, true, true},
		"not found":            {&commonpb.Status{ErrorCode: commonpb.ErrorCode_UnexpectedError, Code: 100}, true, false},
		"not found, old field": {&commonpb.Status{ErrorCode: commonpb.ErrorCode_CollectionNotExists}, true, false},
		"bad parameter":        {&commonpb.Status{Code: 1100}, true, false},
		"wrong password":       {&commonpb.Status{Code: 1405}, true, false},
		"no index":             {&commonpb.Status{Code: 700}, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := statusError("Search", c.status)
			if !c.failed {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.status.Reason)
			require.Equal(t, c.passing, passing(err))
		})
	}
}
