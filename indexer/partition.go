package indexer

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
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

// stagingName is the folder, inside the index, in which the files of one partition come to be.
// Whatever is found there belongs to a run that was interrupted.
const stagingName = ".building"

// partition is the one that is being written: its rows and its ledger.
type partition struct {
	dir     string // staging folder
	info    Partition
	reasons map[string]int64
	rows    PartitionWriter
	ledger  *ledger
}

// startPartition opens the files of a partition under provisional names: how wide the numbers must
// be is known when the last partition is.
func (b *build) startPartition(number int) (*partition, error) {
	staging := filepath.Join(b.Dir, stagingName)
	rows, err := b.NewPartition(staging, number, 1, b.Model.Dimension, b.Images, b.Texts)
	if err != nil {
		return nil, fmt.Errorf("partition %d: %w", number, err)
	}
	ledger, err := createLedger(filepath.Join(staging, filepath.FromSlash(ledgerPath(number, 1))))
	if err != nil {
		rows.Abort()
		return nil, fmt.Errorf("partition %d: %w", number, err)
	}
	return &partition{
		dir: staging, info: Partition{Number: number}, reasons: map[string]int64{}, rows: rows, ledger: ledger,
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
	if err := p.rows.Append(it.image, it.text, it.row()); err != nil {
		return fmt.Errorf("%s: %w", it.sample.Position, err)
	}
	return nil
}

// close finishes the files in the staging folder. A partition without rows has a ledger alone: in
// clip-retrieval's layout an empty partition is a missing one.
func (p *partition) close() error {
	sums := map[string]string{}
	if p.info.Rows > 0 {
		var err error
		if sums, err = p.rows.Close(); err != nil {
			p.ledger.abort()
			return fmt.Errorf("partition %d: %w", p.info.Number, err)
		}
	} else {
		p.rows.Abort()
	}
	sum, err := p.ledger.close()
	if err != nil {
		return fmt.Errorf("partition %d: %w", p.info.Number, err)
	}
	sums[ledgerPath(p.info.Number, 1)] = sum
	p.info.SHA256 = sums
	return nil
}

func (p *partition) abort() {
	p.rows.Abort()
	p.ledger.abort()
}

// publish moves a closed partition into the index and then into index.json: from there on it is
// never written again.
func (b *build) publish(p *partition) error {
	if err := p.close(); err != nil {
		return err
	}
	var folders []string
	for name := range p.info.SHA256 {
		from, to := filepath.Join(p.dir, filepath.FromSlash(name)), filepath.Join(b.Dir, filepath.FromSlash(name))
		if err := moveFile(from, to); err != nil {
			return fmt.Errorf("partition %d: %w", p.info.Number, err)
		}
		folders = append(folders, filepath.Join(b.Dir, path.Dir(name)))
	}
	slices.Sort(folders)
	errs := []error{syncFolder(b.Dir)}
	for _, folder := range slices.Compact(folders) {
		errs = append(errs, syncFolder(folder))
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	b.manifest.record(p.info, p.reasons)
	return b.manifest.Write(b.Dir)
}
