// Package storage opens the files of a data set where they lie: on disk, or in a bucket at s3://,
// gs:// or azblob:// through gocloud.dev. It is the only importer of gocloud.dev, and it only
// reads.
package storage
