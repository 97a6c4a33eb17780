package dataset

import (
	"maps"
	"slices"
	"strings"

	"rollcall/indexer"
)

// maxImage bounds one image file, in bytes: ten times the largest photo of the usual data sets.
const maxImage = 64 << 20

// maxSidecar bounds one caption or metadata file of a sample, in bytes.
const maxSidecar = 16 << 20

// kind is what a file is to its sample.
type kind int

const (
	kindOther       kind = iota // not part of a sample
	kindImage                   // an image of a format that is read
	kindUnsupported             // an image of another format
	kindCaption                 // the caption
	kindMetadata                // the metadata
	kindFolderLink              // a link to a folder
)

// kinds by ending, in lower case.
var kinds = map[string]kind{
	"jpg": kindImage, "jpeg": kindImage, "png": kindImage, "bmp": kindImage, "webp": kindImage,
	"gif": kindUnsupported, "tif": kindUnsupported, "tiff": kindUnsupported, "avif": kindUnsupported,
	"heic": kindUnsupported, "heif": kindUnsupported, "jxl": kindUnsupported, "jp2": kindUnsupported, "svg": kindUnsupported,
	"txt": kindCaption, "json": kindMetadata,
}

func kindOf(extension string) kind { return kinds[strings.ToLower(extension)] }

// limit is the most bytes that are read of a file of this kind.
func (k kind) limit() int64 {
	switch k {
	case kindImage:
		return maxImage
	case kindCaption, kindMetadata:
		return maxSidecar
	}
	return 0
}

// part is one file of a sample: a file in a folder or a member of a tar.
type part struct {
	name string // as the data set has it
	path string // what a row gives as the image's path
	kind kind
	data []byte
	err  *indexer.Failure // why data is not there
}

func tooLarge(name string, size, limit int64) *indexer.Failure {
	return indexer.Failf(indexer.ReasonTooLarge, "%s has %d bytes; at most %d are read", name, size, limit)
}

// group is the files that share a key.
type group struct {
	key      string
	position string
	hint     string // for a group without image and caption
	parts    []part
}

// samples makes the group's sample. A second image, caption or metadata file under the same key is
// a sample of its own that cannot be used.
func (g group) samples() []indexer.Sample {
	if link, _ := g.take(kindFolderLink); link != nil {
		return []indexer.Sample{{Key: g.key, Position: g.position, Err: indexer.Failf(indexer.ReasonUnreadableFile,
			"%s is a link to a folder, and those are not followed: if its files are not read elsewhere, give it as an input too", link.name)}}
	}
	image, extra := g.take(kindImage)
	other, extraOther := g.take(kindUnsupported)
	caption, extraCaption := g.take(kindCaption)
	metadata, extraMetadata := g.take(kindMetadata)
	extra = slices.Concat(extra, extraOther, extraCaption, extraMetadata)
	if image != nil && other != nil {
		extra = append(extra, *other)
	}
	s := indexer.Sample{Key: g.key, Position: g.position}
	switch {
	case image != nil:
		s.Image, s.ImagePath = image.data, image.path
	case other != nil:
		s.ImagePath = other.path
		s.Err = indexer.Failf(indexer.ReasonUnsupportedType, "%s is of an image format that is not read (JPEG, PNG, WebP and BMP are)", other.name)
	case caption == nil:
		s.Err = indexer.Failf(indexer.ReasonNoImage, "neither image nor caption, only %s%s", g.names(), g.hint)
	}
	if caption != nil {
		s.Caption, s.HasText = string(caption.data), true
	}
	describe(&s, metadata)
	for _, p := range []*part{metadata, caption, image} {
		if p != nil && p.err != nil {
			s.Err = p.err
		}
	}
	out := []indexer.Sample{s}
	for _, p := range extra {
		out = append(out, indexer.Sample{Key: g.key, Position: g.position, ImagePath: p.path,
			Err: indexer.Failf(indexer.ReasonDuplicateKey, "%s: the key %q has another file of this kind", p.name, g.key)})
	}
	return out
}

// take finds the first part of a kind, and those after it.
func (g group) take(k kind) (first *part, extra []part) {
	for i := range g.parts {
		switch {
		case g.parts[i].kind != k:
		case first == nil:
			first = &g.parts[i]
		default:
			extra = append(extra, g.parts[i])
		}
	}
	return first, extra
}

func (g group) names() string {
	var names []string
	for _, p := range g.parts {
		names = append(names, p.name)
	}
	return strings.Join(names, ", ")
}

// describe puts the metadata file's content into the sample.
func describe(s *indexer.Sample, metadata *part) {
	if metadata == nil || metadata.err != nil || metadata.data == nil {
		return
	}
	fields, err := flattenJSON(metadata.data)
	if err != nil {
		s.Err = indexer.Failf(indexer.ReasonBadMetadata, "%s: %v", metadata.name, err)
		return
	}
	s.Fields = fields
	names := slices.Sorted(maps.Keys(fields))
	if at := findColumns(names); at.url >= 0 {
		s.URL = jsonText(fields[names[at.url]])
	}
}
