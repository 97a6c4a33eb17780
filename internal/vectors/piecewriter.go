package vectors

import "os"

// largePage is the bytes of a large page. Bytes that are written together, from one multiple of it
// to the next, may share one in the page cache.
const largePage = 2 << 20

// pieceWriter writes a run of a file's bytes, from at on, a large page at a time.
type pieceWriter struct {
	file  *os.File
	at    int64 // where piece belongs
	piece []byte
}

func (w *pieceWriter) Write(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		room := largePage - int((w.at+int64(len(w.piece)))%largePage)
		n := min(room, len(rest))
		w.piece = append(w.piece, rest[:n]...)
		rest = rest[n:]
		if n == room {
			if err := w.flush(); err != nil {
				return len(b) - len(rest), err
			}
		}
	}
	return len(b), nil
}

// flush writes what is left.
func (w *pieceWriter) flush() error {
	n, err := w.file.WriteAt(w.piece, w.at)
	w.at += int64(n)
	w.piece = w.piece[:0]
	return err
}
