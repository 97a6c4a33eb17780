package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// listed is a row of img2dataset's shard Parquet file.
type listed struct {
	URL     string  `parquet:"url"`
	Caption *string `parquet:"caption,optional"`
	Key     string  `parquet:"key"`
	Status  string  `parquet:"status"`
	Error   *string `parquet:"error_message,optional"`
	Width   *int64  `parquet:"original_width,optional"`
}

func success(key string, width int64) listed {
	caption := "caption of " + key
	return listed{"http://x/" + key, &caption, key, "success", nil, &width}
}

func failed(key, status, message string) listed {
	caption := "caption of " + key
	return listed{"http://x/" + key, &caption, key, status, &message, nil}
}

func writeListing(t testing.TB, path string, rows []listed) {
	t.Helper()
	f, err := os.Create(path)
	require.NoError(t, err)
	w := parquet.NewGenericWriter[listed](f)
	_, err = w.Write(rows)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, f.Close())
}

// shards makes an img2dataset folder: the listing's order is not the tar's, and each has what the
// other lacks.
func shards(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	tar := tarOf(t, "000000002.jpg=B", "000000002.txt=two", `000000002.json={"key":"000000002","url":"http://json/2","original_width":7}`,
		"000000000.jpg=A", "000000009.jpg=N", "000000009.txt=not listed")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000.tar"), tar, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000_stats.json"), []byte("{}"), 0o600))
	writeListing(t, filepath.Join(dir, "00000.parquet"), []listed{
		success("000000000", 640), failed("000000001", "failed_to_download", "HTTP Error 404: Not Found"),
		success("000000002", 320), success("000000003", 1), failed("000000004", "failed_to_resize", "image decoding error"),
	})
	require.NoError(t, os.Mkdir(filepath.Join(dir, "00001"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00001", "000010000.jpg"), []byte("F"), 0o600))
	writeListing(t, filepath.Join(dir, "00001.parquet"), []listed{success("000010000", 5)})
	return dir
}

func TestImg2dataset(t *testing.T) {
	dir := shards(t)
	source, err := Open([]string{dir}, "auto")
	require.NoError(t, err)
	require.Equal(t, "img2dataset", source.Describe().Format)
	require.Contains(t, source.Describe().Why, "00000.parquet")
	got := readAfter(t, source, 0)
	want := []string{
		`000000002 image=B text="two"`,
		`000000000 image=A text="caption of 000000000"`,
		`000000009 image=N text="not listed"`,
		`000000001 text="caption of 000000001" download-failed`,
		`000000003 text="caption of 000000003" missing-file`,
		`000000004 text="caption of 000000004" download-failed`,
		`000010000 image=F text="caption of 000010000"`,
	}
	require.Empty(t, cmp.Diff(want, outlines(got)))
	require.Equal(t, "http://json/2", got[0].URL, "the sample's own file comes first")
	require.Equal(t, int64(7), got[0].Fields["original_width"])
	require.Equal(t, "http://x/000000000", got[1].URL)
	require.Equal(t, map[string]any{"status": "success", "original_width": int64(640)}, got[1].Fields)
	require.ErrorContains(t, got[3].Err, "failed_to_download: HTTP Error 404: Not Found")
	require.Equal(t, filepath.Join(dir, "00000.parquet")+"#1", got[3].Position)
	require.ErrorContains(t, got[4].Err, `lists the key "000000003", which is not in`)
	for skip := range got {
		require.Empty(t, cmp.Diff(outlines(got[skip:]), outlines(readAfter(t, source, int64(skip)))))
	}

	byPattern := samplesOf(t, "img2dataset", filepath.Join(dir, "{00000..00000}.tar"))
	require.Empty(t, cmp.Diff(want[:6], outlines(byPattern)))
}

func TestImg2datasetWithoutListing(t *testing.T) {
	dir := shards(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "00000.parquet")))
	got := samplesOf(t, "img2dataset", dir)
	require.Equal(t, " missing-file", outlines(got)[3])
	require.ErrorContains(t, got[3].Err, "which downloads of the shard failed is not known")
	require.Len(t, got, 5)
}

// A damaged listing costs its failures, once, and none of the samples in the tar.
func TestImg2datasetDamagedListing(t *testing.T) {
	dir := shards(t)
	path := filepath.Join(dir, "00000.parquet")
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, content := range [][]byte{whole[:len(whole)-20], append([]byte("XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"), whole[34:]...)} {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		got := outlines(samplesOf(t, "auto", dir))
		require.Len(t, got, 5, "%v", got)
		require.Equal(t, " parquet-damaged", got[3])
	}
}

// Images that were downloaded without captions have a listing without them.
func TestImg2datasetWithoutCaptions(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "00000.tar"), tarOf(t, "000000000.jpg=A"), 0o600))
	type listed struct {
		URL    string `parquet:"url"`
		Key    string `parquet:"key"`
		Status string `parquet:"status"`
	}
	listing := writeParquet(t, []listed{{"http://x/0", "000000000", "success"}, {"http://x/1", "000000001", "failed_to_download"}})
	require.NoError(t, os.Rename(listing, filepath.Join(dir, "00000.parquet")))
	got := samplesOf(t, "auto", dir)
	require.Equal(t, []string{`000000000 image=A`, `000000001 download-failed`}, outlines(got))
	require.Equal(t, "http://x/0", got[0].URL)
}

// Only a listing: everything that it says was downloaded is missing.
func TestImg2datasetWithoutSamples(t *testing.T) {
	dir := shards(t)
	require.NoError(t, os.Remove(filepath.Join(dir, "00000.tar")))
	got := outlines(samplesOf(t, "img2dataset", dir))
	require.Len(t, got, 6)
	require.Contains(t, got, `000000000 text="caption of 000000000" missing-file`)
	_, err := Open([]string{t.TempDir()}, "img2dataset")
	require.ErrorContains(t, err, "no shard in it")
}

func FuzzImg2dataset(f *testing.F) {
	path := filepath.Join(f.TempDir(), "seed.parquet")
	writeListing(f, path, []listed{success("a", 1), failed("b", "failed_to_download", "x")})
	seed, err := os.ReadFile(path)
	require.NoError(f, err)
	f.Add(seed, tarOf(f, "a.jpg=J", "a.txt=one", "c.jpg=K"))
	f.Add([]byte("PAR1PAR1"), []byte("tar"))
	f.Fuzz(func(t *testing.T, listing, tar []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "0.tar"), tar, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "0.parquet"), listing, 0o600))
		source, err := Open([]string{dir}, "img2dataset")
		require.NoError(t, err)
		var all []string
		require.NoError(t, source.Read(t.Context(), func(s indexer.Sample) error {
			all = append(all, fmt.Sprint(s.Key, s.Err))
			return nil
		}))
		require.Len(t, readAfter(t, source, int64(len(all))), 0)
	})
}
