package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"rollcall/auditor"
	"rollcall/internal/clip"
	"rollcall/internal/face"
	"rollcall/internal/server"
	"rollcall/internal/server/fetch"
	"rollcall/internal/vectors"
)

type serveFlags struct {
	listen              string
	indexes             []string // NAME=DIR or a name
	imageRoots          []string
	corsOrigins         []string
	hosts, proxies      []string
	keys                string
	queryLog            string
	state, photos       string
	tlsCert, tlsKey     string
	plainHTTP, imageURL bool
	logFormat           string
	keyRate, addrRate   float64
	model               modelFlags
	audited, references []string // bundles that audits take beside the model
	faces               string   // bundle that finds faces

	indexesGiven bool // on the command line: a reload then leaves them as they are
	ratesGiven   bool
}

func (a *app) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve indexes over HTTP, for clip-retrieval's clients and pages",
		Long: `Serves indexes on clip-retrieval's routes, so that its Python client and its page work unmodified,
under /v1, which /openapi.json describes, and as pages for people at /. Without a model, vector queries still work, and text
and image queries are answered with an error that says so.

Looking people up is sensitive. The service answers on loopback addresses only, unless --keys names
a file of keys (rollcall key add makes one) and a certificate is given. Every search is written to
the query log before it is answered. SIGHUP reads keys, certificate and the list of indexes again,
and goes on in a new query log when the old one was moved away.

` + exitCodesHelp,
		Example: `  rollcall serve --index lab --model testdata/lab/model
  rollcall serve --index photos=/data/photos-index --image-root /data/photos
  rollcall serve --listen 0.0.0.0:443 --index lab --keys keys.jsonl --tls-cert cert.pem --tls-key key.pem`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.indexesGiven = cmd.Flags().Changed("index")
			flags.ratesGiven = cmd.Flags().Changed("key-rate") || cmd.Flags().Changed("address-rate")
			return a.serve(cmd.Context(), flags)
		},
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:1234", "address to answer on; port 0 takes a free one")
	f.StringArrayVar(&flags.indexes, "index", nil, "index to serve, a name or NAME=DIR; may be repeated")
	f.StringArrayVar(&flags.imageRoots, "image-root", nil, "folder below which image files may be sent; may be repeated")
	f.StringArrayVar(&flags.corsOrigins, "cors-origin", nil, "origin whose pages may call the service; may be repeated")
	f.StringVar(&flags.keys, "keys", "", keysHelp+"; without it everybody who reaches the service may do everything")
	f.StringVar(&flags.queryLog, "query-log", "", "file of the query log (default DATA-DIR/queries.jsonl)")
	f.StringVar(&flags.state, "state", "", "file of the roster, jobs and results (default DATA-DIR/state.db)")
	f.StringVar(&flags.photos, "photos", "", "folder with one folder of photos a person, named by id, beside those that are uploaded")
	f.StringVar(&flags.tlsCert, "tls-cert", "", "certificate chain, PEM")
	f.StringVar(&flags.tlsKey, "tls-key", "", "its private key, PEM")
	f.BoolVar(&flags.plainHTTP, "plain-http", false, "answer other machines without TLS, for a proxy in front that has it")
	f.StringArrayVar(&flags.hosts, "host", nil, "host name that the service is asked by, beside localhost; may be repeated")
	f.StringArrayVar(&flags.proxies, "proxy", nil, "address or CIDR of a proxy whose X-Forwarded-For is believed; may be repeated")
	f.BoolVar(&flags.imageURL, "image-url", false, "fetch image_url queries, from public addresses only")
	f.Float64Var(&flags.keyRate, "key-rate", 50, "requests a second of one key, with --keys; 0: no limit")
	f.Float64Var(&flags.addrRate, "address-rate", 100, "requests a second of one address, with --keys; 0: no limit")
	f.StringVar(&flags.logFormat, "log-format", "text", "text or json")
	flags.model.add(cmd)
	f.StringArrayVar(&flags.audited, "audit-model", nil, "model bundle that can be audited, beside --model; may be repeated")
	f.StringArrayVar(&flags.references, "reference-model", nil, "model bundle that is known not to have seen the data, as a control of audits; may be repeated")
	f.StringVar(&flags.faces, "faces", "", "bundle of face models: search and count by the faces that rollcall index --faces stored with it")
	a.addMilvus(cmd)
	return cmd
}

func (a *app) serve(ctx context.Context, flags serveFlags) error {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	guard, err := a.guard(flags)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, flags)
	if err != nil {
		return err
	}
	defer listener.Close()
	s := service{app: a, flags: flags, guard: guard}
	return s.withModels(func() error {
		return s.withFaceModels(func() error { return s.run(ctx, listener, hangups) })
	})
}

