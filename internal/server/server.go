// Package server serves indexes over HTTP with Gin: clip-retrieval's routes at the root, for the
// clients and pages that exist, beside health and metrics. Handlers decode a request, call the
// functions that the command line calls, and encode the answer.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/indexer"
	"rollcall/retriever"
)

// VectorStore is what the service needs of an index; both stores provide it.
type VectorStore interface {
	retriever.Searcher
	retriever.Rows
	retriever.VectorSource
}

// Index is one index to serve.
type Index struct {
	Name      string
	Store     VectorStore
	Dimension int               // of its embeddings
	Encoder   retriever.Encoder // embeds text and image queries; nil: only vector queries are answered

	Manifest *indexer.Manifest       // what made it; nil for an embedding folder that rollcall did not make
	Counter  retriever.Counter       // counts images in it; nil: persons cannot be counted
	Captions retriever.CaptionSource // counts mentions in it; nil: persons cannot be counted
}

// Options says what is served, and how. The zero value of a limit means its default.
type Options struct {
	Indices     []Index
	Columns     []string     // metadata columns of a result; default url, image_path, caption, NSFW
	ImageRoots  []string     // folders below which image files may be sent; none by default
	CORSOrigins []string     // origins that browsers may call from; none by default
	Backend     string       // address in /config.json; default the request's own
	MaxBody     int64        // bytes of a request; default 32 MiB: a 16 MiB image in base64, and room
	MaxResults  int          // largest k; default 16,384, Milvus' limit on top-k
	MaxRunning  int          // requests at work at once, the rest waits; default 64
	Log         *slog.Logger // default discards
}

const (
	defaultMaxBody    = 32 << 20
	defaultMaxResults = 16384
	defaultMaxRunning = 64
	// readTimeout ends slow bodies, writeTimeout slow readers.
	headerTimeout   = 10 * time.Second
	readTimeout     = time.Minute
	writeTimeout    = 5 * time.Minute
	shutdownTimeout = 10 * time.Second
)

// Server answers HTTP requests about its indexes.
type Server struct {
	options Options
	roots   []*os.Root
	metrics *metrics
	running chan struct{}
	engine  *gin.Engine
}

// New checks the options and opens the image roots. Close releases them.
func New(options Options) (*Server, error) {
	if len(options.Indices) == 0 {
		return nil, errors.New("there is no index to serve: give at least one")
	}
	options.setDefaults()
	s := &Server{options: options, metrics: newMetrics(prometheus.NewRegistry()), running: make(chan struct{}, options.MaxRunning)}
	for _, path := range options.ImageRoots {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("image root %s: %w", path, err), s.Close())
		}
		s.roots = append(s.roots, root)
	}
	s.engine = s.routes()
	return s, nil
}

func (o *Options) setDefaults() {
	if len(o.Columns) == 0 {
		o.Columns = []string{"url", "image_path", "caption", "NSFW"}
	}
	if o.MaxBody == 0 {
		o.MaxBody = defaultMaxBody
	}
	if o.MaxResults == 0 {
		o.MaxResults = defaultMaxResults
	}
	if o.MaxRunning == 0 {
		o.MaxRunning = defaultMaxRunning
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Close releases the image roots. It does not close the indexes.
func (s *Server) Close() error {
	var errs []error
	for _, root := range s.roots {
		errs = append(errs, root.Close())
	}
	return errors.Join(errs...)
}

// Handler is the whole service.
func (s *Server) Handler() http.Handler { return collapseSlashes(s.engine) }

// Serve answers on the listener until ctx is done, then lets running requests finish, for at most
// ten seconds.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s.Handler(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		ErrorLog:          slog.NewLogLogger(s.options.Log.Handler(), slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
		defer cancel()
		stopped <- server.Shutdown(deadline)
	})
	err := server.Serve(listener)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-stopped
}

// index finds an index by name; "" is the first one.
func (s *Server) index(name string) (*Index, error) {
	if name == "" {
		return &s.options.Indices[0], nil
	}
	for i := range s.options.Indices {
		if s.options.Indices[i].Name == name {
			return &s.options.Indices[i], nil
		}
	}
	return nil, notFound("there is no index %q; GET /indices-list names them", name)
}
