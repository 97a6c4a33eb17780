package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/internal/vectors"
)

// skipping is a list that can pass over samples.
type skipping struct {
	list
	skipped *atomic.Int64
}

func (s skipping) ReadAfter(ctx context.Context, skip int64, visit func(indexer.Sample) error) error {
	s.skipped.Store(skip)
	rest := s.list
	rest.samples = rest.samples[skip:]
	return rest.Read(ctx, visit)
}

func undisturbed(t *testing.T, source indexer.Source) map[string]string {
	t.Helper()
	o := options(t.TempDir(), source)
	_, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	return contents(t, o.Dir)
}

func TestCancelledRunsComeToTheSameFiles(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	random := rand.New(rand.NewPCG(7, 11))
	for try := range 6 {
		o := options(t.TempDir(), source)
		runs := 0
		for stop := 1 + random.IntN(20); ; stop += 1 + random.IntN(60) {
			runs++
			ctx, cancel := context.WithCancel(t.Context())
			disturbed := source
			disturbed.before = func(n int) {
				if n == stop {
					cancel()
				}
			}
			o.Source = disturbed
			_, err := indexer.Run(ctx, o)
			cancel()
			if err == nil {
				break
			}
			require.ErrorIs(t, err, context.Canceled)
			m, err := indexer.ReadManifest(o.Dir)
			require.NoError(t, err)
			require.Equal(t, m.Samples, m.Rows+m.Failures)
			require.Zero(t, m.Samples%10)
		}
		require.Greater(t, runs, 1, "try %d was not disturbed", try)
		require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
	}
}

func TestResumeSkipsWhatIsDone(t *testing.T) {
	o := options(t.TempDir(), nil)
	samples := withBad(125)
	want := undisturbed(t, samples)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p indexer.Progress) {
		if p.Partitions >= 5 {
			cancel()
		}
	}
	source := skipping{samples, new(atomic.Int64)}
	o.Source = source
	_, err := indexer.Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	done, err := indexer.ReadManifest(o.Dir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, done.Samples, int64(50))

	var first *indexer.Progress
	o.Progress = func(p indexer.Progress) {
		if first == nil {
			first = &p
		}
	}
	_, err = indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, done.Samples, source.skipped.Load())
	require.Equal(t, done.Samples, first.Resumed)
	require.Equal(t, done.Rows, first.Rows)
	require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
}

func TestCompleteIndexIsLeftAlone(t *testing.T) {
	o := options(t.TempDir(), withBad(35))
	first, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	want := contents(t, o.Dir)
	source := withBad(35)
	source.before = func(int) { t.Error("the source was read again") }
	o.Source = source
	again, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(first, again))
	require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
}

func TestLeftoversGo(t *testing.T) {
	source := numbered(125, nil)
	want := undisturbed(t, source)
	o := options(t.TempDir(), source)
	ctx, cancel := context.WithCancel(t.Context())
	o.Progress = func(p indexer.Progress) {
		if p.Partitions >= 2 {
			cancel()
		}
	}
	_, err := indexer.Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	// As after a crash between moving files and naming them, within a partition, and while final
	// names were being given.
	for _, name := range []string{"img_emb/img_emb_12.npy", "ledger/ledger_99.jsonl", ".building/img_emb/img_emb_12.npy.tmp",
		"metadata/metadata_00.parquet", "metadata/metadata_1.parquet.tmp", "index.json.tmp"} {
		path := filepath.Join(o.Dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte("left over"), 0o600))
	}
	kept := filepath.Join(o.Dir, "img_emb", "notes.txt")
	require.NoError(t, os.WriteFile(kept, []byte("mine"), 0o600))
	o.Progress = nil
	_, err = indexer.Run(t.Context(), o)
	require.NoError(t, err)
	got := contents(t, o.Dir)
	require.Equal(t, "mine", got["img_emb/notes.txt"], "only files named as a partition's are removed")
	delete(got, "img_emb/notes.txt")
	require.Empty(t, cmp.Diff(want, got))
}

func TestAnotherFingerprintIsRefused(t *testing.T) {
	o := options(t.TempDir(), numbered(35, nil))
	made, err := indexer.Run(t.Context(), o)
	require.NoError(t, err)
	want := contents(t, o.Dir)
	tests := []struct {
		name   string
		change func(*indexer.Options)
		differ string
	}{
		{"model", func(o *indexer.Options) { o.Model.Digest = "b2" }, "model digest: a1 there, b2 asked for"},
		{"decoder", func(o *indexer.Options) { o.Model.Decoder = "go" }, "image decoder:  there, go asked for"},
		{"data", func(o *indexer.Options) { o.Source = numbered(36, nil) }, "data set digest (its files changed): "},
		{"limit", func(o *indexer.Options) { o.Limit = 5 }, "limit: 0 there, 5 asked for"},
		{"partitions", func(o *indexer.Options) { o.PartitionRows = 5 }, "partition rows: 10 there, 5 asked for"},
		{"modality", func(o *indexer.Options) { o.Images = true }, "texts: true there, false asked for"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			other := o
			test.change(&other)
			_, err := indexer.Run(t.Context(), other)
			require.ErrorContains(t, err, test.differ)
			require.ErrorContains(t, err, "fingerprint "+made.Fingerprint+" there")
			require.ErrorContains(t, err, "give the index another name, or delete the folder")
			require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
		})
	}
}

