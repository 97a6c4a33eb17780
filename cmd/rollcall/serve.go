package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
	"rollcall/internal/server"
)

type serveFlags struct {
	listen      string
	indexes     []string // NAME=DIR or a name
	imageRoots  []string
	corsOrigins []string
	model       modelFlags
}

func (a *app) serveCommand() *cobra.Command {
	var flags serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve indexes over HTTP, for clip-retrieval's clients and pages",
		Long: `Serves indexes on clip-retrieval's routes, so that its Python client and its page work unmodified.
Without a model, vector queries still work, and text and image queries are answered with an error
that says so. Looking people up is sensitive: the service answers on loopback addresses only.

` + exitCodesHelp,
		Example: "  rollcall serve --index lab --model testdata/lab/model\n  rollcall serve --index photos=/data/photos-index --image-root /data/photos",
		Args:    noArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.serve(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.listen, "listen", "127.0.0.1:1234", "loopback address to answer on; port 0 takes a free one")
	f.StringArrayVar(&flags.indexes, "index", nil, "index to serve, a name or NAME=DIR; may be repeated")
	f.StringArrayVar(&flags.imageRoots, "image-root", nil, "folder below which image files may be sent; may be repeated")
	f.StringArrayVar(&flags.corsOrigins, "cors-origin", nil, "origin whose pages may call the service; may be repeated")
	flags.model.add(cmd)
	a.addMilvus(cmd)
	return cmd
}

func (a *app) serve(ctx context.Context, flags serveFlags) error {
	listener, err := listenLoopback(ctx, flags.listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	if flags.model.dir == "" {
		return a.serveOn(ctx, listener, flags, nil)
	}
	return a.withModel(ctx, flags.model, func(ctx context.Context, model *clip.Model) error {
		return a.serveOn(ctx, listener, flags, model)
	})
}

// listenLoopback refuses every address that other machines could reach.
func listenLoopback(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, usagef("--listen %s: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, usagef("--listen %s: other machines could reach this address, and the service has no access keys; give a loopback address such as 127.0.0.1:1234", address)
	}
	var config net.ListenConfig
	return config.Listen(ctx, "tcp", address)
}

func (a *app) serveOn(ctx context.Context, listener net.Listener, flags serveFlags, model *clip.Model) error {
	options := server.Options{ImageRoots: flags.imageRoots, CORSOrigins: flags.corsOrigins, Log: slog.New(slog.NewTextHandler(a.stderr, nil))}
	var errs []error
	for _, given := range flags.indexes {
		opened, err := a.openServed(ctx, given, model)
		if err != nil {
			return err
		}
		defer func() { errs = append(errs, opened.close()) }()
		served := server.Index{
			Name: opened.name, Store: opened, Dimension: opened.dimension,
			Manifest: opened.manifest, Counter: opened, Captions: opened,
		}
		if model != nil {
			served.Encoder = model
		}
		options.Indices = append(options.Indices, served)
	}
	service, err := server.New(options)
	if err != nil {
		return usageError{err}
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "serving %s on http://%s\n", strings.Join(flags.indexes, ", "), listener.Addr())
	}
	err = service.Serve(ctx, listener)
	return errors.Join(append(errs, err, service.Close())...)
}

// openServed opens "NAME=DIR" or a name, and checks that the model made it.
func (a *app) openServed(ctx context.Context, given string, model *clip.Model) (*index, error) {
	name, dir, both := strings.Cut(given, "=")
	if !both {
		dir = given
	}
	opened, err := a.open(ctx, dir)
	if err != nil {
		return nil, err
	}
	opened.name = filepath.Base(name)
	if model == nil {
		return opened, nil
	}
	if err := matchModel(opened, model.Bundle().Info()); err != nil {
		return nil, errors.Join(err, opened.close())
	}
	return opened, nil
}
