package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

func text(s string) indexer.Sample {
	return indexer.Sample{Image: []byte("image of " + s), Caption: s, HasText: true}
}

func photo(s string) indexer.Sample {
	return indexer.Sample{Image: []byte(s), Caption: "caption of " + s, HasText: true}
}

// badSamples fail in every way; the wanted records stand beside them.
var badSamples = map[int]struct {
	sample indexer.Sample
	stage  indexer.Stage
	reason indexer.Reason
	detail string
}{
	0:  {indexer.Sample{Caption: "a", HasText: true}, "read", "no-image", "the sample has no image"},
	3:  {indexer.Sample{Image: []byte("a")}, "read", "no-caption", "the sample has no caption"},
	4:  {photo(""), "read", "empty-file", "the image has no bytes"},
	5:  {indexer.Sample{Err: indexer.Failf(indexer.ReasonTarTruncated, "cut\xff")}, "read", "tar-truncated", "cut\uFFFD"},
	6:  {indexer.Sample{Err: errors.New("disk")}, "read", "unreadable-file", "disk"},
	9:  {photo("short"), "decode", "truncated-image", "image is cut off: unexpected EOF"},
	10: {photo("broken"), "decode", "undecodable-image", "no image"},
	11: {photo("huge"), "decode", "too-large", "40000 x 40000 pixels"},
	19: {photo("panic"), "decode", "undecodable-image", "the decoder gave up: index out of range"},
	20: {text("nan"), "embed", "not-finite", "the caption embedding has NaN at 1"},
	22: {photo("nan"), "embed", "not-finite", "the image embedding has NaN at 1"},
	31: {photo("zero"), "embed", "zero-vector", "the image embedding is zero throughout"},
}

func withBad(n int) list {
	bad := map[int]indexer.Sample{}
	for i, b := range badSamples {
		bad[i] = b.sample
	}
	return numbered(n, bad)
}

func TestEverySampleIsARowOrARecord(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "index")
	source := withBad(35)
	source.samples[1].Caption = "Zo\xeb"
	var last indexer.Progress
	o := options(dir, source)
	o.Progress = func(p indexer.Progress) {
		require.Equal(t, p.Samples, p.Rows+p.Failures)
		require.GreaterOrEqual(t, p.Samples, last.Samples)
		last = p
	}
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)

	// 35 samples, 12 of them bad: by partition of ten, 6, 3, 2 and 1.
	require.Equal(t, indexer.StateComplete, m.State)
	require.Equal(t, []int64{35, 23, 12, 1}, []int64{m.Samples, m.Rows, m.Failures, m.Cleaned})
	require.Equal(t, map[string]int64{"no-image": 1, "no-caption": 1, "empty-file": 1, "tar-truncated": 1, "unreadable-file": 1,
		"truncated-image": 1, "undecodable-image": 2, "too-large": 1, "not-finite": 2, "zero-vector": 1}, m.Reasons)
	require.Positive(t, min(last.Times.Read, last.Times.Decode, last.Times.Encode, last.Times.Write))
	require.Positive(t, last.Elapsed)
	last.Times, last.Elapsed = indexer.Times{}, 0
	require.Equal(t, indexer.Progress{Samples: 35, Rows: 23, Failures: 12, Partitions: 4}, last)
	var perPartition [][3]int64
	for _, p := range m.Partitions {
		perPartition = append(perPartition, [3]int64{p.Samples, p.Rows, p.Failures})
	}
	require.Equal(t, [][3]int64{{10, 4, 6}, {10, 7, 3}, {10, 8, 2}, {5, 4, 1}}, perPartition)

	records := ledgerOf(t, dir)
	require.Len(t, records, len(badSamples))
	for _, r := range records {
		b := badSamples[int(r.Sample)]
		want := indexer.Record{Sample: r.Sample, Key: fmt.Sprintf("%05d", r.Sample), Position: fmt.Sprintf("list#%d", r.Sample),
			Stage: b.stage, Reason: b.reason, Detail: b.detail}
		require.Empty(t, cmp.Diff(want, r))
	}
	written, err := indexer.ReadManifest(dir)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(m, written))
	checkRows(t, dir, source)

	report, err := vectors.Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
}

