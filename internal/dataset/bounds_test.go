package dataset

import (
	"archive/tar"
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A tar's header claims a size of 64 MiB or of 8 EiB, and a few bytes follow: what is asked for is of
// the order of what is there.
func TestTarSizesAllocateNothing(t *testing.T) {
	for _, claim := range []int64{maxImage, 1 << 62} {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "a.jpg", Size: claim, Format: tar.FormatGNU}))
		_, err := w.Write(bytes.Repeat([]byte("x"), 1000))
		require.NoError(t, err)
		path := writeTar(t, b.Bytes())
		var got []string
		used := allocated(func() { got = outlines(samplesOf(t, "webdataset", path)) })
		require.Len(t, got, 1)
		require.Contains(t, got[0], " tar-")
		require.Less(t, used, uint64(2<<20))
	}
}

// Lines and records of any file of captions end at 16 MiB, compressed or not, however long the file
// says that they go on.
func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", maxCaption+1<<20)
	for name, content := range map[string]string{
		"a.tsv": "a\thttp://x\n" + long, "a.csv": "caption\n\"" + long, "a.jsonl": `{"caption":"` + long,
	} {
		_, err := captionsOf(t, filepath.Join(writeTree(t, map[string]string{name: content}), name))
		require.ErrorContains(t, err, "longer than 16 MiB", name)
	}
}

// A shard's listing that lists more than a shard can have is a record, not memory.
func TestListingBounds(t *testing.T) {
	text := strings.Repeat("x", 1<<20)
	long := make([]listed, maxListedText>>20+1)
	for i := range long {
		long[i] = listed{Key: fmt.Sprint(i), Caption: &text}
	}
	for _, rows := range [][]listed{long, make([]listed, maxListed+1)} {
		dir := writeTree(t, map[string]string{"00000.tar": string(tarOf(t, "a.jpg=J", "a.txt=one"))})
		writeListing(t, filepath.Join(dir, "00000.parquet"), rows)
		var last string
		source, err := Open([]string{dir}, "img2dataset")
		require.NoError(t, err)
		for _, s := range readAfter(t, source, 0) {
			if s.Err != nil && strings.Contains(s.Err.Error(), "not wholly known") {
				last = s.Err.Error()
			}
		}
		require.Contains(t, last, "lists more than 1048576 samples or 256 MiB of text")
	}
}
