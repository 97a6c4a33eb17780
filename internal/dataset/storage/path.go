package storage

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"
)

// schemes of buckets that are reached, each by its cloud's own credentials.
var schemes = []string{"s3", "gs", "azblob"}

// InBucket tells a URL of a bucket from a path on disk.
func InBucket(name string) bool {
	for _, scheme := range schemes {
		if strings.HasPrefix(name, scheme+"://") {
			return true
		}
	}
	return false
}

// Path checks the scheme of an input: file:// becomes a path on disk, a bucket's URL stays, and any
// other scheme is an error that names those that are read.
func Path(input string) (string, error) {
	scheme, rest, found := strings.Cut(input, "://")
	switch {
	case !found || strings.ContainsAny(scheme, `/\{*`) || InBucket(input):
		return input, nil
	case scheme == "file" && strings.HasPrefix(rest, "/"):
		return filepath.FromSlash(rest), nil
	case scheme == "file":
		return "", fmt.Errorf("%s: a file URL has three slashes and a whole path: file:///data/00000.tar", input)
	}
	return "", fmt.Errorf("%s: %s:// is not read; give a path, or file://, s3://, gs:// or azblob://", input, scheme)
}

// location is where an object of a bucket is.
type location struct {
	bucket string // URL of the bucket, with what follows "?"
	key    string
}

// locate splits "s3://bucket/a/b.tar?region=eu-west-1" into the bucket
// "s3://bucket?region=eu-west-1" and the key "a/b.tar".
func locate(name string) location {
	address, query, hasQuery := strings.Cut(name, "?")
	scheme, rest, _ := strings.Cut(address, "://")
	bucket, key, _ := strings.Cut(rest, "/")
	l := location{scheme + "://" + bucket, strings.Trim(key, "/")}
	if hasQuery {
		l.bucket += "?" + query
	}
	return l
}

// Join puts a name below a folder on disk or in a bucket. The name is written with slashes.
func Join(dir, name string) string {
	if !InBucket(dir) {
		return filepath.Join(dir, filepath.FromSlash(name))
	}
	address, query, hasQuery := strings.Cut(dir, "?")
	joined := strings.TrimRight(address, "/") + "/" + path.Clean("/" + name)[1:]
	if hasQuery {
		joined += "?" + query
	}
	return joined
}

// Dir is the folder that a file is in.
func Dir(name string) string {
	if !InBucket(name) {
		return filepath.Dir(name)
	}
	address, query, hasQuery := strings.Cut(name, "?")
	dir := address[:strings.LastIndex(address, "/")]
	if strings.HasSuffix(dir, ":/") {
		dir = address
	}
	if hasQuery {
		dir += "?" + query
	}
	return dir
}

// Base is a file's name without its folder.
func Base(name string) string {
	if !InBucket(name) {
		return filepath.Base(name)
	}
	return path.Base(locate(name).key)
}

// Canonical is the same for all names of a file or folder: a whole path on disk, and no slash at the end.
func Canonical(name string) string {
	if InBucket(name) {
		at := locate(name)
		return Join(at.bucket, at.key)
	}
	if whole, err := filepath.Abs(name); err == nil {
		return whole
	}
	return filepath.Clean(name)
}

// Within says whether a name is a folder's or of something below it.
func Within(name, folder string) bool {
	if InBucket(name) != InBucket(folder) {
		return false
	}
	if InBucket(name) {
		at, above := locate(name), locate(folder)
		return at.bucket == above.bucket && strings.HasPrefix(at.key+"/", asPrefix(above.key))
	}
	return strings.HasPrefix(Canonical(name)+"/", strings.TrimRight(Canonical(folder), "/")+"/")
}