// checkRows compares the index, through the store, with the good samples of the source in order.
func checkRows(t *testing.T, dir string, source list) {
	t.Helper()
	store, err := vectors.Open(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, store.Close()) }()
	var want []retriever.CaptionRow
	for i, s := range source.samples {
		if _, bad := badSamples[i]; bad {
			continue
		}
		if i == 1 {
			s.Caption = "Zo\uFFFD"
		}
		want = append(want, retriever.CaptionRow{Row: int64(len(want)), Caption: s.Caption, URL: s.URL, Key: s.Key})
	}
	var got []retriever.CaptionRow
	require.NoError(t, store.Captions(t.Context(), func(r retriever.CaptionRow) error {
		got = append(got, r)
		return nil
	}))
	require.Empty(t, cmp.Diff(want, got))
	row := 0
	for _, partition := range []string{"0", "1", "2", "3"} {
		images := npyValues(t, filepath.Join(dir, "img_emb", "img_emb_"+partition+".npy"))
		texts := npyValues(t, filepath.Join(dir, "text_emb", "text_emb_"+partition+".npy"))
		require.Len(t, texts, len(images))
		for ; len(images) > 0; images, texts, row = images[dimension:], texts[dimension:], row+1 {
			for i := range dimension {
				// float16 has 11 significant bits: a value below 1 is off by at most 2^-12.
				require.InDelta(t, arithmetic(imageOf(want[row].Key))[i], images[i], 1.0/4096)
				require.InDelta(t, arithmetic(want[row].Caption)[i], texts[i], 1.0/4096)
			}
		}
	}
	require.Equal(t, len(want), row)
}

func imageOf(key string) string {
	var n int
	if _, err := fmt.Sscanf(key, "%d", &n); err != nil {
		return ""
	}
	return fmt.Sprintf("image %d", n)
}

func TestModalities(t *testing.T) {
	source := numbered(3, map[int]indexer.Sample{0: {Image: []byte("i")}, 1: {Caption: "c", HasText: true}})
	tests := []struct {
		name          string
		images, texts bool
		rows          int64
		reasons       map[string]int64
		folders       []string
	}{
		{"images", true, false, 2, map[string]int64{"no-image": 1}, []string{"img_emb"}},
		{"texts", false, true, 2, map[string]int64{"no-caption": 1}, []string{"text_emb"}},
		{"both", true, true, 1, map[string]int64{"no-image": 1, "no-caption": 1}, []string{"img_emb", "text_emb"}},
		{"neither said", false, false, 1, map[string]int64{"no-image": 1, "no-caption": 1}, []string{"img_emb", "text_emb"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t.TempDir(), source)
			o.Images, o.Texts = test.images, test.texts
			m, err := indexer.Run(t.Context(), o)
			require.NoError(t, err)
			require.Equal(t, test.rows, m.Rows)
			require.Equal(t, test.reasons, m.Reasons)
			var folders []string
			for _, folder := range []string{"img_emb", "text_emb"} {
				if _, err := os.Stat(filepath.Join(o.Dir, folder)); err == nil {
					folders = append(folders, folder)
				}
			}
			require.Equal(t, test.folders, folders)
		})
	}
}

// Names have floor(log10(P))+1 digits, so that they sort as numbers.
func TestNamesArePadded(t *testing.T) {
	for partitions, want := range map[int][2]string{1: {"0", "0"}, 9: {"0", "8"}, 10: {"00", "09"}, 11: {"00", "10"}, 101: {"000", "100"}} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) {
			o := options(t.TempDir(), numbered(partitions*2-1, nil))
			o.PartitionRows = 2
			m, err := indexer.Run(t.Context(), o)
			require.NoError(t, err)
			for _, kind := range [][3]string{{"img_emb", "img_emb_", ".npy"}, {"text_emb", "text_emb_", ".npy"}, {"metadata", "metadata_", ".parquet"}, {"ledger", "ledger_", ".jsonl"}} {
				entries, err := os.ReadDir(filepath.Join(o.Dir, kind[0])) // sorted by name
				require.NoError(t, err)
				require.Len(t, entries, partitions)
				require.Equal(t, kind[1]+want[0]+kind[2], entries[0].Name())
				require.Equal(t, kind[1]+want[1]+kind[2], entries[partitions-1].Name())
				for i, p := range m.Partitions {
					require.Contains(t, p.SHA256, kind[0]+"/"+entries[i].Name())
				}
			}
			report, err := vectors.Verify(t.Context(), o.Dir)
			require.NoError(t, err)
			require.Empty(t, report.Findings)
		})
	}
}

func TestPartitionWithoutRows(t *testing.T) {
	bad := map[int]indexer.Sample{}
	for i := range 10 {
		bad[i] = indexer.Sample{}
	}
	o := options(t.TempDir(), numbered(12, bad))
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, []int64{12, 2, 10}, []int64{m.Samples, m.Rows, m.Failures})
	require.NoFileExists(t, filepath.Join(o.Dir, "metadata", "metadata_0.parquet"))
	require.Len(t, ledgerOf(t, o.Dir), 10)
	report, err := vectors.Verify(t.Context(), o.Dir)
	require.NoError(t, err)
	require.Empty(t, report.Findings)
}

