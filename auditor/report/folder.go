package report

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rollcall/auditor"
)

// Folder writes a run's folder: run.jsonl and predictions.parquet while the audit runs, then
// summary.csv, plots/*.svg and report.html. Until Commit everything lies in a hidden folder beside
// the target, so that a run that ends early leaves an earlier one as it was. It is an
// auditor.Handler and an auditor.PredictionSink.
type Folder struct {
	Report

	target, work string
	stream       *os.File
	writer       *auditor.Writer
	decisions    *os.File
	predictions  *Predictions
}

// Create begins a run's folder at target. A target that exists must be empty or a run's folder,
// which Commit replaces.
func Create(target string) (*Folder, error) {
	target = filepath.Clean(target)
	if err := replaceable(target); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return nil, fmt.Errorf("the run's folder cannot be made: %w", err)
	}
	work, err := os.MkdirTemp(filepath.Dir(target), "."+filepath.Base(target)+".run-*")
	if err != nil {
		return nil, fmt.Errorf("the run's folder cannot be made: %w", err)
	}
	f := &Folder{target: target, work: work}
	if err := f.open(); err != nil {
		return nil, errors.Join(err, f.Abort())
	}
	return f, nil
}

func (f *Folder) open() error {
	if err := os.Chmod(f.work, 0o755); err != nil {
		return err
	}
	var err error
	if f.stream, err = os.Create(filepath.Join(f.work, "run.jsonl")); err != nil {
		return err
	}
	if f.decisions, err = os.Create(filepath.Join(f.work, "predictions.parquet")); err != nil {
		return err
	}
	f.writer, f.predictions = auditor.NewWriter(f.stream), NewPredictions(f.decisions)
	return nil
}

// replaceable refuses a target that holds something other than a run.
func replaceable(target string) error {
	entries, err := os.ReadDir(target)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the output folder cannot be used: %w", err)
	}
	for _, e := range entries {
		switch e.Name() {
		case "run.jsonl", "predictions.parquet", "summary.csv", "controls.csv", "report.html", "plots":
		default:
			return fmt.Errorf("output folder %s holds %s, which is not part of an audit: choose another folder", target, e.Name())
		}
	}
	return nil
}

// Handle stores a message and keeps it for the reports.
func (f *Folder) Handle(m auditor.Message) error {
	if err := f.Report.Handle(m); err != nil {
		return err
	}
	return f.writer.Handle(m)
}

// Predictions stores decisions.
func (f *Folder) Predictions(model string, rows []auditor.Prediction) error {
	return f.predictions.Predictions(model, rows)
}

// Abort removes what was written so far.
func (f *Folder) Abort() error {
	for _, file := range []*os.File{f.stream, f.decisions} {
		if file != nil {
			file.Close()
		}
	}
	return os.RemoveAll(f.work)
}

// Commit finishes all files, makes them durable and puts the folder in its place.
func (f *Folder) Commit() error {
	if err := f.finish(); err != nil {
		return errors.Join(err, f.Abort())
	}
	return f.publish()
}

func (f *Folder) finish() error {
	if err := errors.Join(f.writer.Flush(), f.stream.Sync(), f.stream.Close()); err != nil {
		return fmt.Errorf("run.jsonl cannot be finished: %w", err)
	}
	if err := errors.Join(f.predictions.Close(), f.decisions.Sync(), f.decisions.Close()); err != nil {
		return fmt.Errorf("predictions.parquet cannot be finished: %w", err)
	}
	return WriteReports(f.work, &f.Report)
}

// publish swaps the finished folder in. An earlier run is moved aside first and removed last.
func (f *Folder) publish() error {
	old := f.work + ".old"
	err := os.Rename(f.target, old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(fmt.Errorf("the earlier run cannot be moved aside: %w", err), f.Abort())
	}
	if err := os.Rename(f.work, f.target); err != nil {
		return fmt.Errorf("the run lies complete in %s but cannot be moved to %s: %w", f.work, f.target, err)
	}
	return errors.Join(syncFolder(filepath.Dir(f.target)), os.RemoveAll(old))
}

// WriteReports writes summary.csv, controls.csv, report.html and plots/*.svg into a folder, replacing each only
// by a whole one.
func WriteReports(folder string, r *Report) error {
	if err := os.MkdirAll(filepath.Join(folder, "plots"), 0o755); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(folder, "summary.csv"), func(w io.Writer) error { return SummaryCSV(w, r) }); err != nil {
		return err
	}
	if err := replaceFile(filepath.Join(folder, "controls.csv"), func(w io.Writer) error { return ControlsCSV(w, r) }); err != nil {
		return err
	}
	for _, p := range Plots(r) {
		err := replaceFile(filepath.Join(folder, "plots", p.Name+".svg"), func(w io.Writer) error {
			_, err := w.Write(p.File())
			return err
		})
		if err != nil {
			return err
		}
	}
	return replaceFile(filepath.Join(folder, "report.html"), func(w io.Writer) error { return HTML(w, r) })
}

// replaceFile writes a file beside its place, makes it durable and renames it there.
func replaceFile(name string, write func(io.Writer) error) error {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("%s cannot be written: %w", name, err), os.Remove(file.Name()))
	}
	return nil
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
