// Package rollcall is the floor plan of the house; it holds no code.
//
// Rollcall answers three questions about CLIP and the people in its training data:
// who is in the data, how often, and does a model know them.
//
// Rooms, which import nothing of each other's machinery and no adapter:
//
//	indexer/     data set -> embeddings -> index: samples, batches, partitions, ledger, resume
//	retriever/   search, roster, counting (mentions, images), evidence
//	auditor/     the identity inference attack, its calibration, frequency against detection
//	  stats/     one statistic a file
//	  report/    one format a file, over the run's stream
//
// Adapters, each the only importer of what it adapts:
//
//	internal/clip      ONNX Runtime: tokenizer, preprocessing, bundles, sessions
//	internal/dataset   one reader a file: folder, webdataset, caption files
//	internal/vectors   the embedded store: npy, metadata, exact search over memory-mapped rows
//	internal/milvus    the Milvus SDK
//	internal/storetest the conformance suite that both stores pass
//	internal/server    Gin: routes, handlers, compatibility with clip-retrieval
//	internal/config    viper: defaults, validation
//
// The command, one file each: cmd/rollcall.
//
// Arrows: cmd -> server, adapters, rooms; server -> rooms; adapters -> rooms for their types
// only. The consumer declares the interface, with one to three methods. arrows_test.go keeps it.
package rollcall
