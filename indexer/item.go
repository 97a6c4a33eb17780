package indexer

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// item is one sample on its way through a run.
type item struct {
	sample  Sample
	number  int64         // in the input, from 0
	decoded chan struct{} // closed when pixels or failure are there
	pixels  Pixels
	image   []float32
	text    []float32
	cleaned bool // the caption had bytes that are not UTF-8
	stage   Stage
	failure *Failure // why it is not a row
}

func (it *item) fail(stage Stage, f *Failure) { it.stage, it.failure = stage, f }

// prepare checks that the sample has what is to be embedded, and decodes its image.
func (it *item) prepare(o Options) {
	defer close(it.decoded)
	s := &it.sample
	data := s.Image
	s.Image = nil // pixels take its place
	switch {
	case s.Err != nil:
		it.fail(StageRead, failureOf(s.Err, ReasonUnreadableFile))
	case o.Images && data == nil:
		it.fail(StageRead, Failf(ReasonNoImage, "the sample has no image"))
	case o.Texts && !s.HasText:
		it.fail(StageRead, Failf(ReasonNoCaption, "the sample has no caption"))
	case o.Images && len(data) == 0:
		it.fail(StageRead, Failf(ReasonEmptyFile, "the image has no bytes"))
	case o.Images:
		it.decode(o.Encoder, data)
	}
	caption := s.Caption
	s.Caption = clean(caption)
	it.cleaned = s.Caption != caption
}

// decode turns the image into pixels. A decoder that panics costs this sample, not the run.
func (it *item) decode(e Encoder, data []byte) {
	defer func() {
		if p := recover(); p != nil {
			it.fail(StageDecode, Failf(ReasonUndecodable, "the decoder gave up: %v", p))
		}
	}()
	pixels, err := e.Decode(data)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		it.fail(StageDecode, failureOf(err, ReasonTruncatedImage))
	case err != nil:
		it.fail(StageDecode, failureOf(err, ReasonUndecodable))
	}
	it.pixels = pixels
}

// row is the sample as the partition takes it.
func (it *item) row() Row {
	s := it.sample
	return Row{Key: clean(s.Key), Caption: s.Caption, URL: clean(s.URL), ImagePath: clean(s.ImagePath), Fields: s.Fields}
}

func (it *item) record() Record {
	return Record{
		Sample: it.number, Key: clean(it.sample.Key), Position: clean(it.sample.Position),
		Stage: it.stage, Reason: it.failure.Reason, Detail: clean(it.failure.Detail),
	}
}

// err is the failure as the error of a run that stops at it.
func (it *item) err() error {
	return fmt.Errorf("sample %d (%s) failed at %s: %w; with the policy to continue it becomes a ledger record",
		it.number, it.sample.Position, it.stage, it.failure)
}

// clean makes text valid UTF-8: every run of other bytes becomes one U+FFFD.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
