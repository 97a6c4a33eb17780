package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"rollcall/indexer"
	"rollcall/internal/config"
	"rollcall/internal/dataset/storage"
	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// store is what the commands need of an index; the embedded store and Milvus both provide it.
type store interface {
	retriever.Searcher
	retriever.Counter
	retriever.Rows
	retriever.VectorSource
	retriever.CaptionSource
}

// index is an open index.
type index struct {
	store
	name      string
	dir       string
	manifest  *indexer.Manifest // nil for an embedding folder that rollcall did not make
	dimension int
	erasures  vectors.Mark // that the service has seen
	close     func() error
}

// indexDir finds the folder of an index: a path as it is, else a name below --data-dir.
func (a *app) indexDir(name string) (string, error) {
	if storage.InBucket(name) {
		return "", usagef("%s is in a bucket, and an index is opened on disk: copy it first with the tool of its cloud (aws s3 sync, gcloud storage cp -r, azcopy copy)", name)
	}
	name, err := storage.Path(name)
	if err != nil {
		return "", usageError{err}
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() && looksLikePath(name) {
		return name, nil
	}
	dir := filepath.Join(a.dataDir, name)
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return dir, nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return name, nil
	}
	return "", usagef("there is no index %q: neither a folder of that name nor %s exists; rollcall index makes one", name, dir)
}

func looksLikePath(name string) bool { return strings.ContainsRune(name, filepath.Separator) }

// open opens an index by name or path, in the store that it was published to.
func (a *app) open(ctx context.Context, name string) (*index, error) {
	dir, err := a.indexDir(name)
	if err != nil {
		return nil, err
	}
	embedded, err := vectors.Open(dir)
	if err != nil {
		return nil, usageError{err}
	}
	opened := &index{store: embedded, name: filepath.Base(dir), dir: dir, manifest: embedded.Manifest(), dimension: embedded.Dimension(), close: embedded.Close}
	inMilvus := opened.manifest != nil && opened.manifest.Store.Kind == storeMilvus
	if err := a.finishErasure(ctx, dir, inMilvus); err != nil {
		return nil, errors.Join(err, embedded.Close())
	}
	if !inMilvus {
		return opened, nil
	}
	if err := embedded.Close(); err != nil {
		return nil, err
	}
	return opened, a.openMilvus(ctx, opened)
}

// openMilvus puts the Milvus collections in the place of the folder.
func (a *app) openMilvus(ctx context.Context, opened *index) error {
	published := opened.manifest.Store
	if !a.milvus.given {
		a.milvus.address = published.Address
	}
	client, err := a.milvus.dial(ctx)
	if err != nil {
		return err
	}
	remote, err := milvus.Open(ctx, client, published.Collection)
	if err != nil {
		return errors.Join(err, client.Close())
	}
	if remote.Fingerprint() != opened.manifest.Fingerprint {
		return errors.Join(fmt.Errorf("collection %s at %s holds another index (fingerprint %s) than %s (fingerprint %s): run rollcall index again to publish it",
			published.Collection, a.milvus.address, remote.Fingerprint(), opened.dir, opened.manifest.Fingerprint), client.Close())
	}
	opened.store, opened.close = remote, client.Close
	return nil
}

// The stores that an index can be published to.
const (
	storeEmbedded = "embedded"
	storeMilvus   = "milvus"
)

// milvusFlags say how to reach Milvus.
type milvusFlags struct {
	address, user, password, apiKey, database string
	tls                                       bool
	ca, certificate, key                      string // files in PEM
	indexType                                 string
	params                                    map[string]string // of the index type
	given                                     bool              // the address was asked for, and wins over the index's own
}

func (m *milvusFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&m.address, "milvus-address", "127.0.0.1:19530", "Milvus to use (default of an index: where it was published)")
	flags.StringVar(&m.user, "milvus-user", "", "user of Milvus")
	flags.StringVar(&m.password, "milvus-password", "", "password; better given as ROLLCALL_MILVUS_PASSWORD, which no process list shows")
	flags.StringVar(&m.apiKey, "milvus-api-key", "", "API key, or token USER:PASSWORD; better given as ROLLCALL_MILVUS_API_KEY")
	flags.StringVar(&m.database, "milvus-database", "", "database in Milvus")
	flags.BoolVar(&m.tls, "milvus-tls", false, "reach Milvus over TLS")
	flags.StringVar(&m.ca, "milvus-ca", "", "file with the certificates of the authorities to trust for it (default: the system's)")
	flags.StringVar(&m.certificate, "milvus-cert", "", "file with one's own certificate, where Milvus asks for one")
	flags.StringVar(&m.key, "milvus-key", "", "file with the key of --milvus-cert")
	for _, secret := range []string{"milvus-password", "milvus-api-key"} {
		flags.Lookup(secret).Annotations = map[string][]string{config.Secret: {"true"}}
	}
}

func (m *milvusFlags) dial(ctx context.Context) (*milvus.Client, error) {
	return milvus.Dial(ctx, milvus.Config{
		Address: m.address, Username: m.user, Password: m.password, APIKey: m.apiKey, Database: m.database, TLS: m.tls,
		CAFile: m.ca, CertFile: m.certificate, KeyFile: m.key,
	})
}

// addMilvus gives a command the flags that reach Milvus.
func (a *app) addMilvus(cmd *cobra.Command) { a.milvus.add(cmd.Flags()) }
