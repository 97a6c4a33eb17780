package indexer

// ManifestName is the file that makes a folder an index.
const ManifestName = "index.json"

// State of an index: what index.json says about how far it has come.
const (
	StateBuilding = "building" // partitions are still missing
	StateComplete = "complete" // every sample is a row or a ledger record
)

// Manifest is index.json: what made the index, and what it holds. A reader refuses an index whose
// model it does not share.
type Manifest struct {
	Version     int              `json:"version"`     // of this format; 1
	Tool        string           `json:"tool"`        // "rollcall <version>"
	State       string           `json:"state"`       // StateBuilding or StateComplete
	Fingerprint string           `json:"fingerprint"` // SHA-256 over model, sources and options
	Model       ModelInfo        `json:"model"`       // the model that embedded it
	Source      SourceInfo       `json:"source"`      // the data set
	Options     ManifestOption   `json:"options"`     // those options that change what is written
	Samples     int64            `json:"samples"`     // input samples seen
	Rows        int64            `json:"rows"`        // rows written; samples = rows + failures
	Failures    int64            `json:"failures"`    // ledger records
	Reasons     map[string]int64 `json:"reasons"`     // failures by reason
	Cleaned     int64            `json:"cleaned"`     // rows whose caption had bytes that are not UTF-8, now U+FFFD
	Partitions  []Partition      `json:"partitions"`
	Store       StoreInfo        `json:"store"`            // where it is published
	Erased      []int64          `json:"erased,omitempty"` // row numbers whose content was removed
}

// ModelInfo identifies a model bundle: two bundles with the same Digest give the same vectors.
type ModelInfo struct {
	Name          string `json:"name"`
	Digest        string `json:"digest"`        // SHA-256 over both towers, tokenizer and preprocessing
	Dimension     int    `json:"dimension"`     // of image and text embeddings
	Variant       string `json:"variant"`       // "", "fp16", "int8", ...
	Preprocessing string `json:"preprocessing"` // one line: size, resize, crop, mean, std
	Decoder       string `json:"decoder"`       // which JPEG decoder made the pixels
	Activation    string `json:"activation"`    // "quickgelu", "gelu" or ""
}

// ManifestOption are the options that change the bytes of an index.
type ManifestOption struct {
	PartitionRows int   `json:"partition_rows"`
	Limit         int64 `json:"limit"`
	Images        bool  `json:"images"`
	Texts         bool  `json:"texts"`
}

// Partition is one triple of files img_emb_N.npy, text_emb_N.npy, metadata_N.parquet.
type Partition struct {
	Number   int               `json:"number"`
	Samples  int64             `json:"samples"` // input samples this partition accounts for
	Rows     int64             `json:"rows"`
	Failures int64             `json:"failures"`
	Cleaned  int64             `json:"cleaned,omitempty"` // as in Manifest
	SHA256   map[string]string `json:"sha256"`            // by path relative to the index folder
}

// StoreInfo says where an index is served from.
type StoreInfo struct {
	Kind       string `json:"kind"`                 // "embedded" or "milvus"
	Address    string `json:"address,omitempty"`    // of Milvus, without credentials
	Collection string `json:"collection,omitempty"` // alias that readers use
	Generation string `json:"generation,omitempty"`

	// Pending is a publication that has begun and has not ended: Milvus may hold some of the rows.
	Pending *StoreInfo `json:"pending,omitempty"`
}
