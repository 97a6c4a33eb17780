package dataset

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/parquet-go/parquet-go"

	"rollcall/internal/dataset/storage"
	"rollcall/internal/parquetfile"
	"rollcall/retriever"
)

// Parts gives each row group of the Parquet files and each other file as a part, in the order of
// rows. Of the Parquet files it reads the footers, which say how many rows there are.
func (c *captionFiles) Parts(ctx context.Context) ([]retriever.CaptionPart, error) {
	var parts []retriever.CaptionPart
	var first int64 // -1 after a file whose rows nobody has counted
	for _, file := range c.files {
		if !strings.HasSuffix(strings.ToLower(storage.Base(file.path)), ".parquet") {
			parts = append(parts, retriever.CaptionPart{First: first, Read: c.readWhole(file)})
			first = -1
			continue
		}
		shared := &sharedParquet{path: file.path, reach: c.reach}
		groups, err := shared.groups(ctx)
		if err != nil {
			return nil, err
		}
		before := int64(0)
		for i, rows := range groups {
			group := parquetGroup{file: shared, number: i, first: before}
			parts = append(parts, retriever.CaptionPart{First: first, Read: group.captions})
			before += rows
			if first >= 0 {
				first += rows
			}
		}
	}
	return parts, nil
}

// readWhole reads a text file.
func (c *captionFiles) readWhole(file captionFile) func(context.Context, func([]retriever.CaptionRow) error) error {
	return func(ctx context.Context, visit func([]retriever.CaptionRow) error) (err error) {
		files := storage.New(c.reach)
		defer func() { err = errors.Join(err, files.Close()) }()
		var number int64
		return retriever.InBatches(visit, func(one func(retriever.CaptionRow) error) error {
			return file.read(ctx, files, file.path, false, func(r row) error {
				if r.err != nil {
					return r.err
				}
				if number%256 == 0 && ctx.Err() != nil {
					return ctx.Err()
				}
				r.Row = number
				number++
				return one(r.CaptionRow)
			})
		})
	}
}

// sharedParquet is a Parquet file that is open while anybody reads one of its row groups.
type sharedParquet struct {
	path  string
	reach storage.Reach

	mu      sync.Mutex
	readers int
	files   *storage.Files
	from    storage.File
	parquet *parquetfile.File
}

// open gives the file; each call needs one of close. ctx is that of all who read at the same time.
func (s *sharedParquet) open(ctx context.Context) (file *parquetfile.File, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers == 0 {
		files := storage.New(s.reach)
		if s.from, err = files.Open(ctx, s.path); err != nil {
			return nil, errors.Join(err, files.Close())
		}
		if s.parquet, err = openParquet(s.from, s.path); err != nil {
			return nil, errors.Join(err, s.from.Close(), files.Close())
		}
		s.files = files
	}
	s.readers++
	return s.parquet, nil
}

func (s *sharedParquet) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readers--; s.readers > 0 {
		return nil
	}
	err := errors.Join(s.from.Close(), s.files.Close())
	s.from, s.files, s.parquet = nil, nil, nil
	return err
}

// groups gives the number of rows of each row group.
func (s *sharedParquet) groups(ctx context.Context) (rows []int64, err error) {
	file, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for i := range file.Groups() {
		rows = append(rows, file.GroupRows(i))
	}
	return rows, nil
}

// parquetGroup is one row group.
type parquetGroup struct {
	file   *sharedParquet
	number int
	first  int64 // row of the file that it starts with
}

// captions reads the captions of the group, with their URLs and keys. A page that is damaged ends it
// with an error.
func (g parquetGroup) captions(ctx context.Context, visit func([]retriever.CaptionRow) error) (err error) {
	file, err := g.file.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.file.close()) }()
	leaves, err := captionLeaves(file.Root(), false)
	if err != nil {
		return fmt.Errorf("%s: %w", g.file.path, err)
	}
	group := file.Group(g.number)
	defer group.Close()
	r := groupReader{path: g.file.path, first: g.first}
	for i, texts := range []*parquetfile.Texts{leafCaption: &r.caption, leafURL: &r.url, leafKey: &r.key} {
		if leaves[i].leaf < 0 {
			continue
		}
		column, err := group.Column(leaves[i].leaf)
		if err != nil {
			return fmt.Errorf("%s: rows from %d: %w", g.file.path, g.first, err)
		}
		if i == leafCaption {
			r.kind = column.Kind()
		}
		*texts = parquetfile.NewTexts(column, spell)
	}
	return r.read(ctx, file.GroupRows(g.number), visit)
}

// groupBatch is how many rows are passed on at a time. Their text is that of pages, of a MiB as most
// writers make them.
const groupBatch = 1024

// groupReader reads the rows of one group from its columns.
type groupReader struct {
	path              string
	first             int64
	kind              parquet.Kind // of the captions
	caption, url, key parquetfile.Texts
}

func (r *groupReader) read(ctx context.Context, count int64, visit func([]retriever.CaptionRow) error) error {
	for done := int64(0); done < count; done += groupBatch {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		rows, filled := make([]retriever.CaptionRow, min(groupBatch, count-done)), 0
		var err error
		for ; filled < len(rows) && err == nil; filled++ {
			rows[filled].Row = done + int64(filled)
			err = r.fill(&rows[filled])
		}
		if err != nil {
			return fmt.Errorf("%s: rows from %d: %w", r.path, r.first+done+int64(max(filled-1, 0)), err)
		}
		for i := range rows {
			if err := r.check(&rows[i]); err != nil {
				return fmt.Errorf("%s: row %d: %w", r.path, r.first+rows[i].Row, err)
			}
		}
		if err := visit(rows); err != nil {
			return err
		}
	}
	return nil
}

// fill reads one row. What is missing of a URL or a key is empty.
func (r *groupReader) fill(row *retriever.CaptionRow) (err error) {
	if row.Caption, row.Null, err = r.caption.Next(); err != nil {
		return err
	}
	if row.URL, _, err = r.url.Next(); err != nil {
		return err
	}
	row.Key, _, err = r.key.Next()
	return err
}

// check refuses a caption that is too long, and a caption column that is not text, unless it is null
// throughout, as one that pandas had nothing for.
func (r *groupReader) check(row *retriever.CaptionRow) error {
	switch {
	case !row.Null && r.kind != parquet.ByteArray && r.kind != parquet.FixedLenByteArray:
		return fmt.Errorf("the caption is of type %v, not text", r.kind)
	case len(row.Caption) > maxCaption:
		return fmt.Errorf("the caption is longer than %d MiB", maxCaption>>20)
	}
	return nil
}
