package server

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"strings"
	"time"
)

// photoTree shows everybody's photos, from the photo folder and uploaded, as the folder tree that
// an audit reads: one folder a person, named by id.
type photoTree struct {
	ctx    context.Context // of the job that reads; fs.FS has no other place for it
	server *Server
	people []string
}

// Open implements fs.FS.
func (t photoTree) Open(name string) (fs.File, error) {
	fail := func(err error) (fs.File, error) { return nil, &fs.PathError{Op: "open", Path: name, Err: err} }
	person, photo, file := strings.Cut(name, "/")
	switch {
	case !fs.ValidPath(name) || strings.Contains(photo, "/"):
		return fail(fs.ErrNotExist)
	case !file:
		if _, err := t.ReadDir(name); err != nil {
			return fail(err)
		}
		return &treeFile{treeInfo: treeInfo{name: name, dir: true}}, nil
	}
	content, err := t.server.photo(t.ctx, person, photo)
	if err != nil {
		return fail(err)
	}
	return &treeFile{treeInfo{name: photo, size: int64(len(content))}, bytes.NewReader(content)}, nil
}

// ReadDir implements fs.ReadDirFS.
func (t photoTree) ReadDir(name string) ([]fs.DirEntry, error) {
	names, dir := t.people, true
	if name != "." {
		var err error
		dir = false
		if names, err = t.server.photoNames(t.ctx, name); err == nil && len(names) == 0 {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, &fs.PathError{Op: "readdir", Path: name, Err: err}
		}
	}
	entries := make([]fs.DirEntry, len(names))
	for i, entry := range names {
		entries[i] = fs.FileInfoToDirEntry(treeInfo{name: entry, dir: dir})
	}
	return entries, nil
}

// treeFile is an open photo, or a folder, which is only ever listed by ReadDir.
type treeFile struct {
	treeInfo
	content io.Reader
}

func (f *treeFile) Stat() (fs.FileInfo, error) { return f.treeInfo, nil }
func (f *treeFile) Close() error               { return nil }

func (f *treeFile) Read(p []byte) (int, error) {
	if f.content == nil {
		return 0, &fs.PathError{Op: "read", Path: f.name, Err: fs.ErrInvalid}
	}
	return f.content.Read(p)
}

// treeInfo is what is known of an entry of the tree.
type treeInfo struct {
	name string
	dir  bool
	size int64
}

func (i treeInfo) Name() string       { return i.name }
func (i treeInfo) Size() int64        { return i.size }
func (i treeInfo) IsDir() bool        { return i.dir }
func (i treeInfo) Sys() any           { return nil }
func (i treeInfo) ModTime() time.Time { return time.Time{} }

func (i treeInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o500
	}
	return 0o400
}
