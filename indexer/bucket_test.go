package indexer_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"rollcall/indexer"
	"rollcall/internal/dataset/storage"
)

const bucketURL = "s3://data/indexes/a"

// inBucket are options for an index in a bucket in memory, as one machine opens it.
func inBucket(t *testing.T, bucket *blob.Bucket, source indexer.Source, index, count int) indexer.Options {
	t.Helper()
	folder, err := storage.FolderIn(bucket, "indexes/a", bucketURL)
	require.NoError(t, err)
	o := options(bucketURL, source)
	o.Folder = folder
	o.Task = indexer.Task{Index: index, Count: count}
	return o
}

func inMemory(t *testing.T) *blob.Bucket {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir()) // of the scratch folders
	bucket := memblob.OpenBucket(nil)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	return bucket
}

// objects are the contents of the index's objects by name.
func objects(t *testing.T, bucket *blob.Bucket) map[string]string {
	t.Helper()
	found := map[string]string{}
	for list := bucket.List(nil); ; {
		o, err := list.Next(context.Background())
		if err == io.EOF {
			return found
		}
		require.NoError(t, err)
		content, err := bucket.ReadAll(context.Background(), o.Key)
		require.NoError(t, err)
		name, below := strings.CutPrefix(o.Key, "indexes/a/")
		require.True(t, below, "%s is outside of the index", o.Key)
		found[name] = string(content)
	}
}

// An index in a bucket is that of a run on disk, however it is shared out, and nothing else is left
// there.
func TestTasksInABucketMakeTheSameIndex(t *testing.T) {
	random := rand.New(rand.NewPCG(23, 29))
	for _, samples := range []int{0, 7, 120, 125} {
		source := numbered(samples, nil)
		if samples > 35 {
			source = withBad(samples)
		}
		want := undisturbed(t, source)
		for _, count := range []int{1, 2, 5, 20} {
			t.Run(fmt.Sprintf("%d samples, %d tasks", samples, count), func(t *testing.T) {
				bucket := inMemory(t)
				order := append(random.Perm(count), random.IntN(count)) // one of them twice
				for i, task := range order {
					m, err := indexer.Run(t.Context(), inBucket(t, bucket, source, task, count))
					require.NoError(t, err)
					if i >= count-1 {
						require.Equal(t, indexer.StateComplete, m.State, "the last task completes the index")
					}
				}
				require.Empty(t, cmp.Diff(want, objects(t, bucket)))
			})
		}
	}
}

// Eight runs at once, each task twice, on one bucket.
func TestTasksInABucketAtOnce(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	for range 5 {
		bucket := inMemory(t)
		var complete atomic.Int64
		var group sync.WaitGroup
		for i := range 8 {
			o := inBucket(t, bucket, source, i%4, 4)
			group.Go(func() {
				m, err := indexer.Run(t.Context(), o)
				if err != nil {
					t.Errorf("task %d: %v", i, err)
				} else if m.State == indexer.StateComplete {
					complete.Add(1)
				}
			})
		}
		group.Wait()
		require.Positive(t, complete.Load())
		require.Empty(t, cmp.Diff(want, objects(t, bucket)))
	}
}

// Cancelled runs leave only whole partitions, and what they began goes when the index is complete.
func TestCancelledRunsInABucket(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	random := rand.New(rand.NewPCG(31, 37))
	bucket := inMemory(t)
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
		_, err := indexer.Run(ctx, inBucket(t, bucket, disturbed, 0, 1))
		cancel()
		if err == nil {
			break
		}
		require.ErrorIs(t, err, context.Canceled)
		for name := range objects(t, bucket) {
			require.True(t, name == "index.json" || strings.HasPrefix(name, ".building/"), "%s has a final name in an index that is being built", name)
		}
	}
	require.Greater(t, runs, 1)
	require.Empty(t, cmp.Diff(want, objects(t, bucket)))
}

