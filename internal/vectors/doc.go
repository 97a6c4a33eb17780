// Package vectors is the embedded store: it searches clip-retrieval's embedding folders in place.
// The .npy files are memory-mapped and are the index. Every similarity is a float32 cosine of stored
// values, every count is over every row. Nothing needs to be built; Derive makes what speeds an
// index up: codes of the vectors that bound every cosine, so that a search reads few rows whole,
// and metadata in Arrow's format.
//
// It also writes such folders, one partition at a time (PartitionWriter), removes the content of
// rows (Forget) and checks a folder against its index.json (Verify).
package vectors
