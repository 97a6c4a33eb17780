package vectors

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
)

// Mark says which erasures a folder has seen: it is another one after each, and while one is under
// way.
type Mark struct {
	UnderWay          bool
	journal, recorded fileState
}

// fileState tells one state of a file from another; it is zero when there is no file.
type fileState struct{ size, changed int64 }

// Erasures gives a folder's mark.
func Erasures(dir string) (m Mark, err error) {
	for name, state := range map[string]*fileState{erasureName: &m.journal, ErasuresName: &m.recorded} {
		info, err := os.Stat(filepath.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return m, fmt.Errorf("cannot see what was erased: %w", err)
		}
		*state = fileState{info.Size(), info.ModTime().UnixNano()}
	}
	m.UnderWay = m.journal != fileState{}
	return m, nil
}

// hidden are the erased rows of an open folder, those among them that another process erases while it
// is open: the files that are mapped still have their content.
type hidden struct {
	dir  string
	rows atomic.Pointer[map[int64]struct{}]

	mu   sync.Mutex
	seen Mark
}

// start begins with the rows that were erased when the folder was opened; seen is from before that.
func (h *hidden) start(dir string, rows map[int64]struct{}, seen Mark) {
	h.dir, h.seen = dir, seen
	h.rows.Store(&rows)
}

// has says whether a row was erased.
func (h *hidden) has(id int64) bool {
	_, gone := (*h.rows.Load())[id]
	return gone
}

// look hides what was erased since the last time. It costs two looks at the folder.
func (h *hidden) look() error {
	now, err := Erasures(h.dir)
	if err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if now == h.seen {
		return nil
	}
	// The journal before the record: an erasure that ends in between is in the record.
	journal, err := readErasure(h.dir)
	if err != nil {
		return err
	}
	_, records, err := readErased(h.dir)
	if err != nil {
		return err
	}
	rows := maps.Clone(*h.rows.Load())
	for _, r := range append(records, Erased{Rows: journal.Rows}) {
		for _, id := range r.Rows {
			rows[id] = struct{}{}
		}
	}
	h.rows.Store(&rows)
	h.seen = now
	return nil
}
