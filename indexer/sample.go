package indexer

import "context"

// Sample is one image-text pair as a reader found it, in input order.
type Sample struct {
	Key       string         // the data set's own key, unique within a source when the format has one
	Position  string         // where it was: "00003.tar#17", "photos/a.jpg", "train.tsv:120"
	Image     []byte         // encoded image bytes; nil when the sample has none
	ImagePath string         // path or name of the image as the data set gives it
	Caption   string         // caption as read, not cleaned
	HasText   bool           // false when there is no caption at all
	WhyNoText string         // why, when more is known of it: "a.parquet has no caption column"
	Cleaned   bool           // the source replaced bytes of it that are not UTF-8 by U+FFFD
	URL       string         // where the image came from, when known
	Fields    map[string]any // every key of the sample's JSON, flattened with "." ("exif.Make")

	// The vectors of a sample that was embedded already, by the model that the index names; nil
	// where it has none. They are stored as they are.
	ImageVector, TextVector []float32

	Err error // why the sample cannot be used, best a *Failure; the other fields say which one it was
}

// Source streams the samples of a data set in a stable order. internal/dataset provides one a
// format.
//
// Read calls visit once for every input sample, unreadable ones included (with Err set), and
// stops at visit's first error or when ctx is done. Its own error means that the source as a
// whole cannot be read.
type Source interface {
	Read(ctx context.Context, visit func(Sample) error) error
	Describe() SourceInfo
}

// Skipper is a Source that can pass over its first samples without reading their images, so that a
// resumed run does not read again what is indexed already. ReadAfter is Read without the first
// skip visits.
type Skipper interface {
	ReadAfter(ctx context.Context, skip int64, visit func(Sample) error) error
}

// Forecaster is a Source that says how many samples it has before all are read: exactly, or by an
// estimate that gets better meanwhile; 0 as long as nothing can be said. It is asked while Read is at
// work.
type Forecaster interface {
	Samples() (samples int64, exact bool)
}

// SourceInfo names a source for the index's fingerprint: reading the same source again gives the
// same SourceInfo, a changed one does not.
type SourceInfo struct {
	Format string   `json:"format"` // "folder", "webdataset", ...
	Why    string   `json:"why"`    // what made --format auto choose it
	Inputs []string `json:"inputs"` // the paths that were given
	Digest string   `json:"digest"` // SHA-256 over the names, sizes and modification-proof identity of the input files

	NoImages bool `json:"no_images,omitempty"` // it has captions, or their vectors, alone
	NoTexts  bool `json:"no_texts,omitempty"`  // it has image vectors alone
	Embedded bool `json:"embedded,omitempty"`  // its samples bring their vectors along
}
