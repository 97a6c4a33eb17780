package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"

	"rollcall/internal/server/querylog"
	"rollcall/internal/server/state"
)

const (
	// uploadPrefix begins the name of a photo that is kept in the state database; others are files of
	// the photo folder.
	uploadPrefix = "upload-"
	maxPhotos    = 1000 // of one person
)

// photoNames lists a person's photos: first the files of the photo folder, then those that were
// uploaded.
func (s *Server) photoNames(ctx context.Context, person string) ([]string, error) {
	names, err := s.folderPhotos(person)
	if err != nil {
		return nil, err
	}
	uploads, err := s.state.Photos(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, p := range uploads {
		names = append(names, uploadName(p))
	}
	return names, nil
}

// folderPhotos lists a person's files in the photo folder; a person without a folder has none.
func (s *Server) folderPhotos(person string) ([]string, error) {
	if s.options.Photos == nil || !folderName(person) {
		return nil, nil
	}
	entries, err := fs.ReadDir(s.options.Photos, person)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("photos of %s: %w", person, err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() && photoType(entry.Name()) != "" && !strings.HasPrefix(entry.Name(), uploadPrefix) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// folderName says whether a person's id is the name of a folder.
func folderName(person string) bool {
	return fs.ValidPath(person) && !strings.Contains(person, "/") && person != "."
}

// photo reads one photo, or says fs.ErrNotExist. The photo folder is never left: names have no
// slash and are among those listed.
func (s *Server) photo(ctx context.Context, person, name string) ([]byte, error) {
	if number, uploaded := uploadNumber(name); uploaded {
		p, err := s.state.Photo(ctx, person, number)
		if errors.Is(err, state.ErrNotFound) || err == nil && uploadName(p) != name {
			err = fs.ErrNotExist
		}
		return p.Content, err
	}
	names, err := s.folderPhotos(person)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(names, name) {
		return nil, fs.ErrNotExist
	}
	file := path.Join(person, name)
	info, err := fs.Stat(s.options.Photos, file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxImageBytes {
		return nil, fmt.Errorf("photo %s is no plain file of at most %d MiB", file, maxImageBytes>>20)
	}
	return fs.ReadFile(s.options.Photos, file)
}

// photoType is the media type of a photo by its name; "" is none.
func photoType(name string) string {
	switch strings.ToLower(path.Ext(name)) {
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".png":
		return "image/png"
	case ".webp":
		return "image/webp"
	case ".bmp":
		return "image/bmp"
	}
	return ""
}

func uploadName(p state.Photo) string {
	return fmt.Sprintf("%s%06d.%s", uploadPrefix, p.Number, strings.TrimPrefix(p.Type, "image/"))
}

func uploadNumber(name string) (int, bool) {
	rest, ours := strings.CutPrefix(name, uploadPrefix)
	if !ours {
		return 0, false
	}
	number, err := strconv.Atoi(strings.TrimSuffix(rest, path.Ext(rest)))
	return number, err == nil
}

// addPhoto keeps an uploaded photo of a person.
func (s *Server) addPhoto(ctx context.Context, person string, content []byte) (string, error) {
	if len(content) > maxImageBytes {
		return "", &Error{Status: http.StatusRequestEntityTooLarge, Message: fmt.Sprintf("a photo has at most %d MiB", maxImageBytes>>20)}
	}
	mediaType := http.DetectContentType(content)
	if !slices.Contains([]string{"image/jpeg", "image/png", "image/webp", "image/bmp"}, mediaType) || asJPEG(content) == nil {
		return "", invalid("body", "it is no JPEG, PNG, WebP or BMP image that can be read", nil)
	}
	names, err := s.photoNames(ctx, person)
	if err != nil {
		return "", err
	}
	if len(names) >= maxPhotos {
		return "", &Error{Status: http.StatusConflict, Message: fmt.Sprintf("a person has at most %d photos: delete some", maxPhotos)}
	}
	if err := s.record(ctx, querylog.Entry{Action: "photo added", Person: person, Image: querylog.Digest(content)}); err != nil {
		return "", err
	}
	p := state.Photo{Type: mediaType, Content: bytes.Clone(content)}
	if p.Number, err = s.state.AddPhoto(ctx, person, p); err != nil {
		return "", absentAs(err, "person", person)
	}
	return uploadName(p), nil
}

// deletePhoto removes an uploaded photo.
func (s *Server) deletePhoto(ctx context.Context, person, name string) error {
	number, uploaded := uploadNumber(name)
	if !uploaded {
		return &Error{Status: http.StatusConflict, Message: "only uploaded photos can be removed here; this one would be a file of the photo folder"}
	}
	if err := s.record(ctx, querylog.Entry{Action: "photo removed", Person: person}); err != nil {
		return err
	}
	return absentAs(s.state.DeletePhoto(ctx, person, number), "photo", name)
}
