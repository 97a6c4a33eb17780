package vectors

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
)

const (
	normTolerance = 1e-3 // float16 leaves lengths within 0.0003 of 1
	maxFindings   = 20   // spelled out for one file
)

// partCheck checks one partition.
type partCheck struct {
	dir     string
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
		rows := c.files.promised
		if rows < 0 {
			if p, err := openPart(c.dir, c.files, 0); err == nil {
				rows = int64(p.rows)
				err = p.close()
				c.fail(c.files.image, err, actRestore)
			}
		}
		first += max(rows, 0)
	}
}

// run makes all checks of the partition.
func (c *partCheck) run(ctx context.Context) error {
	for _, name := range []string{c.files.image, c.files.text, c.files.metadata} {
		if name != "" {
			if err := c.checksum(ctx, name); err != nil {
				return err
			}
		}
	}
	p, err := openPart(c.dir, c.files, c.first)
	if err != nil {
		c.fail(c.anyFile(), err, actRestore)
		return nil // a file that cannot be opened: nothing more to check in it
	}
	c.rows = int64(p.rows)
	for _, m := range []*matrix{p.image, p.text} {
		if m != nil {
			if err := c.vectors(ctx, m); err != nil {
				return errors.Join(err, p.close())
			}
		}
	}
	return errors.Join(c.metadata(ctx, p), p.close())
}

// anyFile names a file of the partition.
func (c *partCheck) anyFile() string {
	for _, name := range []string{c.files.image, c.files.text} {
		if name != "" {
			return name
		}
	}
	return c.files.metadata
}

// checksum reads a file whole and compares it with index.json.
func (c *partCheck) checksum(ctx context.Context, name string) error {
	sum, err := hashFile(ctx, filepath.Join(c.dir, name))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		c.fail(name, err, actRestore)
		return nil
	}
	c.read++
	if want, known := c.sums[slashed(name)]; known && want != sum {
		c.fail(name, fmt.Errorf("its SHA-256 is %s, index.json has %s: it was changed after it was written", sum, want), actRestore)
	}
	return nil
}

// vectors checks every vector of a file.
func (c *partCheck) vectors(ctx context.Context, m *matrix) error {
	name, err := filepath.Rel(c.dir, m.path)
	if err != nil {
		return fmt.Errorf("cannot name %s below %s: %w", m.path, c.dir, err)
	}
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
func (c *partCheck) metadata(ctx context.Context, p part) error {
	s := &Store{dir: c.dir}
	row := int64(0)
	err := s.eachRow(ctx, p, nil, func(r int, m metadataRow) error {
		row = int64(r)
		_, hidden := c.hidden[c.first+row]
		if hidden && !m.empty {
			c.failRow(c.files.metadata, row, "the row is erased, but its metadata is not null", actForget)
		}
		if c.zero[row] && !m.empty {
			c.failRow(c.anyFile(), row, "the vector is zero, but the row has metadata", actEmbed)
		} else if c.zero[row] {
			c.unlisted++
		}
		return nil
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c.fail(c.files.metadata, err, actRestore)
	c.tooMany()
	return nil
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
	for _, name := range []string{c.files.image, c.files.text, c.files.metadata} {
		if more := c.perFile[name] - maxFindings; more > 0 {
			c.fail(name, fmt.Errorf("%d more rows have problems of this kind", more), actRestore)
		}
	}
}
