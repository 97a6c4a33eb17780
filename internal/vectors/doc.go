// Package vectors is the embedded store: it searches clip-retrieval's embedding folders in place.
// The .npy files are memory-mapped and are the index; nothing is built. Every similarity is a
// float32 cosine of stored values, every count is over every row.
//
// It also writes such folders, one partition at a time (PartitionWriter), removes the content of
// rows (Forget) and checks a folder against its index.json (Verify).
package vectors
