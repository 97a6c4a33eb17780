package vectors

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"rollcall/indexer"
)

const (
	normTolerance = 1e-3 // float16 leaves lengths within 0.0003 of 1
	maxFindings   = 20   // spelled out for one file
)

// partCheck checks one partition.
type partCheck struct {
	dir     string
	index   *indexer.Manifest
	files   files
	sums    map[string]string // SHA-256 by file, nil without index.json
	indexed bool
	first   int64              // number of the first row
	hidden  map[int64]struct{} // erased rows that the folder lists

	rows     int64
	read     int   // files read whole
	unlisted int64 // rows that are erased though no list says so: only without index.json
	zero     map[int64]bool
	findings []Finding
	perFile  map[string]int
}

// numberRows gives every partition the number of its first row, from the row counts that
// index.json promises or the files' headers tell.
func numberRows(checks []partCheck, hidden map[int64]struct{}) {
	var first int64
	for i := range checks {
		c := &checks[i]
		c.first, c.hidden = first, hidden
		c.zero, c.perFile = map[int64]bool{}, map[string]int{}
		first += c.length()
	}
}

// length is how many rows the partition should have; what cannot be read is found later.
func (c *partCheck) length() int64 {
	if c.files.promised >= 0 {
		return c.files.promised
	}
	for _, name := range []string{c.files.image, c.files.text} {
		if name == "" {
			continue
		}
		if m, err := openMatrix(filepath.Join(c.dir, name)); err == nil {
			rows := int64(m.rows)
			c.fail(name, m.close(), actRestore)
			return rows
		}
	}
	m, err := openMetadata(filepath.Join(c.dir, c.files.metadata))
	if err != nil {
		return 0
	}
	rows := m.rows()
	c.fail(c.files.metadata, m.close(), actRestore)
	return rows
}

// run makes all checks of the partition.
func (c *partCheck) run(ctx context.Context) error {
	c.rows = c.length()
	for _, name := range []string{c.files.image, c.files.text} {
		if name == "" {
			continue
		}
		if err := c.checksum(ctx, name); err != nil {
			return err
		}
		m, err := openMatrix(filepath.Join(c.dir, name))
		if err != nil {
			c.fail(name, err, actRestore)
			continue
		}
		c.counted(name, int64(m.rows))
		if err := errors.Join(c.vectors(ctx, name, m), c.codes(ctx, name, m), m.close()); err != nil {
			return err
		}
	}
	if c.files.metadata != "" {
		if err := c.checksum(ctx, c.files.metadata); err != nil {
			return err
		}
	}
	return c.metadata(ctx)
}

// counted compares a file's rows with the partition's.
func (c *partCheck) counted(name string, rows int64) {
	if rows != c.rows {
		c.fail(name, fmt.Errorf("it has %d rows, the partition has %d", rows, c.rows), actRestore)
	}
}

// checksum reads a file whole and compares it with index.json.
func (c *partCheck) checksum(ctx context.Context, name string) error {
	sum, err := hashFile(ctx, filepath.Join(c.dir, name))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return nil // whoever opens it next says so
	}
	c.read++
	if want, known := c.sums[slashed(name)]; known && want != sum {
		c.fail(name, fmt.Errorf("its SHA-256 is %s, index.json has %s: it was changed after it was written", sum, want), actRestore)
	}
	return nil
}

// vectors checks every vector of a file.
func (c *partCheck) vectors(ctx context.Context, name string, m *matrix) error {
	row := make([]float32, m.dimension)
	for r := range m.rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		m.decode(row, m.block(r, 1))
		var square float64
		for _, x := range row {
			square += float64(x) * float64(x)
		}
		_, hidden := c.hidden[c.first+int64(r)]
		length := math.Sqrt(square)
		switch {
		case hidden && square != 0:
			c.failRow(name, int64(r), "the row is erased, but its vector is not zero", actForget)
		case hidden:
		case math.IsNaN(length) || math.IsInf(length, 0):
			c.failRow(name, int64(r), "the vector is not finite", actEmbed)
		case square == 0 && !c.indexed:
			c.zero[int64(r)] = true // the metadata says whether it was erased
		case square == 0:
			c.failRow(name, int64(r), "the vector is zero, but the row is not erased", actEmbed)
		case math.Abs(length-1) > normTolerance:
			c.failRow(name, int64(r), fmt.Sprintf("the vector has length %.4f, not 1", length), actEmbed)
		}
	}
	return nil
}

// metadata reads every row, and settles the rows whose vector is zero.
func (c *partCheck) metadata(ctx context.Context) error {
	defer c.tooMany()
	if c.files.metadata == "" {
		c.unlisted = int64(len(c.zero))
		return nil
	}
	m, err := openMetadata(filepath.Join(c.dir, c.files.metadata))
	if err != nil {
		c.fail(c.files.metadata, err, actRestore)
		return nil
	}
	c.counted(c.files.metadata, m.rows())
	made, err := c.arrow()
	if err != nil {
		return errors.Join(err, m.close())
	}
	reader := m.reader()
	defer reader.close()
	for row := range m.rows() {
		if err = ctx.Err(); err != nil {
			break
		}
		r, err := reader.read()
		if err != nil {
			c.fail(c.files.metadata, err, actRestore)
			break
		}
		c.settle(row, r)
		c.sameRow(made, row, r)
	}
	return errors.Join(err, made.close(), m.close())
}

// settle holds a row's metadata against what is known of its erasure.
func (c *partCheck) settle(row int64, r metadataRow) {
	_, hidden := c.hidden[c.first+row]
	switch {
	case hidden && !r.empty:
		c.failRow(c.files.metadata, row, "the row is erased, but its metadata is not null", actForget)
	case c.zero[row] && !r.empty:
		c.failRow(c.files.metadata, row, "the row has metadata, but its vector is zero", actEmbed)
	case c.zero[row]:
		c.unlisted++
	}
}

// fail notes what is wrong with a file; nothing when err is nil.
func (c *partCheck) fail(name string, err error, action string) {
	if err != nil {
		c.findings = append(c.findings, Finding{File: slashed(name), Problem: err.Error(), Action: action})
	}
}

// failRow notes what is wrong with a row of a file.
func (c *partCheck) failRow(name string, row int64, problem, action string) {
	c.perFile[name]++
	if c.perFile[name] <= maxFindings {
		id := c.first + row
		c.findings = append(c.findings, Finding{File: slashed(name), Row: &row, ID: &id, Problem: problem, Action: action})
	}
}

// tooMany counts the findings of each file that were not spelled out.
func (c *partCheck) tooMany() {
	for _, name := range slices.Sorted(maps.Keys(c.perFile)) {
		if more := c.perFile[name] - maxFindings; more > 0 {
			c.fail(name, fmt.Errorf("%d more rows have problems of this kind", more), actRestore)
		}
	}
}
