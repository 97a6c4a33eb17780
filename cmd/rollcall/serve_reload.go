package main

import (
	"context"
	"os"
	"time"

	"github.com/spf13/pflag"

	"rollcall/internal/config"
)

// reloadOn reloads at every signal, and when rows were erased from an index, until ctx is done.
func (s *service) reloadOn(ctx context.Context, signals <-chan os.Signal) {
	s.eraseEvidence(ctx)
	look := time.NewTicker(erasuresEvery)
	defer look.Stop()
	var settled <-chan time.Time
	for {
		select {
		case <-signals:
			s.reload(ctx)
		case <-look.C:
			if s.erased() {
				s.reload(ctx)
				settled = time.After(erasuresSettle)
			}
		case <-settled:
			s.eraseEvidence(ctx)
		case <-ctx.Done():
			return
		}
	}
}

// reload reads keys, certificate and the list of indexes again. What cannot be read is logged, and
// what was in force stays.
func (s *service) reload(ctx context.Context) {
	if err := s.guard.reload(); err != nil {
		s.log.Error("reload: some of keys, certificate and query log stay as they were", "error", err)
	}
	names, err := s.listed()
	if err != nil {
		s.log.Error("reload: the indexes stay as they were", "error", err)
		return
	}
	former := s.opened
	indices, err := s.openAll(ctx, names)
	if err != nil {
		s.log.Error("reload: the indexes stay as they were", "error", err)
		return
	}
	s.server.Replace(indices, func() {
		if err := closeAll(former); err != nil {
			s.log.Error("reload: closing the former indexes", "error", err)
		}
	})
	s.log.Info("reloaded", "indexes", len(indices))
	s.eraseEvidence(ctx)
}

// listed is the list of indexes: of the command line, else of the settings file as it is now.
func (s *service) listed() ([]string, error) {
	if s.flags.indexesGiven {
		return s.flags.indexes, nil
	}
	settings, err := config.Open(s.configFile)
	if err != nil {
		return nil, err
	}
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	names := flags.StringArray("index", nil, "")
	if _, err := settings.Apply("serve", flags); err != nil {
		return nil, err
	}
	if len(*names) == 0 {
		return nil, usagef("the settings file lists no index: serve.index is a list of names")
	}
	return *names, nil
}