func TestFinishInABucket(t *testing.T) {
	source := numbered(125, nil)
	want := undisturbed(t, source)
	bucket := inMemory(t)
	o := inBucket(t, bucket, source, 1, 2)
	_, err := indexer.Finish(t.Context(), bucketURL, o.Folder)
	require.ErrorContains(t, err, bucketURL+"/index.json")
	_, err = indexer.Run(t.Context(), o)
	require.NoError(t, err)
	_, err = indexer.Finish(t.Context(), bucketURL, o.Folder)
	require.ErrorContains(t, err, "partitions [0 2 4 6 8 10] are missing, and the end of the input was not reached")
	o.Task = indexer.Task{}
	require.NoError(t, indexer.RunUntil(t.Context(), o, indexer.CrashBeforePlacing))
	m, err := indexer.Finish(t.Context(), bucketURL, o.Folder)
	require.NoError(t, err)
	require.Equal(t, indexer.StateComplete, m.State)
	require.Empty(t, cmp.Diff(want, objects(t, bucket)))
}

// A crash at any moment of the end leaves what any next run completes.
func TestCrashesAtTheEndInABucket(t *testing.T) {
	source := withBad(125)
	want := undisturbed(t, source)
	for name, moment := range moments {
		if moment == indexer.CrashWhilePlacing {
			continue // a bucket copies, so this is no other state than before placing
		}
		for how, finish := range finishing {
			t.Run(name+", then "+how, func(t *testing.T) {
				bucket := inMemory(t)
				o := inBucket(t, bucket, source, 0, 1)
				require.NoError(t, indexer.RunUntil(t.Context(), o, moment))
				m, err := finish(t.Context(), o)
				require.NoError(t, err)
				require.Equal(t, indexer.StateComplete, m.State)
				require.Empty(t, cmp.Diff(want, objects(t, bucket)))
			})
		}
	}
}

// What is there already, of another program or another index, is not touched.
func TestBucketsThatAreRefused(t *testing.T) {
	bucket := inMemory(t)
	require.NoError(t, bucket.WriteAll(t.Context(), "indexes/a/img_emb/img_emb_0.npy", []byte("theirs"), nil))
	_, err := indexer.Run(t.Context(), inBucket(t, bucket, numbered(3, nil), 0, 1))
	require.ErrorContains(t, err, bucketURL+" has files (img_emb) but no index.json")
	require.Equal(t, map[string]string{"img_emb/img_emb_0.npy": "theirs"}, objects(t, bucket))

	bucket = inMemory(t)
	_, err = indexer.Run(t.Context(), inBucket(t, bucket, numbered(125, nil), 0, 2))
	require.NoError(t, err)
	before := objects(t, bucket)
	_, err = indexer.Run(t.Context(), inBucket(t, bucket, numbered(126, nil), 1, 2))
	require.ErrorContains(t, err, "data set digest (its files changed)")
	require.Equal(t, before, objects(t, bucket))
}

// Of many writers of one record one is first, and what is written twice by one writer is its own.
func TestFirstInABucket(t *testing.T) {
	bucket := inMemory(t)
	o := inBucket(t, bucket, nil, 0, 1)
	for record := range 20 {
		name := path.Join(".building/done", fmt.Sprint(record, ".json"))
		var first atomic.Int64
		var group sync.WaitGroup
		for writer := range 8 {
			group.Go(func() {
				content := bytes.Repeat([]byte{byte('a' + writer)}, 10*(writer+1))
				won, err := o.Folder.Create(t.Context(), name, content)
				if err != nil {
					t.Error(err)
				}
				if again, err := o.Folder.Create(t.Context(), name, content); err != nil || again != won {
					t.Errorf("first %t, then %t (%v)", won, again, err)
				}
				if won {
					first.Add(1)
				}
			})
		}
		group.Wait()
		require.Equal(t, int64(1), first.Load())
	}
}
