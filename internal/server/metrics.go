package server

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// stage is one of clip-retrieval's ten histograms; dashboards know them by these names.
type stage string

const (
	fullKNN        stage = "full_knn_request_time"
	download       stage = "download_time"
	textInference  stage = "text_clip_inference_time"
	imageInference stage = "image_clip_inference_time"
	metadataGet    stage = "metadata_get_time"
	knnIndex       stage = "knn_index_time"
	dedup          stage = "dedup_time"
	safety         stage = "safety_time"
	imagePrepro    stage = "image_prepro_time"
	textPrepro     stage = "text_prepro_time"
)

// metrics are the service's numbers, in a registry of their own.
type metrics struct {
	registry *prometheus.Registry
	stages   map[stage]prometheus.Histogram
	requests *prometheus.HistogramVec
	ignored  *prometheus.CounterVec
	searches *prometheus.HistogramVec
	batches  *prometheus.HistogramVec
	shed     *prometheus.CounterVec
	handler  http.Handler
}

func newMetrics(registry *prometheus.Registry) *metrics {
	m := &metrics{
		registry: registry,
		stages:   map[stage]prometheus.Histogram{},
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_request_seconds", Help: "Time to answer, by route, method and status.",
		}, []string{"route", "method", "status"}),
		ignored: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_models_not_loaded_total", Help: "Requests that asked for a model which is not loaded.",
		}, []string{"model"}),
		searches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_search_seconds", Help: "Time to search an index, without embedding the query, by index and modality.",
		}, []string{"index", "modality"}),
		batches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "rollcall_batch_size", Help: "Requests that shared one pass, by kind.", Buckets: prometheus.ExponentialBuckets(1, 2, 7),
		}, []string{"kind"}),
		shed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "rollcall_shed_total", Help: "Requests that were refused to keep the service answering, by reason.",
		}, []string{"reason"}),
		handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4}),
	}
	registry.MustRegister(m.requests, m.ignored, m.searches, m.batches, m.shed,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for name, help := range stageHelp() {
		m.stages[name] = prometheus.NewHistogram(prometheus.HistogramOpts{Name: string(name), Help: help})
		registry.MustRegister(m.stages[name])
	}
	return m
}

func stageHelp() map[stage]string {
	return map[stage]string{
		fullKNN:        "Seconds for a whole /knn-service request.",
		download:       "Seconds to download an image_url; never observed while it is off.",
		textInference:  "Seconds to tokenize and embed a text query.",
		imageInference: "Seconds to decode and embed an image query.",
		metadataGet:    "Seconds to read metadata.",
		knnIndex:       "Seconds to search the index.",
		dedup:          "Seconds to drop near-duplicates.",
		safety:         "Seconds in the safety model; never observed while none is loaded.",
		imagePrepro:    "Seconds to preprocess an image query; part of image_clip_inference_time here.",
		textPrepro:     "Seconds to tokenize a text query; part of text_clip_inference_time here.",
	}
}

// timed records the seconds since start.
func (m *metrics) timed(name stage, start time.Time) {
	m.stages[name].Observe(time.Since(start).Seconds())
}

func (m *metrics) request(route, method string, status int, took time.Duration) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(route, knownMethod(method), strconv.Itoa(status)).Observe(took.Seconds())
}

// knownMethod keeps a client from inventing label values.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions:
		return method
	default:
		return "other"
	}
}

// serve is GET /metrics.
func (m *metrics) serve(c *gin.Context) { m.handler.ServeHTTP(c.Writer, c.Request) }

// summary is GET /metrics-summary: count and mean of every stage, as text.
func (m *metrics) summary(c *gin.Context) error {
	families, err := m.registry.Gather()
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, family := range families {
		if _, ours := m.stages[stage(family.GetName())]; !ours {
			continue
		}
		histogram := family.GetMetric()[0].GetHistogram()
		mean := 0.0
		if n := histogram.GetSampleCount(); n > 0 {
			mean = histogram.GetSampleSum() / float64(n)
		}
		fmt.Fprintf(&text, "%-28s n=%d mean=%.6fs\n", family.GetName(), histogram.GetSampleCount(), mean)
	}
	c.String(http.StatusOK, text.String())
	return nil
}
