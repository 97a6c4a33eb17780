package indexer_test

import (
	"bytes"
	"fmt"
	"image"
	_ "image/jpeg" // the photos of the fixture
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/dataset"
)

// photoEncoder is the arithmetic encoder behind the standard library's image decoder.
type photoEncoder struct{ arithmeticEncoder }

func (photoEncoder) Decode(_ indexer.Pixels, data []byte) (indexer.Pixels, error) {
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	size := decoded.Bounds().Size()
	return indexer.Pixels{float32(size.X % 256), float32(size.Y % 256)}, nil
}

type clipRow struct {
	ImagePath string `parquet:"image_path,optional"`
	Caption   string `parquet:"caption,optional"`
	URL       string `parquet:"url,optional"`
	Width     int64  `parquet:"width,optional"`
	NestedA   int64  `parquet:"nested.a,optional"`
	NSFW      string `parquet:"NSFW,optional"`
}

func metadataRows(t *testing.T, pattern string) map[string]clipRow {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	require.NoError(t, err)
	rows := map[string]clipRow{}
	for _, path := range paths {
		f, err := os.Open(path)
		require.NoError(t, err)
		r := parquet.NewGenericReader[clipRow](f)
		buf := make([]clipRow, r.NumRows())
		if _, err := r.Read(buf); err != nil && err != io.EOF {
			require.NoError(t, err)
		}
		for _, row := range buf {
			rows[row.ImagePath] = row
		}
		require.NoError(t, f.Close())
	}
	return rows
}

// Clip-retrieval 2.45 indexed these tars (emb_p2 is its output): the same rows with the same
// metadata must come out, in input order, and what it passed over must be in the ledger.
func TestSameRowsAsClipRetrieval(t *testing.T) {
	run := filepath.Join("..", "..", "shared", "fixtures", "clip-retrieval", "run_2_45")
	if _, err := os.Stat(run); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatalf("the clip-retrieval fixture is not there: %v", err)
		}
		t.Skip("the clip-retrieval fixture is not there")
	}
	source, err := dataset.Open([]string{filepath.Join(run, "in", "{00000..00001}.tar")}, "auto")
	require.NoError(t, err)
	o := options(t.TempDir(), source)
	o.Encoder = photoEncoder{}
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int64{40, 33, 7}, []int64{m.Samples, m.Rows, m.Failures})
	// samples.json: one has no txt, one is undecodable; five have two dots in their name.
	require.Equal(t, map[string]int64{"no-caption": 1, "undecodable-image": 1, "no-image": 5}, m.Reasons)

	theirs := metadataRows(t, filepath.Join(run, "emb_p2", "metadata", "*.parquet"))
	ours := metadataRows(t, filepath.Join(o.Dir, "metadata", "*.parquet"))
	require.Len(t, theirs, 33)
	require.Equal(t, theirs, ours)
	for _, r := range ledgerOf(t, o.Dir) {
		require.NotContains(t, theirs, r.Key)
		require.Contains(t, r.Position, fmt.Sprintf("0000%d.tar#%d", r.Sample/20, r.Sample%20), "20 samples a tar")
	}
}
