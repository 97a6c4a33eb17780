package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"rollcall/retriever"
)

// verifyFlags say how a sample of the counted rows is looked at.
type verifyFlags struct {
	sample int
	out    string // where the sample goes, for somebody to label
	labels string // the sample with its labels
}

func (f countFlags) checkVerify() error {
	v := f.verify
	asked := v.sample != 0 || v.labels != ""
	switch {
	case v.sample < 0 || v.out != "" && v.sample == 0:
		return usagef("--verify-sample N, at least 1, draws the sample that --verify-out takes")
	case v.sample != 0 && v.labels != "":
		return usagef("--verify-sample draws a sample and --verified reads one with labels: give one of them")
	case asked && (f.task != "" || f.merge || f.mode == string(retriever.CC3M)):
		return usagef("a sample is verified of a whole count by captions, images or faces, not of --task, --merge or --mode cc3m")
	case v.sample != 0 && v.out == "" && (f.faces == "" || f.photos == "" || f.fmr == 0 && f.faceThreshold == 0):
		return usagef("--verify-sample needs --verify-out F, for somebody to label, or faces that look: --faces DIR, --photos DIR, and --fmr R or --face-threshold T")
	}
	return nil
}

// teeEvidence writes evidence to several.
type teeEvidence []retriever.EvidenceWriter

func (t teeEvidence) Write(e retriever.Evidence) error {
	for _, w := range t {
		if err := w.Write(e); err != nil {
			return err
		}
	}
	return nil
}

func (t teeEvidence) Close() error { return nil } // whoever made them closes them

// also makes the count write its evidence to w as well.
func (c counting) also(w retriever.EvidenceWriter) counting {
	if c.evidence != nil {
		w = teeEvidence{c.evidence, w}
	}
	c.evidence = w
	return c
}

// verified counts, and verifies a sample of the counted rows when that is asked for. opened is nil when
// caption files are counted.
func (a *app) verified(ctx context.Context, opened *index, c counting, count func(counting) (*counted, error)) (*counted, error) {
	switch v := c.flags.verify; {
	case v.labels != "":
		return a.countWithLabels(c, count)
	case v.sample != 0:
		return a.countAndSample(ctx, opened, c, count)
	}
	return count(c)
}

// countWithLabels counts, and takes the precision from labels.
func (a *app) countWithLabels(c counting, count func(counting) (*counted, error)) (*counted, error) {
	path := c.flags.verify.labels
	f, err := os.Open(path)
	if err != nil {
		return nil, usageError{err}
	}
	labels, err := retriever.ReadLabels(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	result, err := count(c.also(labels))
	if err != nil {
		return nil, err
	}
	if result.Verified, err = labels.Verified(); err != nil {
		return nil, usagef("%s: %w", path, err)
	}
	return result, a.applyVerified(result)
}

// countAndSample counts and draws a sample, which goes to a file or is looked at by faces.
func (a *app) countAndSample(ctx context.Context, opened *index, c counting, count func(counting) (*counted, error)) (*counted, error) {
	sampler := retriever.NewSampler(c.flags.verify.sample, c.flags.seed)
	result, err := count(c.also(sampler))
	if err != nil {
		return nil, err
	}
	if out := c.flags.verify.out; out != "" {
		return result, a.output(out, sampler.WriteSample)
	}
	if opened == nil {
		return nil, usagef("faces look at the images of an index; give --verify-out F to have rows of caption files labelled")
	}
	if result.Verified, err = a.verifyByFaces(ctx, opened, c, sampler); err != nil {
		return nil, err
	}
	return result, a.applyVerified(result)
}

func (a *app) applyVerified(result *counted) error {
	if err := retriever.ApplyVerified(result.Counts, result.Verified); err != nil {
		return err
	}
	var sample, confirmed int64
	for _, v := range result.Verified {
		sample, confirmed = sample+v.Sample, confirmed+v.Confirmed
	}
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d of %d rows verified show the person; estimates follow each person's own\n", confirmed, sample)
	}
	return nil
}
