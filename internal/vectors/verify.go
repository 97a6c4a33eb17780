package vectors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/sync/errgroup"

	"rollcall/indexer"
)

// Report is what Verify found.
type Report struct {
	Dir        string    `json:"dir"`
	Indexed    bool      `json:"indexed"`    // there is an index.json, so checksums and totals were checked
	Partitions int       `json:"partitions"` // checked
	Rows       int64     `json:"rows"`       // in those partitions
	Samples    int64     `json:"samples"`    // input samples, as index.json counts them
	Failures   int64     `json:"failures"`   // samples that are not rows
	Erased     int64     `json:"erased"`     // rows whose content was removed
	Files      int       `json:"files"`      // read whole
	Findings   []Finding `json:"findings"`   // empty when all is well
}

// OK says that nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// Finding is one thing that is wrong.
type Finding struct {
	File    string `json:"file"`          // relative to the folder
	Row     *int64 `json:"row,omitempty"` // within the file, from 0; nil when it is about the whole file
	ID      *int64 `json:"id,omitempty"`  // the row's number in the index
	Problem string `json:"problem"`
	Action  string `json:"action"` // what to do
}

// String makes one line of a finding.
func (f Finding) String() string {
	where := f.File
	if f.Row != nil {
		where = fmt.Sprintf("%s row %d", where, *f.Row)
	}
	if f.ID != nil {
		where = fmt.Sprintf("%s (row %d of the index)", where, *f.ID)
	}
	return where + ": " + f.Problem + "; " + f.Action
}

// What to do about the things that Verify finds.
const (
	actRestore = "restore the file from a copy, or index the data set again"
	actResume  = "run the same `rollcall index` command to finish it"
	actEmbed   = "embed the sample again, or remove the row with `rollcall forget`"
	actDerive  = "remove the file and run `rollcall derive` to make it again"
	actForget  = "run `rollcall forget` again to finish the removal"
)

// Verify reads an embedding folder whole: its files against the checksums, row counts and totals
// of index.json, its vectors (finite, of length 1 within 0.001, zero only where erased) and its
// metadata. What was derived must be what would be derived now: its source's codes, its rows. A folder without index.json is held against itself. Finished or not, what is named
// must be whole. The error is for what stops the check itself; everything else is a finding, of
// which a file has at most 20, then one that counts the rest.
func Verify(ctx context.Context, dir string) (Report, error) {
	report := Report{Dir: dir}
	f, err := readFolder(dir)
	if err != nil {
		return report, err
	}
	hidden, err := erasedRows(dir, f.manifest)
	if err != nil {
		return report, err
	}
	report.Erased, report.Partitions = int64(len(hidden)), len(f.parts)
	if f.manifest != nil {
		report.totals(f.manifest)
	}
	if unfinished, err := readErasure(dir); err != nil {
		return report, err
	} else if n := len(unfinished.Rows); n > 0 {
		report.add(Finding{File: erasureName, Problem: fmt.Sprintf("the removal of %d rows was interrupted", n), Action: actForget})
	}

	checks := make([]partCheck, len(f.parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range f.parts {
		checks[i] = partCheck{dir: dir, index: f.manifest, files: p, sums: checksums(f.manifest, p.number), indexed: f.manifest != nil}
	}
	numberRows(checks, hidden)
	for i := range checks {
		group.Go(func() error { return checks[i].run(ctx) })
	}
	if err := group.Wait(); err != nil {
		return report, err
	}
	for _, c := range checks {
		report.Findings = append(report.Findings, c.findings...)
		report.Files += c.read
		report.Rows += c.rows
		report.Erased += c.unlisted
	}
	return report, nil
}

// add appends a finding.
func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// totals checks that index.json agrees with itself: samples = rows + failures, as a whole and in
// every partition, and the partitions add up.
func (r *Report) totals(m *indexer.Manifest) {
	r.Indexed, r.Samples, r.Failures = true, m.Samples, m.Failures
	wrong := func(problem, action string) {
		r.add(Finding{File: indexer.ManifestName, Problem: problem, Action: action})
	}
	if m.State != indexer.StateComplete {
		wrong(fmt.Sprintf("the index is not finished (state %q)", m.State), actResume)
	}
	if m.Samples != m.Rows+m.Failures {
		wrong(fmt.Sprintf("%d samples are not %d rows and %d failures", m.Samples, m.Rows, m.Failures), actRestore)
	}
	var samples, rows, failures, reasons int64
	for _, p := range m.Partitions {
		if p.Samples != p.Rows+p.Failures {
			wrong(fmt.Sprintf("partition %d: %d samples are not %d rows and %d failures", p.Number, p.Samples, p.Rows, p.Failures), actRestore)
		}
		samples, rows, failures = samples+p.Samples, rows+p.Rows, failures+p.Failures
	}
	if samples != m.Samples || rows != m.Rows || failures != m.Failures {
		wrong(fmt.Sprintf("the partitions add up to %d samples, %d rows, %d failures, the totals are %d, %d, %d",
			samples, rows, failures, m.Samples, m.Rows, m.Failures), actRestore)
	}
	for _, n := range m.Reasons {
		reasons += n
	}
	if reasons != m.Failures {
		wrong(fmt.Sprintf("the reasons explain %d of %d failures", reasons, m.Failures), actRestore)
	}
	for _, id := range m.Erased {
		if id < 0 || id >= m.Rows {
			wrong(fmt.Sprintf("row %d is listed as erased, but rows are 0 to %d", id, m.Rows-1), actRestore)
		}
	}
}

// checksums gives a partition's SHA-256 by file; nil without a manifest.
func checksums(m *indexer.Manifest, number int) map[string]string {
	if m == nil {
		return nil
	}
	for _, p := range m.Partitions {
		if p.Number == number {
			return p.SHA256
		}
	}
	return nil
}

// hashFile gives the SHA-256 of a file.
func hashFile(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("cannot open: %w", err)
	}
	defer f.Close() // read only: nothing can be lost
	hash := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := io.CopyN(hash, f, 1<<22)
		if err == io.EOF {
			return hex.EncodeToString(hash.Sum(nil)), nil
		}
		if err != nil {
			return "", fmt.Errorf("cannot read after %d bytes: %w", n, err)
		}
	}
}

// slashed is a file's path as findings and checksums name it.
func slashed(name string) string { return filepath.ToSlash(name) }
