package dataset

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

// shard is one part of img2dataset's output: 00003.tar or the folder 00003/ with the samples that
// were downloaded, and 00003.parquet, which lists those that were not as well.
type shard struct {
	name    string // of the files without ending, relative to the input
	base    string // the same with the path before it
	samples string // the tar or folder; "" when there is none
	folder  bool

	listedListing, listedSamples storage.Entry // what the folder's listing said of the two files
}

func (s shard) listing() string { return endsIn(s.base, ".parquet") }

// endsIn puts an ending on a path or URL.
func endsIn(base, ending string) string {
	return storage.Join(storage.Dir(base), storage.Base(base)+ending)
}

// img2dataset reads shards in the order of their names: first the samples in the order of the tar
// or folder, joined on key with what the listing says of them, then what else the listing has, as
// failed samples. It holds the listing of one shard.
type img2dataset struct {
	shards []shard
	reach  storage.Reach
	info   indexer.SourceInfo
	forecast
}

func openImg2dataset(ctx context.Context, s *setup) (indexer.Source, error) {
	var shards []shard
	for _, input := range s.inputs {
		found, err := findShards(ctx, s.files, input)
		if err != nil {
			return nil, err
		}
		shards = append(shards, found...)
	}
	if err := checkOnce(shards, func(s shard) string { return s.base }); err != nil {
		return nil, err
	}
	d := &img2dataset{shards: shards, reach: s.reach}
	digest := newDigest()
	for _, shard := range shards {
		size, err := digestShard(ctx, s.files, shard, digest)
		if err != nil {
			return nil, err
		}
		rows, err := shard.rows(ctx, s.files)
		if err != nil {
			return nil, err
		}
		d.add(size, rows)
	}
	d.info = s.info(digest)
	return d, nil
}

// findShards finds the shards of a folder, or those that tar files and patterns of them name.
func findShards(ctx context.Context, files *storage.Files, input string) ([]shard, error) {
	paths, err := expandPattern(input)
	if err != nil {
		return nil, err
	}
	var shards []shard
	for _, path := range paths {
		if stem, isTar := strings.CutSuffix(storage.Base(path), ".tar"); isTar {
			shards = append(shards, shard{name: stem, base: storage.Join(storage.Dir(path), stem), samples: path})
			continue
		}
		entries, err := files.List(ctx, path)
		if err != nil {
			return nil, err
		}
		shards = append(shards, shardsIn(path, entries)...)
	}
	if len(shards) == 0 {
		return nil, fmt.Errorf("%s: no shard in it (00000.tar or 00000/, with 00000.parquet)", input)
	}
	return shards, nil
}

// shardsIn pairs the entries of a folder by name.
func shardsIn(dir string, entries *storage.Listing) []shard {
	found := map[string]shard{}
	for _, listed := range []bool{true, false} { // a folder is a shard only beside its listing
		for e := range entries.All() {
			stem, isTar := strings.CutSuffix(e.Name, ".tar")
			stem, isListing := strings.CutSuffix(stem, ".parquet")
			s, known := found[stem]
			s.name, s.base = stem, storage.Join(dir, stem)
			switch {
			case listed && isListing && !e.Dir:
				s.listedListing = e
			case !listed && isTar && !e.Dir:
				s.samples, s.folder, s.listedSamples = storage.Join(dir, e.Name), false, e
			case !listed && known && e.Dir && s.samples == "":
				s.samples, s.folder = storage.Join(dir, e.Name), true
			default:
				continue
			}
			found[stem] = s
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b shard) int { return strings.Compare(a.name, b.name) })
}

// rows is how many samples a shard's listing says it has. In a bucket that would be two requests more
// a shard, of which there can be 230,000: there it is unknown.
func (s shard) rows(ctx context.Context, files *storage.Files) (int64, error) {
	if storage.InBucket(s.base) {
		return unknown, nil
	}
	rows, err := parquetRows(ctx, files, s.listing())
	if isMissing(err) {
		return unknown, nil
	}
	return rows, err
}

// digestShard adds the files of a shard, and gives the size of those that hold its samples.
func digestShard(ctx context.Context, files *storage.Files, s shard, digest digest) (size int64, err error) {
	if _, err := digest.add(ctx, files, inputFile{s.listing(), s.name + ".parquet", s.listedListing}); err != nil && !isMissing(err) {
		return 0, err
	}
	switch {
	case s.samples == "":
		return 0, nil
	case !s.folder:
		return digest.add(ctx, files, inputFile{s.samples, s.name + ".tar", s.listedSamples})
	}
	err = walk(ctx, files, s.samples, "", func(_ string, of []inputFile) error {
		for _, file := range of {
			file.name = s.name + "/" + file.name
			bytes, err := digest.addAny(ctx, files, file)
			if err != nil {
				return err
			}
			size += bytes
		}
		return nil
	})
	return size, err
}

// Describe says which shards these are.
func (d *img2dataset) Describe() indexer.SourceInfo { return d.info }

// Read visits every sample.
func (d *img2dataset) Read(ctx context.Context, visit func(indexer.Sample) error) error {
	return d.ReadAfter(ctx, 0, visit)
}

// ReadAfter visits every sample after the first skip ones, whose images are not read.
func (d *img2dataset) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) (err error) {
	files := storage.New(d.reach)
	defer func() { err = errors.Join(err, files.Close()) }()
	out := newCounter(&d.forecast, skip, visit)
	for _, s := range d.shards {
		d.next()
		if err := d.readShard(ctx, files, s, out); err != nil {
			return err
		}
	}
	return nil
}

func (d *img2dataset) readShard(ctx context.Context, files *storage.Files, s shard, out *counter) error {
	listed, failure, err := readListing(ctx, files, s.listing())
	if err != nil {
		return err
	}
	if failure == nil {
		d.holds(int64(len(listed.rows)))
	}
	out.each = listed.join
	err = d.readSamples(ctx, files, s, out)
	out.each = nil
	if err != nil {
		return err
	}
	if failure != nil {
		if err := out.emit([]indexer.Sample{{Position: s.listing(), Err: failure}}); err != nil {
			return err
		}
	}
	return listed.rest(ctx, s, out)
}

func (d *img2dataset) readSamples(ctx context.Context, files *storage.Files, s shard, out *counter) error {
	switch {
	case s.samples == "":
		return nil
	case !s.folder:
		return readTar(ctx, files, s.samples, out)
	}
	return readTree(ctx, files, s.samples, out)
}
