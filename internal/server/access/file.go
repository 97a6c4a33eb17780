package access

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

const (
	maxFileBytes = 16 << 20
	maxLineBytes = 4 << 10
)

// ReadFile reads a file of keys: one JSON object a line, blank lines left out. It refuses a file
// that others on the machine can write to.
func ReadFile(path string) ([]Key, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w; rollcall key add makes the file", err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, fmt.Errorf("reading keys from %s: %w", path, err)
	case !info.Mode().IsRegular() || info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%s is not a file of keys: it is no regular file of at most %d bytes", path, maxFileBytes)
	case info.Mode().Perm()&0o022 != 0:
		return nil, fmt.Errorf("%s can be written by others (mode %v): chmod 600 it, and check what is in it", path, info.Mode().Perm())
	}
	keys, err := Parse(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return keys, nil
}

// Parse reads keys, one JSON object a line.
func Parse(r io.Reader) ([]Key, error) {
	var keys []Key
	seen := map[string]bool{}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLineBytes)
	for number := 1; lines.Scan(); number++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var key Key
		if err := json.Unmarshal(line, &key); err != nil {
			return nil, fmt.Errorf("line %d is not a key: %w", number, err)
		}
		if err := key.validate(); err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if seen[key.ID] {
			return nil, fmt.Errorf("line %d: key %s stands here twice: delete one of the lines", number, key.ID)
		}
		seen[key.ID] = true
		keys = append(keys, key)
	}
	return keys, lines.Err()
}

// Add makes a key, adds it to the file, which it makes where there is none, and returns the text
// that the owner of the key sends. The text is kept nowhere.
func Add(path, name string, role Role) (key Key, text string, err error) {
	if err := validName(name); err != nil {
		return Key{}, "", err
	}
	key, text = newKey(name, role, time.Now())
	err = change(path, func(keys []Key) ([]Key, error) { return append(keys, key), nil })
	return key, text, err
}

// Remove deletes a key by its ID.
func Remove(path, id string) error {
	return change(path, func(keys []Key) ([]Key, error) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("%s has no key %q; rollcall key list names them", path, id)
		}
		return slices.Delete(keys, i, i+1), nil
	})
}

// change replaces the file by an edited one, as a whole, and lets one change at a time happen.
func change(path string, edit func([]Key) ([]Key, error)) (err error) {
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("changing keys: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("locking %s: %w", lock.Name(), err)
	}
	keys, err := ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if keys, err = edit(keys); err != nil {
		return err
	}
	return write(path, keys)
}

func write(path string, keys []Key) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp") // mode 0600
	if err != nil {
		return fmt.Errorf("writing keys: %w", err)
	}
	defer os.Remove(temp.Name())
	encoder := json.NewEncoder(temp)
	for _, key := range keys {
		err = errors.Join(err, encoder.Encode(key))
	}
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return fmt.Errorf("writing keys: %w", err)
	}
	return os.Rename(temp.Name(), path)
}
