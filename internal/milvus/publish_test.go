package milvus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// someRows makes batches of the given sizes: rows with images of 8 dimensions, the same for the
// same seed, and captions that name the seed.
func someRows(seed uint64, sizes ...int) []retriever.RowBatch {
	rng := rand.New(rand.NewPCG(seed, 8))
	var out []retriever.RowBatch
	next := int64(0)
	for _, size := range sizes {
		b := retriever.RowBatch{First: next}
		for range size {
			v := make([]float32, 8)
			for j := range v {
				v[j] = rng.Float32() - 0.5
			}
			b.Image = append(b.Image, v)
			b.Rows = append(b.Rows, retriever.Row{ID: next, Caption: fmt.Sprintf("seed %d row %d", seed, next)})
			next++
		}
		out = append(out, b)
	}
	return out
}

func TestSpecRefusals(t *testing.T) {
	good := PublishSpec{Name: "people", Generation: "g1", Dimension: 8, Rows: 1, HasImage: true}
	cases := map[string]struct {
		change func(*PublishSpec)
		want   string
	}{
		"name with a dash":   {func(s *PublishSpec) { s.Name = "my-people" }, "my-people"},
		"no name":            {func(s *PublishSpec) { s.Name = "" }, "letters"},
		"no generation":      {func(s *PublishSpec) { s.Generation = "" }, "generation"},
		"generation a path":  {func(s *PublishSpec) { s.Generation = "../x" }, "generation"},
		"long name":          {func(s *PublishSpec) { s.Name = strings.Repeat("a", 250) }, "240"},
		"no dimension":       {func(s *PublishSpec) { s.Dimension = 0 }, "dimension 0"},
		"no rows":            {func(s *PublishSpec) { s.Rows = 0 }, "nothing to publish"},
		"no modality":        {func(s *PublishSpec) { s.HasImage = false }, "neither"},
		"unknown index type": {func(s *PublishSpec) { s.IndexType = "BEST" }, "HNSW"},
		"unknown setting":    {func(s *PublishSpec) { s.IndexType = "HNSW"; s.Params = map[string]string{"nlist": "1"} }, "efConstruction"},
		"setting no number":  {func(s *PublishSpec) { s.IndexType = "HNSW"; s.Params = map[string]string{"M": "many"} }, "many"},
		"setting too large":  {func(s *PublishSpec) { s.IndexType = "HNSW"; s.Params = map[string]string{"M": "1000"} }, "[4, 64]"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			spec := good
			c.change(&spec)
			err := (&Client{}).Publish(t.Context(), spec, nil)
			require.ErrorContains(t, err, c.want)
		})
	}
}

// TestBadRowsAreNamed needs no engine: a bad row is refused before anything is sent.
func TestBadRowsAreNamed(t *testing.T) {
	good := []float32{1, 0, 0}
	cases := map[string]struct {
		row    retriever.Row
		vector []float32
		want   string
	}{
		"short vector":      {retriever.Row{ID: 7}, good[:2], "2 dimensions, the index has 3"},
		"long vector":       {retriever.Row{ID: 7}, append(good, 1), "4 dimensions"},
		"not a number":      {retriever.Row{ID: 7}, []float32{0, float32(math.NaN()), 0}, "dimension 1"},
		"infinite":          {retriever.Row{ID: 7}, []float32{0, 0, float32(math.Inf(1))}, "dimension 2"},
		"caption too long":  {retriever.Row{ID: 7, Caption: strings.Repeat("é", 32768)}, good, "65536 bytes"},
		"URL not UTF-8":     {retriever.Row{ID: 7, URL: "http://\xff"}, good, "url is not UTF-8"},
		"metadata too long": {retriever.Row{ID: 7, Fields: map[string]any{"a": strings.Repeat("x", 65535)}}, good, "other metadata"},
		"metadata no JSON":  {retriever.Row{ID: 7, Fields: map[string]any{"a": make(chan int)}}, good, "JSON"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			b := &block{dimension: 3}
			err := b.add(c.row, c.vector)
			require.ErrorContains(t, err, "row 7")
			require.ErrorContains(t, err, c.want)
			require.Empty(t, b.ids)
		})
	}
	b := &block{dimension: 3}
	require.NoError(t, b.add(retriever.Row{ID: 8, Caption: strings.Repeat("é", 32767) + "e"}, good), "65,535 bytes fit")
}

func TestSourcesThatDoNotMatchAreRefused(t *testing.T) {
	t.Parallel()
	c := dial(t)
	shifted := someRows(1, 5)
	shifted[0].Rows[3].ID = 4
	ragged := someRows(1, 5)
	ragged[0].Image[3] = ragged[0].Image[3][:7]
	missing := someRows(1, 5)
	missing[0].Image = missing[0].Image[:4]
	cases := map[string]struct {
		data []retriever.RowBatch
		rows int64
		want string
	}{
		"too few rows":   {someRows(1, 5), 6, "has 6 rows, but 5 came"},
		"too many rows":  {someRows(1, 5), 4, "row 0 of 4 was due"},
		"gap":            {someRows(1, 2, 2, 2)[1:], 6, "rows 2 to 3 came where row 0"},
		"wrong row":      {shifted, 5, "row 4 came where row 3"},
		"ragged vector":  {ragged, 5, "row 3 "},
		"missing vector": {missing, 5, "5 rows have 4 image vectors"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			spec := specOf("refused", "g1", someRows(1, 5))
			spec.Rows = tc.rows
			spec.Generation = strings.ReplaceAll(name, " ", "_")
			require.ErrorContains(t, c.Publish(t.Context(), spec, sourceOf(tc.data)), tc.want)
			_, err := Open(t.Context(), c, spec.Name)
			require.ErrorContains(t, err, "publish it first", "nothing was published")
		})
	}
}

