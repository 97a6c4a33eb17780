package indexer_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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
	require.Equal(t, done.Samples-1, source.skipped.Load(), "one sample before shows whether there are more")
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
	// As after a crash within a partition, before a record, and while index.json was written; and
	// partitions that are none of ours.
	for _, name := range []string{"img_emb/img_emb_12.npy", "ledger/ledger_99.jsonl", ".building/12-X/img_emb/img_emb_12.npy.tmp", ".building/X.tmp",
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

// TestKilledRunsComeToTheSameFiles kills real processes at 50 random moments. An index that comes to
// its end, after however many kills, is compared with an undisturbed one, and the next one starts.
func TestKilledRunsComeToTheSameFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("fifty processes are started and killed")
	}
	if dir := os.Getenv(childDir); dir != "" {
		_, err := indexer.Run(t.Context(), options(dir, slowSource()))
		require.NoError(t, err)
		return
	}
	want := undisturbed(t, withBad(125))
	started := time.Now()
	require.False(t, killChild(t, t.TempDir(), time.Minute))
	took := time.Since(started)

	random := rand.New(rand.NewPCG(3, 5))
	indexes, dir := 0, t.TempDir()
	for kills := 0; kills < 50; {
		if killChild(t, dir, time.Duration(random.Int64N(int64(took)))) {
			kills++
			checkInterrupted(t, dir)
			continue
		}
		require.Empty(t, cmp.Diff(want, contents(t, dir)))
		indexes++
		dir = t.TempDir()
	}
	require.False(t, killChild(t, dir, time.Minute))
	require.Empty(t, cmp.Diff(want, contents(t, dir)))
	t.Logf("50 kills, %d indexes", indexes+1)
}

// checkInterrupted checks what must hold at any moment: what index.json counts is whole.
func checkInterrupted(t *testing.T, dir string) {
	t.Helper()
	m, err := indexer.ReadManifest(dir)
	if errors.Is(err, os.ErrNotExist) {
		return // killed before there was any
	}
	require.NoError(t, err)
	require.Equal(t, m.Samples, m.Rows+m.Failures)
	if m.State == indexer.StateComplete {
		report, err := vectors.Verify(t.Context(), dir)
		require.NoError(t, err)
		require.Empty(t, report.Findings)
	}
}

// killChild indexes in another process and kills it with SIGKILL after a time, unless it is done
// before.
func killChild(t *testing.T, dir string, after time.Duration) (killed bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKilledRunsComeToTheSameFiles$")
	child.Env = append(os.Environ(), childDir+"="+dir)
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	require.NoError(t, child.Start())
	timer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
	err := child.Wait()
	timer.Stop()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		require.Equal(t, "signal: killed", exit.String(), "the child failed by itself: %s", output.String())
		return true
	}
	require.NoError(t, err)
	return false
}

// moments are those of the end at which a run can crash.
var moments = map[string]int{
	"before placing": indexer.CrashBeforePlacing, "while placing": indexer.CrashWhilePlacing,
	"after placing": indexer.CrashAfterPlacing, "before clearing": indexer.CrashBeforeClearing,
}

// finishing are the runs that come to the end after one that crashed there.
var finishing = map[string]func(context.Context, indexer.Options) (*indexer.Manifest, error){
	"the same": indexer.Run,
	"a task": func(ctx context.Context, o indexer.Options) (*indexer.Manifest, error) {
		o.Task = indexer.Task{Index: 1, Count: 3}
		return indexer.Run(ctx, o)
	},
	"finish": func(ctx context.Context, o indexer.Options) (*indexer.Manifest, error) {
		return indexer.Finish(ctx, o.Dir, o.Folder)
	},
}

// A crash at any moment of the end must leave an index that any second run finishes, and nothing else.
func TestCrashAtTheEnd(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	for name, moment := range moments {
		for how, finish := range finishing {
			t.Run(name+", then "+how, func(t *testing.T) {
				o := options(t.TempDir(), source)
				require.NoError(t, indexer.RunUntil(t.Context(), o, moment))
				require.True(t, indexer.StateFolder(o.Dir))
				again := source
				again.before = func(int) { t.Error("the source was read again") }
				o.Source = again
				m, err := finish(t.Context(), o)
				require.NoError(t, err)
				require.Equal(t, indexer.StateComplete, m.State)
				require.False(t, indexer.StateFolder(o.Dir))
				require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
			})
		}
	}
}

// A state that was damaged, or comes from somebody who means harm, is refused with what to do about it;
// when that is done, the index is that of an undisturbed run.
func TestDamagedState(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	for name, test := range map[string]struct {
		change func(record string) string
		want   string
	}{
		"cut":              {func(r string) string { return r[:20] }, "unexpected end of JSON input"},
		"empty":            {func(string) string { return "" }, "unexpected end of JSON input"},
		"another's":        {func(r string) string { return strings.Replace(r, `"number":2,`, `"number":3,`, 1) }, "it is of partition 3"},
		"folder elsewhere": {func(r string) string { return strings.Replace(r, `"folder":"2-`, `"folder":"../../2-`, 1) }, `its folder is "../../2-`},
		"file elsewhere":   {func(r string) string { return strings.Replace(r, `"metadata/meta`, `"../../meta`, 1) }, `it names "../../metadata_2.parquet"`},
		"another file":     {func(r string) string { return strings.Replace(r, `"metadata/metadata_2.parquet`, `"metadata/notes`, 1) }, `it names "metadata/notes"`},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t.TempDir(), source)
			require.NoError(t, indexer.RunUntil(t.Context(), o, indexer.CrashBeforePlacing))
			record := filepath.Join(o.Dir, ".building", "done", "2.json")
			text, err := os.ReadFile(record)
			require.NoError(t, err)
			changed := test.change(string(text))
			require.NotEqual(t, string(text), changed)
			require.NoError(t, os.WriteFile(record, []byte(changed), 0o600))
			for _, finish := range finishing {
				_, err := finish(t.Context(), o)
				require.ErrorContains(t, err, o.Dir+": .building/done/2.json is damaged (")
				require.ErrorContains(t, err, test.want)
				require.ErrorContains(t, err, "remove it, and what it stood for is made again")
			}
			require.NoError(t, os.Remove(record))
			_, err = indexer.Run(t.Context(), o)
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
		})
	}
}

// A finished partition whose files somebody has removed is said to be incomplete, also by Finish.
func TestFilesOfAPartitionGone(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	o := options(t.TempDir(), source)
	require.NoError(t, indexer.RunUntil(t.Context(), o, indexer.CrashBeforePlacing))
	gone, err := filepath.Glob(filepath.Join(o.Dir, ".building", "2-*", "ledger", "*"))
	require.NoError(t, err)
	require.Len(t, gone, 1)
	require.NoError(t, os.Remove(gone[0]))
	for _, finish := range finishing {
		_, err := finish(t.Context(), o)
		require.ErrorContains(t, err, "a file of a finished partition is gone")
		require.ErrorContains(t, err, "remove the partition's record in .building/done of "+o.Dir)
		require.NotErrorIs(t, err, os.ErrNotExist, "which would say that there is no index")
	}
	require.NoError(t, os.Remove(filepath.Join(o.Dir, ".building", "done", "2.json")))
	_, err = indexer.Run(t.Context(), o)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(want, contents(t, o.Dir)))
}
