package vectors

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// pending is a file on its way: written under another name, it appears under its own only when it
// is whole and on disk. One left behind by a dead process is overwritten by the next.
type pending struct {
	*bufio.Writer
	file *os.File
	path string
}

// createPending starts a file that will be path; its folder is made when missing.
func createPending(path string) (*pending, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return nil, fmt.Errorf("cannot make the folder of %s: %w", path, err)
	}
	f, err := os.Create(path + ".tmp")
	if err != nil {
		return nil, fmt.Errorf("cannot write beside %s: %w", path, err)
	}
	return &pending{Writer: bufio.NewWriterSize(f, 1<<18), file: f, path: path}, nil
}

// name is the path the file will have.
func (p *pending) name() string { return p.path }

// seal puts the content on disk and gives its SHA-256; nothing may be written after it.
func (p *pending) seal() (string, error) {
	if err := p.Flush(); err != nil {
		return "", fmt.Errorf("cannot write %s: %w", p.path, err)
	}
	if err := p.file.Sync(); err != nil {
		return "", fmt.Errorf("cannot put %s on disk: %w", p.path, err)
	}
	if _, err := p.file.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("cannot read back %s: %w", p.path, err)
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, p.file); err != nil {
		return "", fmt.Errorf("cannot read back %s: %w", p.path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// publish gives a sealed file its name, replacing what had it.
func (p *pending) publish() error {
	if err := p.file.Close(); err != nil {
		return fmt.Errorf("cannot close %s: %w", p.path, err)
	}
	if err := os.Rename(p.file.Name(), p.path); err != nil {
		return fmt.Errorf("cannot put %s in place: %w", p.path, err)
	}
	return syncFolder(filepath.Dir(p.path))
}

// whole ends a file whose content is written: it gets its name, or, where err stopped the writing or
// the disk does not take it, nothing of it is left.
func (p *pending) whole(err error) error {
	if err != nil {
		err = fmt.Errorf("cannot write %s: %w", p.path, err)
	} else if _, err = p.seal(); err == nil {
		err = p.publish()
	}
	if err != nil {
		return errors.Join(err, p.abandon())
	}
	return nil
}

// abandon removes what was written; after publish it does nothing.
func (p *pending) abandon() error {
	closing := p.file.Close()
	if errors.Is(closing, os.ErrClosed) {
		closing = nil
	}
	removing := os.Remove(p.file.Name())
	if errors.Is(removing, os.ErrNotExist) {
		removing = nil
	}
	return errors.Join(closing, removing)
}

// syncFolder makes renames in a folder last.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("cannot open the folder %s: %w", dir, err)
	}
	err = d.Sync()
	return errors.Join(err, d.Close())
}