// TestPublishGoesOn breaks a load off after rows that no record covers, and finishes it.
func TestPublishGoesOn(t *testing.T) {
	t.Parallel()
	c := dial(t)
	c.flushEvery = 150
	data := someRows(2, 100, 100, 100, 100)
	spec := specOf("resumed", "g1", data)
	broken := errors.New("disk gone")
	err := c.Publish(t.Context(), spec, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		for _, b := range data[:3] { // 200 rows are recorded, 100 more are in without a record
			if err := visit(b); err != nil {
				return err
			}
		}
		return broken
	})
	require.ErrorIs(t, err, broken)
	_, err = Open(t.Context(), c, spec.Name)
	require.ErrorContains(t, err, "publish it first", "readers do not see half an index")

	require.NoError(t, c.Publish(t.Context(), spec, sourceOf(someRows(2, 130, 270))))
	requireHolds(t, c, spec, data)

	err = c.Publish(t.Context(), spec, func(context.Context, func(retriever.RowBatch) error) error {
		return errors.New("a finished generation was read again")
	})
	require.NoError(t, err)
	requireHolds(t, c, spec, data)

	other := spec
	other.Fingerprint, other.Rows = "another index", 401
	err = c.Publish(t.Context(), other, sourceOf(data))
	require.ErrorContains(t, err, "fingerprint of g1")
	require.ErrorContains(t, err, "another index")
	requireHolds(t, c, spec, data)
}

// requireHolds checks an opened index row by row, and that the collection has no row twice.
func requireHolds(t *testing.T, c *Client, spec PublishSpec, data []retriever.RowBatch) {
	t.Helper()
	s, err := Open(t.Context(), c, spec.Name)
	require.NoError(t, err)
	require.Equal(t, spec.Fingerprint, s.Fingerprint())
	require.Equal(t, spec.Model, s.Model())
	n, err := c.count(t.Context(), spec.Name+"_image", "")
	require.NoError(t, err)
	require.Equal(t, spec.Rows, n)
	var ids []int64
	var images [][]float32
	var captions []string
	for _, b := range data {
		for i, row := range b.Rows {
			ids, images, captions = append(ids, row.ID), append(images, b.Image[i]), append(captions, row.Caption)
		}
	}
	got, err := s.Vectors(t.Context(), retriever.Image, ids)
	require.NoError(t, err)
	require.Equal(t, images, got)
	var read []string
	require.NoError(t, s.Captions(t.Context(), func(row retriever.CaptionRow) error {
		require.Equal(t, int64(len(read)), row.Row)
		read = append(read, row.Caption)
		return nil
	}))
	require.Equal(t, captions, read)
}

// TestRepublish moves readers to a new generation, also those that are open.
func TestRepublish(t *testing.T) {
	t.Parallel()
	c := dial(t)
	first, second := someRows(3, 60), someRows(4, 90)
	spec := specOf("moved", "g1", first)
	spec.IndexType = "HNSW"
	require.NoError(t, c.Publish(t.Context(), spec, sourceOf(first)))
	s, err := Open(t.Context(), c, spec.Name)
	require.NoError(t, err)
	requireApproximate(t, s, first)

	next := specOf("moved", "g2", second)
	require.NoError(t, c.Publish(t.Context(), next, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		rows, err := s.Get(ctx, []int64{0})
		require.NoError(t, err)
		require.Equal(t, "seed 3 row 0", rows[0].Caption, "readers see the old generation while the new one loads")
		return sourceOf(second)(ctx, visit)
	}))
	requireHolds(t, c, next, second)
	_, found, err := c.describe(t.Context(), "moved_image_g1")
	require.NoError(t, err)
	require.False(t, found, "the old generation is dropped")

	rows, err := s.Get(t.Context(), []int64{89})
	require.ErrorContains(t, err, "row 89", "the open store still knows the old generation's 60 rows")
	require.Nil(t, rows)
	rows, err = s.Get(t.Context(), []int64{1})
	require.NoError(t, err)
	require.Equal(t, "seed 4 row 1", rows[0].Caption, "then it has moved")
	require.Equal(t, "g2", s.Generation())

	other := specOf("moved", "g3", first)
	other.Model.Digest = "d2"
	require.NoError(t, c.Publish(t.Context(), other, sourceOf(first)))
	_, _, err = s.TopK(t.Context(), retriever.Image, first[0].Image[:1], 1)
	require.ErrorContains(t, err, "d2", "queries of the old model mean nothing to the new vectors")
	require.ErrorContains(t, err, "d1")
}

// requireApproximate checks that an HNSW index finds rows but does not count them.
func requireApproximate(t *testing.T, s *Store, data []retriever.RowBatch) {
	t.Helper()
	hits, exact, err := s.TopK(t.Context(), retriever.Image, data[0].Image[:1], 3)
	require.NoError(t, err)
	require.False(t, exact)
	require.Equal(t, int64(0), hits[0][0].ID)
	err = s.Range(t.Context(), retriever.Image, data[0].Image[:1], 0, func(int, retriever.Hit) error { return nil })
	require.ErrorIs(t, err, ErrNotExact)
}
