// Package rollcall is the floor plan of the house; it holds no code.
//
// Rollcall answers three questions about CLIP and the people in its training data:
// who is in the data, how often, and does a model know them.
//
// Rooms, which import nothing of each other's machinery and no adapter:
//
//	indexer/     data set -> embeddings -> index: samples, batches, partitions, ledger, resume
//	retriever/   search, roster, counting (mentions, images, faces), evidence, discovery, erasure
//	auditor/     the identity inference attack, its calibration and controls, frequency, plans
//	  stats/     one statistic a file
//	  report/    one format a file, over the run's stream
//
// Adapters, each the only importer of what it adapts:
//
//	internal/onnx      ONNX Runtime: finding and loading it, running graphs
//	internal/clip      tokenizer, preprocessing, bundles and towers of CLIP models
//	internal/face      detector and recogniser of faces, stored faces
//	internal/parquetfile columns of Parquet files, not believed; beneath dataset, face and vectors
//	internal/dataset   one reader a file: folder, webdataset, img2dataset, caption files, embeddings
//	  storage/         gocloud.dev: their files on disk and in buckets, indexes made in buckets
//	internal/vectors   the embedded store: npy, metadata, exact search over memory-mapped rows
//	internal/milvus    the Milvus SDK
//	internal/storetest the conformance suite that both stores pass
//	internal/peers     finds what tests compare with
//	internal/server    Gin: clip-retrieval's routes, /v1, pages, jobs, keys, limits
//	internal/config    viper: defaults, validation
//
// The command, one file each: cmd/rollcall.
//
// Arrows: cmd -> server, adapters, rooms; server -> rooms; adapters -> rooms for their types
// only. The consumer declares the interface, with one to three methods. arrows_test.go keeps it.
package rollcall
