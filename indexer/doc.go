// Package indexer turns a data set of image-text pairs into an index: embeddings and metadata in
// clip-retrieval's layout, a manifest that says what made them, and a ledger of every sample that
// did not become a row.
package indexer
