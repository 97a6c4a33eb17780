package milvus

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestServerRefusals asks a real server for what it does not give: one clear error, soon.
func TestServerRefusals(t *testing.T) {
	t.Parallel()
	c := dial(t)
	data := someRows(21, 20)
	require.NoError(t, c.Publish(t.Context(), specOf("refusing", "g1", data), sourceOf(data)))
	s, err := Open(t.Context(), c, "refusing")
	require.NoError(t, err)
	e, err := startEngine()
	require.NoError(t, err)
	dialled := func(cfg Config) error {
		cfg.Address = e.address
		_, err := Dial(t.Context(), cfg)
		return err
	}
	cases := map[string]struct {
		ask  func() error
		want string
	}{
		"wrong password":   {func() error { return dialled(Config{Username: testUser, Password: "s3cret"}) }, "credentials"},
		"no credentials":   {func() error { return dialled(Config{}) }, "credentials"},
		"wrong API key":    {func() error { return dialled(Config{APIKey: "s3cret"}) }, "credentials"},
		"missing database": {func() error { return dialled(Config{Username: testUser, Password: testPassword, Database: "nowhere"}) }, "nowhere"},
		"missing index": {func() error {
			_, err := Open(t.Context(), c, "absent")
			return err
		}, "publish it first"},
		"wrong dimension": {func() error {
			_, _, err := s.TopK(t.Context(), retriever.Image, [][]float32{{1, 2, 3}}, 1)
			return err
		}, "3 dimensions, the index has 8"},
		"oversized batch": {func() error {
			rows := &block{dimension: 8}
			for i := range int64(1200) { // 1,200 texts of 65,535 bytes are over 64 MiB
				rows.append(retriever.Row{ID: i, Caption: string(make([]byte, maxText))}, make([]float32, 8), false, []byte("{}"))
			}
			return c.insert(t.Context(), &target{collection: "refusing_image"}, rows)
		}, "ResourceExhausted"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			err := tc.ask()
			require.ErrorContains(t, err, tc.want)
			require.NotContains(t, err.Error(), "s3cret")
			require.Less(t, time.Since(start), 8*time.Second)
		})
	}
}

// TestDatabases keeps indexes of one name in two databases apart.
func TestDatabases(t *testing.T) {
	t.Parallel()
	c := dial(t)
	require.NoError(t, c.sdk.CreateDatabase(t.Context(), "second"))
	e, err := startEngine()
	require.NoError(t, err)
	second := dialAs(t, Config{Address: e.address, Username: testUser, Password: testPassword, Database: "second"})
	here, there := someRows(22, 20), someRows(23, 30)
	require.NoError(t, c.Publish(t.Context(), specOf("twice", "g1", here), sourceOf(here)))
	require.NoError(t, second.Publish(t.Context(), specOf("twice", "g1", there), sourceOf(there)))
	requireHolds(t, c, specOf("twice", "g1", here), here)
	requireHolds(t, second, specOf("twice", "g1", there), there)
}
