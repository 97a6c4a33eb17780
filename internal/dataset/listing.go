package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// maxListed and maxListedText bound the rows of one shard's listing and their text in bytes;
// img2dataset puts 10,000 into a shard, with some 10 MB of it.
const (
	maxListed     = 1 << 20
	maxListedText = 256 << 20
)

// downloaded is the status that img2dataset gives a sample that is in the shard.
const downloaded = "success"

// listing is what a shard's Parquet file says of its samples.
type listing struct {
	rows []row
	at   map[string]int // index into rows by key
	seen []bool         // the sample is in the shard
}

// readListing reads a shard's Parquet file. One that is missing or damaged is a failure to be
// recorded: which downloads failed is then not known, but the samples of the shard are there.
func readListing(ctx context.Context, files *storage.Files, path string) (*listing, *indexer.Failure, error) {
	l := &listing{at: map[string]int{}}
	var bad error
	text := 0
	err := readParquet(ctx, files, path, true, func(r row) error {
		if err := ctx.Err(); err != nil {
			return &stopped{err}
		}
		if r.err != nil {
			bad = r.err
			return nil
		}
		if text += r.textSize(); len(l.rows) == maxListed || text > maxListedText {
			return fmt.Errorf("%s lists more than %d samples or %d MiB of text; a shard's has some 10,000", path, maxListed, maxListedText>>20)
		}
		if r.Key != "" {
			l.at[r.Key] = len(l.rows)
		}
		l.rows = append(l.rows, r)
		return nil
	})
	l.seen = make([]bool, len(l.rows))
	var stop *stopped
	switch {
	case errors.As(err, &stop):
		return nil, nil, stop.cause
	case isMissing(err):
		return l, indexer.Failf(indexer.ReasonMissingFile, "%s is not there: which downloads of the shard failed is not known", path), nil
	case transient(err):
		return nil, nil, err
	case err == nil:
		err = bad
	}
	if err != nil {
		return l, indexer.Failf(indexer.ReasonParquetDamaged, "%v: which downloads of the shard failed is not wholly known", err), nil
	}
	return l, nil, nil
}

// textSize is how many bytes of text a row holds.
func (r row) textSize() int {
	n := len(r.Key) + len(r.Caption) + len(r.URL)
	for _, value := range r.fields {
		if text, isText := value.(string); isText {
			n += len(text)
		}
	}
	return n
}

func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

// join gives a sample of the shard what its own files do not say and the listing does.
func (l *listing) join(s *indexer.Sample) {
	i, listed := l.at[s.Key]
	if !listed {
		return
	}
	l.seen[i] = true
	r := l.rows[i]
	if s.URL == "" {
		s.URL = r.URL
	}
	if !s.HasText && !r.Null {
		s.Caption, s.HasText = r.Caption, true
	}
	for name, value := range r.fields {
		if _, has := s.Fields[name]; has {
			continue
		}
		if s.Fields == nil {
			s.Fields = map[string]any{}
		}
		s.Fields[name] = value
	}
}

// rest hands on what the listing has and the shard has not: downloads that failed, and samples
// that ought to be there.
func (l *listing) rest(ctx context.Context, s shard, out *counter) error {
	for i, r := range l.rows {
		if l.seen[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		sample := indexer.Sample{
			Key: r.Key, Position: fmt.Sprintf("%s#%d", s.listing(), r.at),
			Caption: r.Caption, HasText: !r.Null, URL: r.URL, Fields: r.fields,
		}
		sample.Err = r.whyAbsent(s)
		if err := out.emit([]indexer.Sample{sample}); err != nil {
			return err
		}
	}
	return nil
}

func (r row) whyAbsent(s shard) *indexer.Failure {
	if failure := r.downloadFailure(); failure != nil {
		return failure
	}
	return indexer.Failf(indexer.ReasonMissingFile, "%s lists the key %q, which is not in %s", s.listing(), r.Key, s.where())
}

// downloadFailure is why img2dataset could not have an image; nil when it had it, or does not say.
func (r row) downloadFailure() *indexer.Failure {
	status, _ := r.fields["status"].(string)
	message, _ := r.fields["error_message"].(string)
	if status == "" || status == downloaded {
		return nil
	}
	return indexer.Failf(indexer.ReasonDownloadFailed, "%s", strings.TrimSuffix(status+": "+message, ": "))
}

// where is the place that samples of the shard should be in.
func (s shard) where() string {
	if s.samples == "" {
		return endsIn(s.base, ".tar")
	}
	return s.samples
}
