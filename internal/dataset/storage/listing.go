package storage

import (
	"bytes"
	"iter"
	"slices"
)

// Entry is what a folder has directly in it: a file, another folder, or a link on disk, to either.
type Entry struct {
	Name string
	Dir  bool
	Link bool
}

// Listing is what is directly in a folder, sorted by name unless Sort said otherwise. A folder can have millions of names: they are kept as one
// text, with eight bytes beside each.
type Listing struct {
	text  []byte
	names []place
}

// place is where a name stands in the text: the offset, shifted by placeBits, a bit for a link, and the
// length. A key has 1,024 bytes at most, and a name on disk 255.
type place uint64

const (
	placeBits  = 16
	linkBit    = 1 << (placeBits - 1)
	lengthMask = linkBit - 1
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
	l.names = append(l.names, p)
}

func (l *Listing) name(p place) []byte {
	at := p >> placeBits
	return l.text[at : at+p&lengthMask]
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
			name, isDir := bytes.CutSuffix(l.name(p), []byte("/"))
			if !yield(Entry{string(name), isDir, p&linkBit != 0}) {
				return
			}
		}
	}
}
