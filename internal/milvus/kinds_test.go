package milvus

import (
	"context"
	"testing"
	"time"

	"github.com/milvus-io/milvus-proto/go-api/v2/commonpb"
	"github.com/milvus-io/milvus-proto/go-api/v2/milvuspb"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// TestIndexTypes builds every index type on the engine, searches it and counts through it: what is
// found is right, and the measured recall is the true one. 6,000 rows are enough for Milvus to build an
// index rather than to compare every row.
func TestIndexTypes(t *testing.T) {
	t.Parallel()
	c := dial(t)
	folder := clustered(t, 6000, 64)
	queries, err := folder.Vectors(t.Context(), retriever.Image, []int64{0, 7, 100})
	require.NoError(t, err)
	want, _, err := folder.TopK(t.Context(), retriever.Image, queries, 10)
	require.NoError(t, err)
	for _, kind := range []string{flat, "HNSW", "IVF_FLAT", "IVF_SQ8", "AUTOINDEX"} {
		t.Run(kind, func(t *testing.T) {
			spec := PublishSpec{Name: "kind_" + kind, Generation: "g1", Dimension: 64, Rows: 6000, HasImage: true, IndexType: kind}
			if kind == "IVF_FLAT" || kind == "IVF_SQ8" {
				spec.Params = map[string]string{"nlist": "64", "nprobe": "8"}
			}
			require.NoError(t, c.Publish(t.Context(), spec, batchesOf(folder)))
			s, err := Open(t.Context(), c, spec.Name)
			require.NoError(t, err)
			require.Equal(t, kind == flat, s.Exact())
			for _, k := range []int{10, 3000} {
				hits, exact, err := s.TopK(t.Context(), retriever.Image, queries, k)
				require.NoError(t, err)
				require.Equal(t, kind == flat, exact)
				found := 0
				for q := range queries {
					require.Len(t, hits[q], k)
					found += common(want[q], hits[q])
				}
				t.Logf("%s: %d of the 30 nearest rows among the first %d", kind, found, k)
				require.GreaterOrEqual(t, found, 20)
			}
			requireEstimates(t, s, folder, queries)
		})
	}
}

// requireEstimates counts through the index: every row that it finds is one of the folder's, with
// its similarity.
func requireEstimates(t *testing.T, s *Store, folder retriever.Counter, queries [][]float32) {
	t.Helper()
	const least = 0.25
	truth, found := rowsAbove(t, folder, queries, least), rowsAbove(t, s.Approximate(), queries, least)
	all, some := 0, 0
	for q := range queries {
		require.NotEmpty(t, found[q])
		for id, score := range found[q] {
			require.InDelta(t, truth[q][id], score, 1e-5, "similarity of row %d", id)
		}
		all, some = all+len(truth[q]), some+len(found[q])
	}
	t.Logf("%s: a range search finds %d of %d rows", s.IndexType(), some, all)
	if s.Exact() {
		require.Equal(t, all, some)
	}
}

// TestDiskannIsRefusedInWords publishes with an index type that the packaged engine was not built
// with: that is said before anything is loaded.
func TestDiskannIsRefusedInWords(t *testing.T) {
	t.Parallel()
	c := dial(t)
	spec := PublishSpec{Name: "diskann", Generation: "g1", Dimension: 16, Rows: 2000, HasImage: true, IndexType: "DISKANN"}
	start := time.Now()
	err := c.Publish(t.Context(), spec, func(context.Context, func(retriever.RowBatch) error) error {
		t.Error("rows were asked for")
		return nil
	})
	require.Less(t, time.Since(start), time.Second)
	require.ErrorContains(t, err, "index as DISKANN: a packaged Milvus such as this one (v2.3.5-lite) is built without it: choose HNSW or IVF_SQ8")
	there, err := c.sdk.HasCollection(t.Context(), "diskann_image_g1")
	require.NoError(t, err)
	require.False(t, there)
}

// TestIndexThatIsNeverBuilt has the engine fail at it for ever, as it does when DISKANN is asked for
// all the same. It reports that the build is in progress, so that the end of patience decides.
func TestIndexThatIsNeverBuilt(t *testing.T) {
	t.Parallel()
	c := dial(t)
	folder := clustered(t, 2000, 16)
	spec := PublishSpec{Name: "neverbuilt", Generation: "g1", Dimension: 16, Rows: 2000, HasImage: true, IndexType: "DISKANN"}
	targets := spec.targets()
	require.NoError(t, c.prepare(t.Context(), targets[0]))
	require.NoError(t, c.load(t.Context(), targets, batchesOf(folder)))
	hasty := dialAs(t, Config{Address: c.address, Username: testUser, Password: testPassword, CallTimeout: time.Second})
	err := hasty.prove(t.Context(), targets[0])
	require.ErrorContains(t, err, "index neverbuilt_image_g1: no progress for 20s")
	require.ErrorContains(t, err, "DISKANN needs a Milvus that was built with it")
	_, err = Open(t.Context(), c, spec.Name)
	require.ErrorContains(t, err, "publish it first", "readers do not see it")
}

// A server that says that the build failed is believed at once, and its reason given.
func TestFailedIndexIsAnErrorAtOnce(t *testing.T) {
	description := &milvuspb.IndexDescription{FieldName: fieldVector, State: commonpb.IndexState_Failed, IndexStateFailReason: "no disk is left"}
	answer := &milvuspb.GetIndexStatisticsResponse{IndexDescriptions: []*milvuspb.IndexDescription{{FieldName: "other"}, description}}
	c := &Client{address: "db:19530", timeout: time.Minute}
	start := time.Now()
	err := c.progress(t.Context(), "index people_image_g1", func(context.Context) (bool, int64, error) { return indexedRows(answer, 10) })
	require.ErrorContains(t, err, "milvus at db:19530: index people_image_g1: GetIndexStatistics: the index cannot be built: no disk is left")
	require.Less(t, time.Since(start), time.Second)

	for _, tc := range []struct {
		total, indexed int64
		done           bool
	}{{0, 0, false}, {10, 0, false}, {10, 9, false}, {10, 10, true}, {12, 10, false}, {5, 5, false}} {
		description.State, description.TotalRows, description.IndexedRows = commonpb.IndexState_InProgress, tc.total, tc.indexed
		done, indexed, err := indexedRows(answer, 10)
		require.NoError(t, err)
		require.Equal(t, tc.done, done, "%d of %d", tc.indexed, tc.total)
		require.Equal(t, tc.indexed, indexed)
	}
	_, _, err = indexedRows(&milvuspb.GetIndexStatisticsResponse{}, 10)
	require.ErrorContains(t, err, "the vectors have no index")
}

// common is how many of the rows in a are in b.
func common(a, b []retriever.Hit) (n int) {
	in := map[int64]bool{}
	for _, h := range b {
		in[h.ID] = true
	}
	for _, h := range a {
		if in[h.ID] {
			n++
		}
	}
	return n
}