func TestForeignFolderIsRefused(t *testing.T) {
	o := options(t.TempDir(), numbered(3, nil))
	theirs := filepath.Join(o.Dir, "img_emb", "img_emb_0.npy")
	require.NoError(t, os.MkdirAll(filepath.Dir(theirs), 0o700))
	require.NoError(t, os.WriteFile(theirs, []byte("theirs"), 0o600))
	_, err := indexer.Run(t.Context(), o)
	require.ErrorContains(t, err, "has files (img_emb) but no index.json")
	require.FileExists(t, theirs)
}

func TestDamagedManifestIsRefused(t *testing.T) {
	for content, want := range map[string]string{"{": "index.json is damaged", `{"version":2,"tool":"rollcall 9"}`: "use the rollcall that made it (rollcall 9)"} {
		o := options(t.TempDir(), numbered(3, nil))
		require.NoError(t, os.WriteFile(filepath.Join(o.Dir, "index.json"), []byte(content), 0o600))
		_, err := indexer.Run(t.Context(), o)
		require.ErrorContains(t, err, want)
	}
}

func TestTwoWriters(t *testing.T) {
	o := options(t.TempDir(), nil)
	source := numbered(3, nil)
	reading, release := make(chan struct{}), make(chan struct{})
	source.before = func(n int) {
		if n == 0 {
			close(reading)
			<-release
		}
	}
	o.Source = source
	done := make(chan error, 1)
	go func() {
		_, err := indexer.Run(t.Context(), o)
		done <- err
	}()
	<-reading
	other := o
	other.Source = numbered(3, nil)
	_, err := indexer.Run(t.Context(), other)
	require.ErrorContains(t, err, "another rollcall is writing to "+o.Dir)
	_, err = vectors.Lock(o.Dir)
	require.ErrorContains(t, err, "another rollcall is writing", "erasure takes the same lock")
	close(release)
	require.NoError(t, <-done)
	unlock, err := vectors.Lock(o.Dir)
	require.NoError(t, err)
	_, err = indexer.Run(t.Context(), other)
	require.ErrorContains(t, err, "another rollcall is writing to "+o.Dir)
	require.NoError(t, unlock())
}

// childDir is set in the process that TestKilledRunsComeToTheSameFiles starts and kills.
const childDir = "ROLLCALL_TEST_INDEX_DIR"

// slowSource takes about 1 ms a sample, so that a kill finds the run at work.
func slowSource() list {
	source := withBad(125)
	source.before = func(int) { time.Sleep(time.Millisecond) }
	return source
}

func TestKilledRunsComeToTheSameFiles(t *testing.T) {
	if dir := os.Getenv(childDir); dir != "" {
		_, err := indexer.Run(t.Context(), options(dir, slowSource()))
		require.NoError(t, err)
		return
	}
	want := undisturbed(t, withBad(125))
	random := rand.New(rand.NewPCG(3, 5))
	killed := 0
	for range 5 {
		dir := t.TempDir()
		for run := 0; ; run++ {
			require.Less(t, run, 100, "the index does not come to an end")
			after := time.Duration(20+random.IntN(250)) * time.Millisecond
			if killChild(t, dir, after) {
				killed++
				continue
			}
			break
		}
		require.Empty(t, cmp.Diff(want, contents(t, dir)))
	}
	t.Logf("%d runs were killed", killed)
	require.Positive(t, killed)
}

// killChild indexes in another process and kills it with SIGKILL after a time, unless it is done
// before.
func killChild(t *testing.T, dir string, after time.Duration) (killed bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledRunsComeToTheSameFiles$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	require.NoError(t, child.Start())
	timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
	err := child.Wait()
	timer.Stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		require.Equal(t, "signal: killed", exit.String(), "the child failed by itself")
		return true
	}
	require.NoError(t, err)
	return false
}

// A crash at any step of giving final names must leave an index that a second run finishes.
func TestCrashWhileRenaming(t *testing.T) {
	source := numbered(125, nil)
	want := undisturbed(t, source)
	for step := range 3 {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			o := options(t.TempDir(), source)
			_, err := indexer.Run(t.Context(), o)
			require.NoError(t, err)
			m, err := indexer.ReadManifest(o.Dir)
			require.NoError(t, err)
			unfinish(t, o.Dir, m, step)
			_, err = indexer.Run(t.Context(), o)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
		})
	}
}

// unfinish brings a complete index of 13 partitions back to a moment of its last steps: 0, nothing
// renamed; 1, one file has both names and index.json the old ones; 2, index.json has the new names
// and an old one is still there.
func unfinish(t *testing.T, dir string, m *indexer.Manifest, step int) {
	t.Helper()
	if step == 2 {
		require.NoError(t, os.Link(filepath.Join(dir, "ledger/ledger_03.jsonl"), filepath.Join(dir, "ledger/ledger_3.jsonl")))
		return
	}
	for i, p := range m.Partitions[:10] {
		old := map[string]string{}
		for name, sum := range p.SHA256 {
			ext := filepath.Ext(name)
			before := fmt.Sprintf("%s_%d%s", name[:len(name)-len(ext)-3], i, ext)
			require.NoError(t, os.Rename(filepath.Join(dir, name), filepath.Join(dir, before)))
			old[before] = sum
		}
		m.Partitions[i].SHA256 = old
	}
	if step == 1 {
		require.NoError(t, os.Link(filepath.Join(dir, "ledger/ledger_3.jsonl"), filepath.Join(dir, "ledger/ledger_03.jsonl")))
	}
	m.State = indexer.StateBuilding
	require.NoError(t, m.Write(dir))
}
