package indexer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
)

// Row is one sample on its way into a partition. Its texts are valid UTF-8.
type Row struct {
	Key, Caption, URL, ImagePath string
	Fields                       map[string]any // the sample's JSON, flattened with "."
}

// PartitionWriter writes the files of one partition. internal/vectors provides it. Append adds a
// row: an image and a text embedding, nil where the index has none of that kind. Close puts the
// files on disk and in place, and gives the SHA-256 of each by its path relative to the folder.
// Abort removes what was written; after Close it does nothing.
type PartitionWriter interface {
	Append(image, text []float32, row Row) error
	Close() (sha256 map[string]string, err error)
	Abort()
}

// NewPartition starts the files img_emb_N.npy, text_emb_N.npy and metadata_N.parquet in their
// folders below dir, N written with at least digits digits, for vectors of dimension dim.
type NewPartition func(dir string, number, digits, dim int, images, texts bool) (PartitionWriter, error)

// partition is the one that is being written: its rows and its ledger.
type partition struct {
	dir     string // where its files are made
	folder  string // their folder below the state folder
	info    Partition
	reasons map[string]int64
	rows    PartitionWriter
	ledger  *ledger
}

// startPartition opens the files of a partition under provisional names: how wide the numbers must
// be is known when the last partition is.
func (b *build) startPartition(number int) (*partition, error) {
	folder := fmt.Sprintf("%d-%s", number, attempt())
	staging := b.Folder.Stage(path.Join(stateName, folder))
	rows, err := b.NewPartition(staging, number, 1, b.Model.Dimension, b.Images, b.Texts)
	if err != nil {
		return nil, fmt.Errorf("partition %d: %w", number, errors.Join(err, os.RemoveAll(staging)))
	}
	ledger, err := createLedger(filepath.Join(staging, filepath.FromSlash(ledgerPath(number, 1))))
	if err != nil {
		rows.Abort()
		return nil, fmt.Errorf("partition %d: %w", number, errors.Join(err, os.RemoveAll(staging)))
	}
	return &partition{
		dir: staging, folder: folder, info: Partition{Number: number}, reasons: map[string]int64{}, rows: rows, ledger: ledger,
	}, nil
}

// add makes a sample a row, or a ledger record.
func (p *partition) add(it *item) error {
	p.info.Samples++
	if it.failure != nil {
		p.info.Failures++
		p.reasons[string(it.failure.Reason)]++
		return p.ledger.add(it.record())
	}
	if it.cleaned {
		p.info.Cleaned++
	}
	p.info.Rows++
	image, text := it.vectors()
	if err := p.rows.Append(image, text, it.row()); err != nil {
		return fmt.Errorf("%s: %w", it.sample.Position, err)
	}
	return nil
}

// close finishes the files. A partition without rows has a ledger alone: in
// clip-retrieval's layout an empty partition is a missing one.
func (p *partition) close() error {
	sums := map[string]string{}
	if p.info.Rows > 0 {
		var err error
		if sums, err = p.rows.Close(); err != nil {
			p.ledger.abort()
			return err
		}
	} else {
		p.rows.Abort()
	}
	sum, err := p.ledger.close()
	if err != nil {
		return err
	}
	sums[ledgerPath(p.info.Number, 1)] = sum
	p.info.SHA256 = sums
	return nil
}

// abort gives the partition up and its space back. What cannot be removed, the next run removes.
func (p *partition) abort() {
	p.rows.Abort()
	p.ledger.abort()
	_ = os.RemoveAll(p.dir)
}

// publish puts a partition in place and declares it done: from there on it is never written again.
// When another run has done the same partition, that one stays.
func (b *build) publish(ctx context.Context, p *partition) error {
	folder := path.Join(stateName, p.folder)
	err := p.close()
	if err == nil {
		err = b.Folder.Keep(ctx, folder)
	}
	first := false
	if err == nil {
		first, err = b.at().keepFirst(ctx, path.Join(doneDir, fmt.Sprintf("%d.json", p.info.Number)), doneRecord{p.info, p.reasons, p.folder})
	}
	if err != nil {
		p.abort()
		return fmt.Errorf("partition %d: %w", p.info.Number, err)
	}
	if !first {
		if err := b.Folder.Remove(ctx, folder); err != nil {
			return err
		}
	}
	b.manifest.record(p.info, p.reasons)
	return nil
}
