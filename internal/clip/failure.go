package clip

import (
	"errors"
	"strings"

	"rollcall/indexer"
)

// unusable is an image that cannot become pixels: the preprocessor's error, with the reason that
// an index's ledger records for it.
type unusable struct {
	cause  error
	reason *indexer.Failure
}

// Error is the preprocessor's.
func (u *unusable) Error() string { return u.cause.Error() }

// Unwrap lets callers find both the sentinel and the ledger's reason.
func (u *unusable) Unwrap() []error { return []error{u.cause, u.reason} }

// withReason finds the ledger's reason for an error of the preprocessor.
func withReason(err error) error {
	if err == nil {
		return nil
	}
	reason := indexer.ReasonUndecodable
	switch {
	case errors.Is(err, ErrEmpty):
		reason = indexer.ReasonEmptyFile
	case errors.Is(err, ErrUnsupported):
		reason = indexer.ReasonUnsupportedType
	case errors.Is(err, ErrTooLarge):
		reason = indexer.ReasonTooLarge
	case cutShort(err.Error()):
		reason = indexer.ReasonTruncatedImage
	}
	return &unusable{err, indexer.Failf(reason, "%v", err)}
}

// cutShort recognises the words in which the decoders say that an image ends too early: they give
// no error value of its own for it.
func cutShort(message string) bool {
	for _, words := range []string{"cut short", "unexpected EOF"} {
		if strings.Contains(message, words) {
			return true
		}
	}
	return false
}
