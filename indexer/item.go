package indexer

import (
	"cmp"
	"context"
	"fmt"
	"strings"
)

// item is one sample on its way through a run.
type item struct {
	sample  Sample
	number  int64    // in the input, from 0
	image   *content // nil when images are not embedded
	caption *content // nil when captions are not embedded
	cleaned bool     // the caption had bytes that are not UTF-8
	stage   Stage
	failure *Failure // why it is not a row
}

func (it *item) fail(stage Stage, f *Failure) { it.stage, it.failure = stage, f }

// admit checks that a sample has what is to be embedded, and finds the contents that it shares with
// others. The image has to be decoded when fresh.
func (it *item) admit(o Options, c *contents) (fresh bool) {
	s := &it.sample
	data, caption := s.Image, s.Caption
	s.Image = nil // its content holds it as long as it is needed
	s.Caption = clean(caption)
	it.cleaned = s.Cleaned || s.Caption != caption
	if o.Encoder == nil || s.ImageVector != nil || s.TextVector != nil {
		it.admitEmbedded(o)
		return false
	}
	switch {
	case s.Err != nil:
		it.fail(StageRead, failureOf(s.Err, ReasonUnreadableFile))
	case o.Images && data == nil:
		it.fail(StageRead, Failf(ReasonNoImage, "the sample has no image"))
	case o.Texts && !s.HasText:
		it.fail(StageRead, Failf(ReasonNoCaption, "%s", cmp.Or(s.WhyNoText, "the sample has no caption")))
	case o.Images && len(data) == 0:
		it.fail(StageRead, Failf(ReasonEmptyFile, "the image has no bytes"))
	}
	if it.failure != nil {
		return false
	}
	if o.Texts {
		it.caption = c.caption(s.Caption)
	}
	if o.Images {
		var known bool
		it.image, known = c.image(data)
		return !known
	}
	return false
}

// await waits until the sample's image is decoded, or cannot be.
func (it *item) await(ctx context.Context) error {
	if it.image == nil || it.image.decoded == nil {
		return nil
	}
	select {
	case <-it.image.decoded:
	case <-ctx.Done():
		return ctx.Err()
	}
	if it.image.failure != nil {
		it.fail(StageDecode, it.image.failure)
	}
	return nil
}

// vectors are the sample's embeddings, nil of a kind that is not embedded.
func (it *item) vectors() (image, text []float32) {
	if it.image != nil {
		image = it.image.vector
	}
	if it.caption != nil {
		text = it.caption.vector
	}
	return image, text
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
	return fmt.Errorf("sample %d (%s) failed at %s: %w", it.number, it.sample.Position, it.stage, it.failure)
}

// clean makes text valid UTF-8: every run of other bytes becomes one U+FFFD.
func clean(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