// service is a running service and what a reload replaces.
type service struct {
	*app
	flags  serveFlags
	guard  *guard
	model  *clip.Model     // embeds queries; nil: vector queries only
	models []auditor.Model // that can be audited
	faces  *face.Model     // finds faces; nil: none are searched or counted
	server *server.Server
	opened []*index
	log    *slog.Logger
}

// run serves until ctx is done.
func (s *service) run(ctx context.Context, listener net.Listener, hangups <-chan os.Signal) (err error) {
	s.log = s.logger()
	defer func() { err = errors.Join(err, closeAll(s.opened)) }()
	indices, err := s.openAll(ctx, s.flags.indexes)
	if err != nil {
		return err
	}
	if err := s.guard.openLog(s.dataDir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.guard.queries.Close()) }()
	kept, err := s.keep(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, kept.close()) }()
	options := s.options(indices)
	options.State, options.Photos, options.Models, options.Version = kept.state, kept.photos, s.models, toolVersion()
	if s.server, err = server.New(options); err != nil {
		return usageError{err}
	}
	scheme := "http"
	if s.guard.certificate != nil {
		scheme = "https"
	}
	if !s.quiet {
		fmt.Fprintf(s.stderr, "serving %s on %s://%s\n", strings.Join(s.flags.indexes, ", "), scheme, listener.Addr())
	}
	ctx, cancel := context.WithCancel(ctx)
	reloading := make(chan struct{})
	go func() {
		defer close(reloading)
		s.reloadOn(ctx, hangups)
	}()
	err = s.server.Serve(ctx, listener)
	cancel()
	<-reloading
	return errors.Join(err, s.server.Close())
}

func (s *service) logger() *slog.Logger {
	options := &slog.HandlerOptions{Level: slog.LevelInfo}
	if s.quiet {
		options.Level = slog.LevelWarn
	}
	if s.flags.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(s.stderr, options))
	}
	return slog.New(slog.NewTextHandler(s.stderr, options))
}

func (s *service) options(indices []server.Index) server.Options {
	options := server.Options{
		Indices: indices, ImageRoots: s.flags.imageRoots, CORSOrigins: s.flags.corsOrigins, Hosts: s.flags.hosts, Proxies: s.flags.proxies,
		Keys: s.guard.keys, QueryLog: s.guard.queries, TLS: s.guard.tls(), Log: s.log,
	}
	if s.guard.keys != nil || s.flags.ratesGiven {
		options.KeyRate, options.AddressRate = s.flags.keyRate, s.flags.addrRate
	}
	if s.flags.imageURL {
		options.Fetcher = fetch.New()
	}
	return options
}

// openAll opens indexes, all or none, and remembers them as those that are served.
func (s *service) openAll(ctx context.Context, names []string) ([]server.Index, error) {
	var opened []*index
	var indices []server.Index
	seen := map[string]bool{}
	for _, given := range names {
		one, err := s.openServed(ctx, given, s.model)
		if err == nil && seen[one.name] {
			err = errors.Join(usagef("two indexes are called %q: give one of them another name, as NAME=DIR", one.name), one.close())
		}
		if err != nil {
			return nil, errors.Join(err, closeAll(opened))
		}
		seen[one.name] = true
		opened = append(opened, one)
		served, err := s.served(ctx, one)
		if err != nil {
			return nil, errors.Join(err, closeAll(opened))
		}
		indices = append(indices, served)
	}
	s.opened = opened
	return indices, nil
}

func closeAll(opened []*index) error {
	var errs []error
	for _, one := range opened {
		errs = append(errs, one.close())
	}
	return errors.Join(errs...)
}

// openServed opens "NAME=DIR" or a name, and checks that the model made it.
func (a *app) openServed(ctx context.Context, given string, model *clip.Model) (*index, error) {
	name, dir, both := strings.Cut(given, "=")
	if !both {
		dir = given
	}
	folder, err := a.indexDir(dir)
	if err != nil {
		return nil, err
	}
	erasures, err := vectors.Erasures(folder)
	if err != nil {
		return nil, err
	}
	opened, err := a.open(ctx, dir)
	if err != nil {
		return nil, err
	}
	opened.name, opened.erasures = filepath.Base(name), erasures
	if model == nil {
		return opened, nil
	}
	if err := matchModel(opened, model.Bundle().Info()); err != nil {
		return nil, errors.Join(err, opened.close())
	}
	return opened, nil
}
