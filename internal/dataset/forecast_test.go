package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/vectors"
)

// conceptual gives the real rows of Conceptual Captions as text of a kind.
func conceptual(t *testing.T, as string) string {
	t.Helper()
	content, err := os.ReadFile(fixture(t, "captions/cc3m_validation.tsv"))
	require.NoError(t, err)
	var b bytes.Buffer
	table := csv.NewWriter(&b)
	if as == "csv" {
		require.NoError(t, table.Write([]string{"caption", "url"}))
	}
	for line := range strings.Lines(string(content)) {
		caption, url, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		switch as {
		case "csv":
			require.NoError(t, table.Write([]string{caption, url}))
		case "jsonl":
			object, err := json.Marshal(map[string]string{"caption": caption, "url": url})
			require.NoError(t, err)
			b.Write(append(object, '\n'))
		default:
			b.WriteString(line)
		}
	}
	table.Flush()
	return b.String()
}

func gzipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(text))
	require.NoError(t, errors.Join(err, z.Close()))
	return b.String()
}

// uneven are three tars of 40, 10 and 30 samples whose images have sizes that differ.
func uneven(t *testing.T) map[string]string {
	t.Helper()
	files, key := map[string]string{}, 0
	for shard, samples := range []int{40, 10, 30} {
		var members []string
		for range samples {
			members = append(members, fmt.Sprintf("%05d.jpg=%s", key, strings.Repeat("J", 5000+911*key%4000)), fmt.Sprintf("%05d.txt=caption %d", key, key))
			key++
		}
		files[fmt.Sprintf("%05d.tar", shard)] = string(tarOf(t, members...))
	}
	return files
}

// errHalf ends the reading half way.
var errHalf = errors.New("half way")

// Half way through files of every kind, what is said of the whole is the truth where the files say how
// many samples they hold, and within five percent of it where that is estimated from bytes. At the end
// it is the truth, also of a reading that passed over the first samples.
func TestForecast(t *testing.T) {
	open := func(dir string) (EmbeddingFolder, error) { return vectors.Open(dir) }
	for _, test := range []struct {
		name  string
		input string
		exact bool
	}{
		{"TSV", writeTree(t, map[string]string{"a.tsv": conceptual(t, "tsv")}), false},
		{"compressed TSV", writeTree(t, map[string]string{"a.tsv.gz": gzipped(t, conceptual(t, "tsv"))}), false},
		{"CSV", writeTree(t, map[string]string{"a.csv": conceptual(t, "csv")}), false},
		{"JSON Lines, two files", writeTree(t, map[string]string{"a.jsonl": conceptual(t, "jsonl"), "b.jsonl": conceptual(t, "jsonl")}), false},
		{"tars", writeTree(t, uneven(t)), false},
		{"Parquet", fixture(t, "captions/img2dataset_1000.parquet"), true},
		{"shards with listings", listedShards(t, 200, 60), true},
		{"folder", writeTree(t, map[string]string{"a.jpg": "A", "a.txt": "a", "b.jpg": "B", "c/d.png": "D", "c/d.json": "{}"}), true},
		{"embeddings", fixture(t, "clip-retrieval/run_2_45/emb_p2"), true},
	} {
		t.Run(test.name, func(t *testing.T) {
			source, err := OpenContext(t.Context(), []string{test.input}, Options{Embeddings: open})
			require.NoError(t, err)
			requireForecast(t, source, test.exact)
		})
	}
}

// In a bucket the listings of shards are not read ahead: what is said of them is an estimate.
func TestForecastInABucket(t *testing.T) {
	source, err := OpenContext(t.Context(), []string{"gs://data"}, Options{reach: uploaded(t, listedShards(t, 60, 60, 60, 60))})
	require.NoError(t, err)
	requireForecast(t, source, false)
}

func requireForecast(t *testing.T, source indexer.Source, exact bool) {
	t.Helper()
	truth := int64(len(readAfter(t, source, 0)))
	require.Positive(t, truth)
	for _, skip := range []int64{0, truth / 3} {
		seen := skip
		err := source.(indexer.Skipper).ReadAfter(t.Context(), skip, func(indexer.Sample) error {
			if seen++; seen < truth/2 {
				return nil
			}
			return errHalf
		})
		require.ErrorIs(t, err, errHalf)
		said, isExact := source.(indexer.Forecaster).Samples()
		require.Equal(t, exact, isExact)
		t.Logf("after %d: %d said, %d true", seen, said, truth)
		if exact {
			require.Equal(t, truth, said)
		}
		require.InEpsilon(t, truth, said, 0.05)
	}
	require.NoError(t, source.(indexer.Skipper).ReadAfter(context.Background(), truth/3, func(indexer.Sample) error { return nil }))
	said, _ := source.(indexer.Forecaster).Samples()
	require.Equal(t, truth, said)
}

// listedShards are shards of img2dataset with so many rows each, of which a third failed.
func listedShards(t *testing.T, rows ...int) string {
	t.Helper()
	dir := t.TempDir()
	for number, n := range rows {
		var list []listed
		var members []string
		for i := range n {
			key := fmt.Sprintf("%05d%04d", number, i)
			if i%3 == 0 {
				list = append(list, failed(key, "failed_to_download", "HTTP Error 404: Not Found"))
				continue
			}
			list = append(list, success(key, 640))
			members = append(members, key+".jpg="+strings.Repeat("J", 3000+37*i%1000), key+".txt=caption of "+key)
		}
		base := filepath.Join(dir, fmt.Sprintf("%05d", number))
		writeListing(t, base+".parquet", list)
		require.NoError(t, os.WriteFile(base+".tar", tarOf(t, members...), 0o600))
	}
	return dir
}

// A data set of one file that says nothing has no forecast before something of it was read.
func TestForecastBeforeReading(t *testing.T) {
	source, err := OpenContext(t.Context(), []string{write(t, "a.tsv", "a\thttp://x/1\n")}, Options{})
	require.NoError(t, err)
	said, exact := source.(indexer.Forecaster).Samples()
	require.Zero(t, said)
	require.False(t, exact)
}
