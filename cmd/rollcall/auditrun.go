package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rollcall/auditor"
	"rollcall/auditor/report"
)

// runStream is the file that makes a folder an audit run.
const runStream = "run.jsonl"

// auditRun is an audit on its way into a folder. Everything is written beside the folder and
// appears under its name when the audit is whole, so that an interrupted audit leaves an earlier
// one as it was.
type auditRun struct {
	dir, temp   string
	stream      *os.File
	writer      *auditor.Writer
	parquet     *os.File
	buffered    *bufio.Writer
	predictions *report.Predictions
	collected   report.Report
}

// createAuditRun starts a run that will be dir. A folder that holds something else than an audit
// run is refused.
func createAuditRun(dir string) (*auditRun, error) {
	dir = filepath.Clean(dir)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(dir, runStream)); err != nil {
			return nil, usagef("--output %s holds other files than an audit run: give a new folder", dir)
		}
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, usageError{err}
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*.tmp")
	if err != nil {
		return nil, usageError{err}
	}
	r := &auditRun{dir: dir, temp: temp}
	if r.stream, err = os.Create(filepath.Join(temp, runStream)); err != nil {
		return nil, errors.Join(err, r.abort())
	}
	if r.parquet, err = os.Create(filepath.Join(temp, "predictions.parquet")); err != nil {
		return nil, errors.Join(err, r.abort())
	}
	r.writer = auditor.NewWriter(r.stream)
	r.buffered = bufio.NewWriterSize(r.parquet, 1<<20)
	r.predictions = report.NewPredictions(r.buffered)
	return r, nil
}

// Handle stores a message and keeps it for the reports.
func (r *auditRun) Handle(m auditor.Message) error {
	return errors.Join(r.writer.Handle(m), r.collected.Handle(m))
}

// abort removes what was written.
func (r *auditRun) abort() error {
	for _, file := range []*os.File{r.stream, r.parquet} {
		if file != nil {
			// The folder goes away with what could not be closed in it.
			_ = file.Close()
		}
	}
	return os.RemoveAll(r.temp)
}

// finish writes the reports and puts the run in its place.
func (r *auditRun) finish() error {
	if err := r.write(); err != nil {
		return errors.Join(fmt.Errorf("the audit ended well and its run could not be stored in %s: %w", r.dir, err), r.abort())
	}
	return r.publish()
}

func (r *auditRun) write() error {
	if err := errors.Join(r.writer.Flush(), r.predictions.Close(), r.buffered.Flush(), r.stream.Sync(), r.stream.Close(), r.parquet.Sync(), r.parquet.Close()); err != nil {
		return err
	}
	for name, render := range map[string]func(io.Writer, *report.Report) error{"summary.csv": report.SummaryCSV, "report.html": report.HTML} {
		if err := r.render(name, func(w io.Writer) error { return render(w, &r.collected) }); err != nil {
			return err
		}
	}
	if err := os.Mkdir(filepath.Join(r.temp, "plots"), 0o755); err != nil {
		return err
	}
	for _, plot := range report.Plots(&r.collected) {
		if err := r.render(filepath.Join("plots", plot.Name+".svg"), func(w io.Writer) error {
			_, err := w.Write(plot.File())
			return err
		}); err != nil {
			return err
		}
	}
	return os.Chmod(r.temp, 0o755)
}

// render writes one file of the run to disk.
func (r *auditRun) render(name string, write func(io.Writer) error) error {
	file, err := os.Create(filepath.Join(r.temp, name))
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Sync(), file.Close())
}

// publish puts the run in the place of an earlier one, which goes when the new one is there.
func (r *auditRun) publish() error {
	old := r.temp + ".old"
	if err := os.Rename(r.dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return errors.Join(err, r.abort())
	}
	if err := os.Rename(r.temp, r.dir); err != nil {
		return err
	}
	return os.RemoveAll(old)
}
