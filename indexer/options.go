package indexer

import (
	"errors"
	"runtime"
	"time"
)

// ErrorPolicy says what a sample that cannot become a row does to the run.
type ErrorPolicy int

// The policies. The zero value goes on: one bad sample in a million must not end a run of days.
const (
	Continue ErrorPolicy = iota // record it in the ledger and go on
	Stop                        // end the run with an error that names it
)

// The defaults of Options.
const (
	// DefaultPartitionRows keeps what an interruption costs to seconds or minutes of work, and the
	// files of a partition of 512 dimensions at 10 MB.
	DefaultPartitionRows = 10_000
	// DefaultBatch fills a processor's cores; a GPU wants more.
	DefaultBatch = 64
)

// Options say what Run does. Source, Encoder, Model, Dir and NewPartition are needed.
type Options struct {
	Source       Source
	Encoder      Encoder   // may be nil for a source whose samples bring their vectors along
	Model        ModelInfo // of the encoder, or of those vectors; goes into the index
	Dir          string    // of the index, a path or URL; made when missing
	Folder       Folder    // what Dir is, when it is not on disk
	NewPartition NewPartition

	PartitionRows int   // input samples a partition; 0: DefaultPartitionRows
	Batch         int   // samples per call of the encoder; 0: DefaultBatch
	Workers       int   // goroutines that decode images; 0: one a core
	Limit         int64 // index the first so many samples only; 0: all
	Task          Task  // this run's share of the partitions; zero: all of them

	// Images and Texts choose what is embedded; neither means both. A sample that lacks what is
	// chosen is not a row: with both, it needs an image and a caption, as in clip-retrieval. What the
	// source as a whole does not have is not chosen.
	Images, Texts bool

	OnError  ErrorPolicy
	Progress func(Progress) // called after every batch, from one goroutine; nil: not
	Tool     string         // program and version, for the index
}

// Progress is how far a run has come.
type Progress struct {
	Samples    int64 // input samples done, those of earlier runs included
	Rows       int64 // of these, rows of the index
	Failures   int64 // of these, ledger records
	Resumed    int64 // of Samples, those that earlier runs had finished
	Total      int64 // what Samples will be when this run is done; 0: not known yet
	About      bool  // Total is an estimate
	Partitions int   // finished
	Times      Times // where this run's time went
	// Elapsed is the time since this run came to its first sample: to pass over what is done already
	// does not count.
	Elapsed time.Duration
}

func (o Options) withDefaults() (Options, error) {
	switch {
	case o.Source == nil, o.NewPartition == nil, o.Encoder == nil && !o.Source.Describe().Embedded:
		return o, errors.New("indexing needs a source, an encoder and a partition writer")
	case o.Dir == "":
		return o, errors.New("indexing needs a folder to write to")
	case o.Model.Dimension < 1:
		return o, errors.New("the model's dimension is not known")
	case o.PartitionRows < 0, o.Batch < 0, o.Workers < 0, o.Limit < 0:
		return o, errors.New("partition rows, batch, workers and limit cannot be negative")
	}
	if err := o.Task.check(); err != nil {
		return o, err
	}
	if !o.Images && !o.Texts {
		o.Images, o.Texts = true, true
	}
	has := o.Source.Describe()
	o.Images, o.Texts = o.Images && !has.NoImages, o.Texts && !has.NoTexts
	if !o.Images && !o.Texts {
		return o, errors.New("the data set has nothing of what is to be embedded: it has only images or only captions")
	}
	if o.PartitionRows == 0 {
		o.PartitionRows = DefaultPartitionRows
	}
	if o.Batch == 0 {
		o.Batch = DefaultBatch
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	o.Folder = siteOf(o.Dir, o.Folder).Folder
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	return o, nil
}

// recorded are the options that the index keeps.
func (o Options) recorded() ManifestOption {
	return ManifestOption{PartitionRows: o.PartitionRows, Limit: o.Limit, Images: o.Images, Texts: o.Texts}
}