func TestNoSamples(t *testing.T) {
	o := options(t.TempDir(), list{})
	m, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, indexer.StateComplete, m.State)
	require.Zero(t, m.Samples)
}

func TestLimit(t *testing.T) {
	for _, limit := range []int64{1, 10, 15, 99} {
		o := options(t.TempDir(), numbered(35, nil))
		o.Limit = limit
		m, err := indexer.Run(t.Context(), o)
		require.NoError(t, err)
		require.Equal(t, min(limit, 35), m.Rows)
	}
}

func TestStopAtFirstFailure(t *testing.T) {
	o := options(t.TempDir(), numbered(35, map[int]indexer.Sample{25: photo("broken")}))
	o.OnError = indexer.Stop
	_, err := indexer.Run(t.Context(), o)
	require.ErrorContains(t, err, "sample 25 (list#25) failed at decode: undecodable-image: no image")
	m, err := indexer.ReadManifest(o.Dir)
	require.NoError(t, err)
	require.Equal(t, indexer.StateBuilding, m.State)
	require.Equal(t, int64(20), m.Samples, "two partitions are finished")
}

func TestSourceFailsInTheMiddle(t *testing.T) {
	source := numbered(15, nil)
	source.err = errors.New("disk gone")
	o := options(t.TempDir(), source)
	_, err := indexer.Run(t.Context(), o)
	require.ErrorContains(t, err, "disk gone")
	m, err := indexer.ReadManifest(o.Dir)
	require.NoError(t, err)
	require.Equal(t, indexer.StateBuilding, m.State)
	require.Contains(t, []int64{0, 10}, m.Samples, "half a partition must not look like the last one")
}

// badEncoder breaks the encoder's contract.
type badEncoder struct {
	arithmeticEncoder
	vectors [][]float32
	err     error
}

func (e badEncoder) EncodeTexts(context.Context, []string) ([][]float32, error) {
	return e.vectors, e.err
}

func TestEncoderFails(t *testing.T) {
	tests := []struct {
		name    string
		encoder badEncoder
		want    string
	}{
		{"error", badEncoder{err: errors.New("out of memory")}, "embedding the captions of samples 0 to 0: out of memory"},
		{"too few", badEncoder{}, "0 vectors for 1 inputs"},
		{"dimension", badEncoder{vectors: [][]float32{{1, 0}}}, "a vector of 2 dimensions, the model has 8"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t.TempDir(), numbered(1, nil))
			o.Encoder = test.encoder
			_, err := indexer.Run(t.Context(), o)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestRefusals(t *testing.T) {
	tests := []struct {
		name   string
		change func(*indexer.Options)
		want   string
	}{
		{"no source", func(o *indexer.Options) { o.Source = nil }, "needs a source"},
		{"no folder", func(o *indexer.Options) { o.Dir = "" }, "needs a folder"},
		{"no dimension", func(o *indexer.Options) { o.Model.Dimension = 0 }, "dimension is not known"},
		{"negative", func(o *indexer.Options) { o.Batch = -1 }, "cannot be negative"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := options(t.TempDir(), numbered(1, nil))
			test.change(&o)
			_, err := indexer.Run(t.Context(), o)
			require.ErrorContains(t, err, test.want)
		})
	}
}

// blockedEncoder waits until the run ends.
type blockedEncoder struct{ arithmeticEncoder }

func (blockedEncoder) EncodePixels(ctx context.Context, _ []indexer.Pixels) ([][]float32, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// With the encoder standing still, the source must stand still too; when the run is cancelled,
// it must end within a second and leave no goroutine.
func TestBackPressureAndCancel(t *testing.T) {
	before := runtime.NumGoroutine()
	var read atomic.Int64
	source := numbered(100_000, nil)
	source.before = func(n int) { read.Store(int64(n)) }
	o := options(t.TempDir(), source)
	o.Encoder, o.PartitionRows = blockedEncoder{}, 100_000
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := indexer.Run(ctx, o)
		done <- err
	}()
	require.Eventually(t, func() bool { return read.Load() >= 10 }, 10*time.Second, time.Millisecond)
	time.Sleep(200 * time.Millisecond)
	// Batch 4: one batch in the encoder, one waiting to be sent and one channel of 4, the 3 workers'
	// samples being among these, and the one that the source is sending.
	require.LessOrEqual(t, read.Load(), int64(4+4+4+3+1))
	start := time.Now()
	cancel()
	err := <-done
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorContains(t, err, "the same command goes on from there")
	require.Less(t, time.Since(start), time.Second)
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		require.True(t, time.Now().Before(deadline), "a goroutine is left")
	}
}
