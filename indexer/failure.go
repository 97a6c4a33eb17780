package indexer

import (
	"errors"
	"fmt"
)

// Stage is how far a sample came before it failed.
type Stage string

// The stages of a sample, in order.
const (
	StageRead   Stage = "read"   // the source could not hand it over whole
	StageDecode Stage = "decode" // the image could not be turned into pixels
	StageEmbed  Stage = "embed"  // the model gave no usable vector
)

// Reason says in one word why a sample did not become a row. Ledgers and totals use these words
// and no others.
type Reason string

// The reasons, by the stage that finds them.
const (
	ReasonNoImage         Reason = "no-image"          // read: images are embedded and it has none
	ReasonNoCaption       Reason = "no-caption"        // read: captions are embedded and it has none
	ReasonEmptyFile       Reason = "empty-file"        // read: the image has no bytes, as after a failed download
	ReasonUnsupportedType Reason = "unsupported-type"  // read, decode: an image of a format that is not read
	ReasonTooLarge        Reason = "too-large"         // read, decode: more bytes or pixels than are read
	ReasonUnreadableFile  Reason = "unreadable-file"   // read: the operating system refused
	ReasonBadMetadata     Reason = "bad-metadata"      // read: the sample's JSON is not an object
	ReasonDuplicateKey    Reason = "duplicate-key"     // read: an earlier sample has its key
	ReasonTarTruncated    Reason = "tar-truncated"     // read: the tar ends in the middle
	ReasonTarDamaged      Reason = "tar-damaged"       // read: the tar cannot be followed from there on
	ReasonDownloadFailed  Reason = "download-failed"   // read: the data set itself says that it could not be had
	ReasonMissingFile     Reason = "missing-file"      // read: the data set names a file that is not there
	ReasonBadRow          Reason = "bad-row"           // read: a line or row of a caption file that does not fit its format
	ReasonFileDamaged     Reason = "file-damaged"      // read: a caption file cannot be followed from there on
	ReasonParquetDamaged  Reason = "parquet-damaged"   // read: a Parquet file or a page of it cannot be read
	ReasonTruncatedImage  Reason = "truncated-image"   // decode: the image ends in the middle
	ReasonUndecodable     Reason = "undecodable-image" // decode: the image is broken in another way
	ReasonNotFinite       Reason = "not-finite"        // embed: the vector has a NaN or an infinity
	ReasonZeroVector      Reason = "zero-vector"       // embed: the vector has no direction
)

// Failure is why one sample cannot become a row. A Source puts it into Sample.Err and an
// Encoder's Decode returns it, to choose the reason; any other error of theirs is recorded as
// ReasonUnreadableFile or ReasonUndecodable.
type Failure struct {
	Reason Reason
	Detail string // what was found, for a person to read
}

// Failf makes a Failure with a formatted detail.
func Failf(reason Reason, format string, args ...any) *Failure {
	return &Failure{reason, fmt.Sprintf(format, args...)}
}

// Error gives the reason and the detail.
func (f *Failure) Error() string { return string(f.Reason) + ": " + f.Detail }

// failureOf finds the Failure in err, or makes one with the fallback reason.
func failureOf(err error, fallback Reason) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	return &Failure{fallback, err.Error()}
}
