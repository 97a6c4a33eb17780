package server_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server"
)

// TestDashboardAsksForMetricsThatExist reads the metric names of the shipped dashboard's queries
// and finds each in what the service exports after a search and a refusal.
func TestDashboardAsksForMetricsThatExist(t *testing.T) {
	data, err := os.ReadFile("../../configs/grafana-dashboard.json")
	require.NoError(t, err)
	web := listening(t, readRecording(t).serveWith(t, server.Options{AddressRate: 1}))
	for range 12 {
		_, _ = post(t, web, "/knn-service", `{"text":"x","modality":"image","num_images":1,"indice_name":""}`)
	}
	names := map[string]bool{}
	for _, match := range regexp.MustCompile(`([a-z_]+)\{job=`).FindAllStringSubmatch(string(data), -1) {
		names[strings.TrimSuffix(strings.TrimSuffix(match[1], "_sum"), "_count")] = true
	}
	require.Greater(t, len(names), 8)
	var text string
	require.Eventually(t, func() bool {
		status, body := send(t, web, exchange{Method: http.MethodGet, Path: "/metrics"})
		text = body
		return status == http.StatusOK
	}, 5*time.Second, 200*time.Millisecond, "the address's rate lets it ask again within a second")
	for name := range names {
		require.Contains(t, text, "\n"+strings.TrimSuffix(name, "_bucket"), name)
	}
}
