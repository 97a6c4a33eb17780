// Package server serves indexes over HTTP with Gin: clip-retrieval's routes at the root, for the
// clients and pages that exist, beside health and metrics. Handlers decode a request, call the
// functions that the command line calls, and encode the answer.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"rollcall/auditor"
	"rollcall/indexer"
	"rollcall/internal/server/access"
	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
	"rollcall/internal/server/web"
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

	// Modalities are the embeddings that the rows have; none given means both.
	Modalities []retriever.Modality

	Manifest *indexer.Manifest       // what made it; nil for an embedding folder that rollcall did not make
	Counter  retriever.Counter       // counts images in it; nil: persons cannot be counted
	Captions retriever.CaptionSource // counts mentions in it; nil: persons cannot be counted
	Pictures retriever.Pictures      // image files of its rows; nil: near-duplicates are told by vectors alone

	Faces  FaceStore  // of its rows; nil: faces are neither searched nor counted
	Finder FaceFinder // finds faces in pictures as Faces were found; needed with Faces
}

// fingerprint tells one state of the index from another; "" where nobody knows.
func (x *Index) fingerprint() string {
	if x.Manifest == nil {
		return ""
	}
	return x.Manifest.Fingerprint
}

// FaceStore is what the service needs of an index's stored faces.
type FaceStore interface {
	retriever.FaceSearcher
	retriever.FaceCounter
}

// FaceFinder finds faces in an image file: the vector of the largest, and how many there are. A file
// that is no image is an error; one without a face is none.
type FaceFinder interface {
	MainFace(ctx context.Context, file []byte) (vector []float32, faces int, err error)
}

// Options says what is served, and how. The zero value of a limit means its default.
type Options struct {
	Indices     []Index
	Columns     []string     // metadata columns of a result; default url, image_path, caption, NSFW
	ImageRoots  []string     // folders below which image files may be sent; none by default
	CORSOrigins []string     // origins that browsers may call from; none by default
	Backend     string       // address in /config.json; default the request's own
	Log         *slog.Logger // default discards

	State   *state.Store    // the roster, jobs and results; nil: in memory, until Close
	Photos  fs.FS           // photo folder: one folder a person, named by id; nil: uploaded photos only
	Models  []auditor.Model // that can be audited
	Version string          // of the program, for what it writes

	Keys     *access.Keyring // who may ask; nil: everybody who reaches the service
	Hosts    []string        // without keys: host names that it is asked by, beside loopback ones
	QueryLog *querylog.Log   // where searches are written before they are answered; nil: nowhere
	Fetcher  Fetcher         // gets image_url; nil: image_url is refused
	Proxies  []string        // proxies (addresses or CIDR) whose X-Forwarded-For is believed
	TLS      *tls.Config     // nil: plain HTTP

	MaxBody     int64         // bytes of a request; default 32 MiB: a 16 MiB image in base64, and room
	MaxBodies   int64         // bytes of all requests' bodies beyond 64 KiB each; default 256 MiB
	MaxResults  int           // largest k; default 16,384, Milvus' limit on top-k
	MaxRunning  int           // requests at work at once, the rest waits; default 64
	MaxWaiting  int           // requests that wait, at most; the rest is answered 503; default 256
	ReadTimeout time.Duration // of a whole request, after which its sender is told 408; default one minute
	KeyRate     float64       // requests a second of one key, and twice as many at once; 0: no limit
	AddressRate float64       // the same of one address (of IPv6: of one /64)
}

// Fetcher gets an image from the web; fetch.Fetcher is one.
type Fetcher interface {
	Get(ctx context.Context, url string) ([]byte, error)
}

const (
	defaultMaxBody     = 32 << 20
	defaultMaxBodies   = 256 << 20
	defaultMaxResults  = 16384
	defaultMaxRunning  = 64
	defaultMaxWaiting  = 256
	defaultReadTimeout = time.Minute
	headerTimeout      = 10 * time.Second
	writeTimeout       = 5 * time.Minute // ends slow readers
	idleTimeout        = 2 * time.Minute
	maxHeaderBytes     = 64 << 10
	shutdownTimeout    = 10 * time.Second
)

// Server answers HTTP requests about its indexes.
type Server struct {
	options   Options
	roots     []*os.Root
	metrics   *metrics
	served    served
	admission *admission
	keyRates  *rates
	addresses *rates
	guesses   *rates
	crossing  *http.CrossOriginProtection
	stopping  chan struct{} // closed when the service begins to stop
	engine    *gin.Engine
	templates *web.Pages
	kept
}

// New checks the options and opens the image roots. Close releases them.
func New(options Options) (*Server, error) {
	if len(options.Indices) == 0 {
		return nil, errors.New("there is no index to serve: give at least one")
	}
	options.setDefaults()
	s := &Server{
		options: options, metrics: newMetrics(prometheus.NewRegistry()), stopping: make(chan struct{}),
		keyRates: newRates(options.KeyRate), addresses: newRates(options.AddressRate), guesses: newRates(guessRate),
	}
	s.admission = newAdmission(options, s.metrics)
	s.served.start(s.gathered(options.Indices))
	for _, path := range options.ImageRoots {
		root, err := os.OpenRoot(path)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("image root %s: %w", path, err), s.Close())
		}
		s.roots = append(s.roots, root)
	}
	var err error
	if s.crossing, err = crossOrigin(options.CORSOrigins); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if err := s.startKept(context.Background()); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.templates, err = web.Parse(); err != nil {
		return nil, errors.Join(fmt.Errorf("the pages: %w", err), s.Close())
	}
	s.engine = s.routes()
	if err := s.engine.SetTrustedProxies(options.Proxies); err != nil {
		return nil, errors.Join(fmt.Errorf("trusted proxies: %w", err), s.Close())
	}
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
	if o.MaxBodies == 0 {
		o.MaxBodies = defaultMaxBodies
	}
	if o.ReadTimeout == 0 {
		o.ReadTimeout = defaultReadTimeout
	}
	if o.MaxWaiting == 0 {
		o.MaxWaiting = defaultMaxWaiting
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// Close waits for shared work that is under way, and releases the image roots. It does not close
// the indexes that are being served.
func (s *Server) Close() error {
	errs := []error{s.stopKept()} // before the indexes, which jobs use
	s.served.close()
	for _, root := range s.roots {
		errs = append(errs, root.Close())
	}
	return errors.Join(errs...)
}

// Handler is the whole service.
func (s *Server) Handler() http.Handler { return collapseSlashes(s.engine) }

// Replace serves other indexes from now on. retired is called once no request uses the former
// ones any more; it may close them.
func (s *Server) Replace(indices []Index, retired func()) {
	s.served.replace(s.gathered(indices), retired)
}

// Serve answers on the listener until ctx is done, then lets running requests finish, for at most
// ten seconds.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler:           s.Handler(),
		TLSConfig:         s.options.TLS,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       s.options.ReadTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(withoutAddresses{s.options.Log.Handler()}, slog.LevelDebug),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- s.shutdown(ctx, server) })
	serve := server.Serve
	if s.options.TLS != nil {
		serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
	}
	err := serve(listener)
	if !errors.Is(err, http.ErrServerClosed) {
		stop()
		return err
	}
	return <-stopped
}

// shutdown lets what runs finish, and cuts what does not.
func (s *Server) shutdown(ctx context.Context, server *http.Server) error {
	close(s.stopping)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	err := server.Shutdown(deadline)
	if errors.Is(err, context.DeadlineExceeded) {
		s.options.Log.Warn("requests did not end in time and were cut", "seconds", shutdownTimeout.Seconds())
		return server.Close()
	}
	return err
}
