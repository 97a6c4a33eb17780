// Package storage opens the files of a data set where they lie: on disk, or in a bucket at s3://,
// gs:// or azblob:// through gocloud.dev, of which it is the only importer. It writes only where an
// index is asked for in a bucket.
package storage
