package auditor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// album is the photo files found for the roster.
type album struct {
	fsys   fs.FS
	limit  int64      // bytes of one photo
	files  [][]string // by person: paths, sorted
	digest string     // SHA-256 over paths and contents
	notes  []string
}

// total is the number of photo files.
func (a *album) total() int {
	n := 0
	for _, files := range a.files {
		n += len(files)
	}
	return n
}

func isPhoto(name string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp", ".bmp"}, strings.ToLower(path.Ext(name)))
}

// findPhotos lists every person's photos. A person without a folder has none; a folder that cannot
// be listed, or holds too many photos, is an error.
func findPhotos(ctx context.Context, o Options) (*album, error) {
	top, err := fs.ReadDir(o.Photos, ".")
	if err != nil {
		return nil, fmt.Errorf("the photo folder cannot be listed: %w; give the folder that holds one folder a person", err)
	}
	a := &album{fsys: o.Photos, limit: o.MaxPhotoBytes, files: make([][]string, len(o.Persons))}
	used, other := map[string]bool{}, 0
	for i, p := range o.Persons {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		folder, ok := personFolder(o.Photos, p)
		if !ok {
			continue
		}
		if used[folder] {
			return nil, fmt.Errorf("photo folder %q would serve two persons: name folders by id", folder)
		}
		used[folder] = true
		entries, err := fs.ReadDir(o.Photos, folder)
		if err != nil {
			return nil, fmt.Errorf("photo folder %q of %s cannot be listed: %w", folder, p.ID, err)
		}
		for _, e := range entries {
			switch {
			case e.IsDir() || !isPhoto(e.Name()) || strings.HasPrefix(e.Name(), "."):
				other++
			case len(a.files[i]) == o.MaxPhotos:
				return nil, fmt.Errorf("photo folder %q holds more than %d photos: raise the limit on photos a person, or take some out", folder, o.MaxPhotos)
			default:
				a.files[i] = append(a.files[i], path.Join(folder, e.Name()))
			}
		}
		slices.Sort(a.files[i])
	}
	a.noteLeftOver(top, used, other)
	if a.total() == 0 {
		return nil, errors.New("no photo of anybody on the roster: expected PHOTOS/<id>/*.jpg (also jpeg, png, webp, bmp)")
	}
	return a, nil
}

// personFolder is the folder named by the person's id, else by the name with underscores, as
// FaceScrub has it.
func personFolder(fsys fs.FS, p Person) (string, bool) {
	for _, folder := range []string{p.ID, strings.ReplaceAll(displayName(p.Name), " ", "_")} {
		if !fs.ValidPath(folder) || strings.Contains(folder, "/") {
			continue
		}
		if info, err := fs.Stat(fsys, folder); err == nil && info.IsDir() {
			return folder, true
		}
	}
	return "", false
}

func (a *album) noteLeftOver(top []fs.DirEntry, used map[string]bool, other int) {
	strangers := 0
	for _, e := range top {
		if e.IsDir() && !used[e.Name()] {
			strangers++
		}
	}
	if strangers > 0 {
		a.notes = append(a.notes, fmt.Sprintf("photo folders of nobody on the roster, left out: %d", strangers))
	}
	if other > 0 {
		a.notes = append(a.notes, fmt.Sprintf("entries in photo folders that are not jpg, jpeg, png, webp or bmp files, left out: %d", other))
	}
}

// hash reads every photo once for the digest and notes files that are there twice. A file that
// cannot be read is hashed as such; the models' passes report it.
func (a *album) hash(ctx context.Context, progress func(Progress)) error {
	all := sha256.New()
	owner := map[[sha256.Size]byte]int{}
	same, across, done := 0, 0, 0
	for person, files := range a.files {
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return err
			}
			data, err := a.read(file)
			if err != nil {
				fmt.Fprintf(all, "%q unreadable\n", file)
			} else {
				sum := sha256.Sum256(data)
				fmt.Fprintf(all, "%q %x\n", file, sum)
				if before, twice := owner[sum]; twice && before == person {
					same++
				} else if twice {
					across++
				}
				owner[sum] = person
			}
			done++
			progress(Progress{Stage: "digest", Done: done, Total: a.total()})
		}
	}
	if same > 0 {
		a.notes = append(a.notes, fmt.Sprintf("photos that repeat another of the same person, byte for byte: %d; they vote twice", same))
	}
	if across > 0 {
		a.notes = append(a.notes, fmt.Sprintf("photos that stand in two persons' folders, byte for byte: %d; at least one label is wrong", across))
	}
	a.digest = sum(all)
	return nil
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// read returns the bytes of a photo, refusing what is not a plain file or too large.
func (a *album) read(file string) ([]byte, error) {
	info, err := fs.Stat(a.fsys, file)
	if err != nil {
		return nil, plainError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a plain file")
	}
	if info.Size() > a.limit {
		return nil, fmt.Errorf("%d bytes, more than the limit of %d", info.Size(), a.limit)
	}
	f, err := a.fsys.Open(file)
	if err != nil {
		return nil, plainError(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, a.limit+1))
	if err != nil {
		return nil, plainError(err)
	}
	if int64(len(data)) > a.limit {
		return nil, fmt.Errorf("more than the limit of %d bytes", a.limit)
	}
	return data, nil
}

// plainError leaves out the path, which the record has already and which would differ between
// machines.
func plainError(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
