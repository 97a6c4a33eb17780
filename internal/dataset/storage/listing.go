package storage

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// Entry is what a folder has directly in it: a file, another folder, or a link on disk, to either.
type Entry struct {
	Name string
	Dir  bool
	Link bool

	// Size and Tag are what a bucket's listing says of an object, as Identity would; Tag is "" where it
	// says nothing of the kind.
	Size int64
	Tag  string
}

// Listing is what is directly in a folder, sorted by name unless Sort said otherwise. A folder can have
// millions of names: they are kept as one text, with eight bytes beside each. What a bucket says of an
// object follows its name in the text.
type Listing struct {
	text  []byte
	names []place
}

// place is where a name stands in the text: the offset, shifted by placeBits, bits for a link and for an
// object with a tag, and the length. A key has 1,024 bytes at most, and a name on disk 255.
type place uint64

const (
	placeBits  = 16
	linkBit    = 1 << (placeBits - 1)
	tagBit     = 1 << (placeBits - 2)
	lengthMask = tagBit - 1
)

// add puts an entry behind the others. The name of a folder ends in a slash.
func (l *Listing) add(e Entry) {
	at, length := len(l.text), len(e.Name)
	l.text = append(l.text, e.Name...)
	if e.Dir {
		l.text = append(l.text, '/')
		length++
	}
	p := place(at)<<placeBits | place(length)
	if e.Link {
		p |= linkBit
	}
	if e.Tag != "" {
		p |= tagBit
		l.text = binary.AppendUvarint(l.text, uint64(e.Size))
		l.text = binary.AppendUvarint(l.text, uint64(len(e.Tag)))
		l.text = append(l.text, e.Tag...)
	}
	l.names = append(l.names, p)
}

func (l *Listing) name(p place) []byte {
	at := p >> placeBits
	return l.text[at : at+p&lengthMask]
}

func (l *Listing) entry(p place) Entry {
	name, isDir := bytes.CutSuffix(l.name(p), []byte("/"))
	e := Entry{Name: string(name), Dir: isDir, Link: p&linkBit != 0}
	if p&tagBit == 0 {
		return e
	}
	rest := l.text[p>>placeBits+p&lengthMask:]
	size, n := binary.Uvarint(rest)
	length, m := binary.Uvarint(rest[n:])
	e.Size, e.Tag = int64(size), string(rest[n+m:n+m+int(length)])
	return e
}

// Len is how many entries there are.
func (l *Listing) Len() int { return len(l.names) }

// Sort puts the entries in an order of their names, in which those of folders end in a slash.
func (l *Listing) Sort(compare func(a, b []byte) int) {
	slices.SortFunc(l.names, func(a, b place) int { return compare(l.name(a), l.name(b)) })
}

// byName is the order of names without the slash.
func byName(a, b []byte) int {
	return bytes.Compare(bytes.TrimSuffix(a, []byte("/")), bytes.TrimSuffix(b, []byte("/")))
}

// Has says whether a name is there. The listing is in the order in which it came.
func (l *Listing) Has(name string) bool {
	_, found := slices.BinarySearchFunc(l.names, []byte(name), func(p place, name []byte) int { return byName(l.name(p), name) })
	return found
}

// All gives the entries in their order.
func (l *Listing) All() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for _, p := range l.names {
			if !yield(l.entry(p)) {
				return
			}
		}
	}
}
