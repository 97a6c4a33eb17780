package indexer

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
)

// finish gives the files their final names and declares the index complete. The number of a
// partition is written with as many digits as the number of partitions has, floor(log10(P))+1, so
// that names sort as numbers. Files get their new name beside the old one, then index.json names
// the new ones, then the old ones go: at any instant what index.json names is there.
func (b *build) finish() error {
	digits := len(strconv.Itoa(len(b.manifest.Partitions)))
	var old []string
	for i, p := range b.manifest.Partitions {
		renamed := make(map[string]string, len(p.SHA256))
		for name, sum := range p.SHA256 {
			final := padded(name, digits)
			renamed[final] = sum
			if final == name {
				continue
			}
			if err := alsoAs(b.path(name), b.path(final)); err != nil {
				return fmt.Errorf("final name of a partition: %w", err)
			}
			old = append(old, name)
		}
		b.manifest.Partitions[i].SHA256 = renamed
	}
	if err := b.syncFolders(old); err != nil {
		return err
	}
	b.manifest.State = StateComplete
	if err := b.manifest.Write(b.Dir); err != nil {
		return err
	}
	var errs []error
	for _, name := range old {
		errs = append(errs, os.Remove(b.path(name)))
	}
	errs = append(errs, os.RemoveAll(filepath.Join(b.Dir, stagingName)))
	return errors.Join(errs...)
}

func (b *build) path(name string) string { return filepath.Join(b.Dir, filepath.FromSlash(name)) }

func (b *build) syncFolders(names []string) error {
	done := map[string]bool{}
	for _, name := range names {
		folder := b.path(path.Dir(name))
		if done[folder] {
			continue
		}
		if err := syncFolder(folder); err != nil {
			return err
		}
		done[folder] = true
	}
	return nil
}

// lastNumber is the partition number in a file's name.
var lastNumber = regexp.MustCompile(`_([0-9]+)(\.[a-z]+)$`)

// padded writes the partition number in a path with at least digits digits.
func padded(name string, digits int) string {
	at := lastNumber.FindStringSubmatchIndex(name)
	if at == nil {
		return name
	}
	number := name[at[2]:at[3]]
	for len(number) < digits {
		number = "0" + number
	}
	return name[:at[2]] + number + name[at[3]:]
}
