package indexer_test

import (
	"context"
	"fmt"
	"os"

	"rollcall/indexer"
)

// The whole flow, with an encoder that does arithmetic in place of a model: three samples, of which
// one has no caption.
func ExampleRun() {
	dir, err := os.MkdirTemp("", "index")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(dir) }()

	source := list{samples: []indexer.Sample{
		{Key: "0", Image: []byte("photo 0"), Caption: "a cat", HasText: true},
		{Key: "1", Image: []byte("photo 1")},
		{Key: "2", Image: []byte("photo 2"), Caption: "a dog", HasText: true},
	}}
	manifest, err := indexer.Run(context.Background(), indexer.Options{
		Source:       source,
		Encoder:      arithmeticEncoder{},
		Model:        indexer.ModelInfo{Name: "arithmetic", Dimension: dimension},
		Dir:          dir,
		NewPartition: newPartition,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(manifest.State, manifest.Samples, "samples", manifest.Rows, "rows", manifest.Reasons)
	// Output: complete 3 samples 2 rows map[no-caption:1]
}
