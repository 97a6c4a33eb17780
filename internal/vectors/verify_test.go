package vectors

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
	"rollcall/retriever"
)

// overwrite changes bytes of a file in place, as a failing disk would.
func overwrite(t *testing.T, path string, at int64, b ...byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = f.WriteAt(b, at)
	require.NoError(t, err)
	require.NoError(t, f.Close())
}

// texts makes the findings comparable.
func texts(r Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.String())
	}
	return out
}

func TestVerifyWhole(t *testing.T) {
	dir := buildIndex(t, smallData())
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Equal(t, Report{Dir: dir, Indexed: true, Partitions: 2, Rows: 5, Samples: 5, Files: 6}, report)
	require.True(t, report.OK())

	for _, folder := range []string{"emb_p1", "emb_p2"} {
		report, err = Verify(t.Context(), fixture(t, filepath.Join("clip-retrieval/run_2_45", folder)))
		require.NoError(t, err)
		require.Empty(t, texts(report))
		require.Equal(t, int64(33), report.Rows)
	}
}

func TestVerifyFinds(t *testing.T) {
	image1 := "img_emb/img_emb_1.npy"
	half := func(f float32) []byte { return binary.LittleEndian.AppendUint16(nil, floatToHalf(f)) }
	cases := []struct {
		name   string
		change func(t *testing.T, dir string, m *indexer.Manifest)
		says   []string // each in a finding
		bare   []string // the same without index.json
	}{
		{
			"a changed byte",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				overwrite(t, filepath.Join(dir, "metadata/metadata_0.parquet"), 3, 'X')
			},
			[]string{"metadata/metadata_0.parquet: its SHA-256 is", "metadata/metadata_0.parquet: /"}, []string{"is not a whole Parquet file"},
		},
		{
			"a vector of length 2",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				overwrite(t, filepath.Join(dir, image1), 128+4, half(2)...)
			},
			[]string{image1 + ": its SHA-256", image1 + " row 1 (row 4 of the index): the vector has length 2.0000, not 1"},
			[]string{image1 + " row 1 (row 4 of the index): the vector has length 2.0000, not 1"},
		},
		{
			"not a number",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				overwrite(t, filepath.Join(dir, image1), 128, 0, 0x7e)
			},
			[]string{image1 + ": its SHA-256", image1 + " row 0 (row 3 of the index): the vector is not finite"},
			[]string{image1 + " row 0 (row 3 of the index): the vector is not finite"},
		},
		{
			"a zero that nobody erased",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				overwrite(t, filepath.Join(dir, image1), 128, 0, 0, 0, 0)
			},
			[]string{image1 + ": its SHA-256", image1 + " row 0 (row 3 of the index): the vector is zero, but the row is not erased"},
			[]string{"metadata/metadata_1.parquet row 0 (row 3 of the index): the row has metadata, but its vector is zero"},
		},
		{
			"erased in index.json only",
			func(_ *testing.T, _ string, m *indexer.Manifest) { m.Erased = []int64{4} },
			[]string{
				image1 + " row 1 (row 4 of the index): the row is erased, but its vector is not zero",
				"text_emb/text_emb_1.npy row 1 (row 4 of the index): the row is erased",
				"metadata/metadata_1.parquet row 1 (row 4 of the index): the row is erased, but its metadata is not null",
			}, nil,
		},
		{
			"cut short",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				require.NoError(t, os.Truncate(filepath.Join(dir, image1), 130))
			},
			[]string{image1 + ": its SHA-256", "it is cut short"},
			[]string{"it is cut short"},
		},
		{
			"missing file",
			func(t *testing.T, dir string, _ *indexer.Manifest) {
				require.NoError(t, os.Remove(filepath.Join(dir, image1)))
			},
			[]string{image1 + ": cannot open"}, nil,
		},
		{
			"totals",
			func(_ *testing.T, _ string, m *indexer.Manifest) {
				m.Samples, m.Failures, m.Partitions[0].Samples = 9, 2, 4
			},
			[]string{
				"9 samples are not 5 rows and 2 failures", "partition 0: 4 samples are not 3 rows and 0 failures",
				"add up to 6 samples, 5 rows, 0 failures, the totals are 9, 5, 2", "the reasons explain 0 of 2 failures",
			}, nil,
		},
		{
			"unfinished",
			func(_ *testing.T, _ string, m *indexer.Manifest) { m.State = indexer.StateBuilding },
			[]string{`not finished (state "building")`}, nil,
		},
		{
			"erased row beyond the end",
			func(_ *testing.T, _ string, m *indexer.Manifest) { m.Erased = []int64{5} },
			[]string{"row 5 is listed as erased, but rows are 0 to 4"}, nil,
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := buildIndex(t, smallData())
			m, err := readManifest(dir)
			require.NoError(t, err)
			c.change(t, dir, m)
			require.NoError(t, writeJSON(filepath.Join(dir, indexer.ManifestName), m))
			report, err := Verify(t.Context(), dir)
			require.NoError(t, err)
			requireEach(t, c.says, texts(report))
			if c.bare == nil {
				return
			}
			makeBare(t, dir)
			report, err = Verify(t.Context(), dir)
			require.NoError(t, err)
			requireEach(t, c.bare, texts(report))
		})
	}
}

// requireEach wants a finding for every text, in order, and no more.
func requireEach(t *testing.T, want, got []string) {
	t.Helper()
	require.Len(t, got, len(want), "%q", got)
	for _, text := range want {
		found := false
		for _, finding := range got {
			found = found || strings.Contains(finding, text)
		}
		require.True(t, found, "no %q in %q", text, got)
	}
}

func TestVerifyBounds(t *testing.T) {
	data := randomBatch(100, 2)
	for i := range data.Image {
		data.Image[i] = []float32{3, 4}
	}
	dir := buildIndex(t, []retriever.RowBatch{data})
	report, err := Verify(t.Context(), dir)
	require.NoError(t, err)
	require.Len(t, report.Findings, 21)
	require.Contains(t, report.Findings[0].Problem, "length 5.0000")
	require.Contains(t, report.Findings[20].Problem, "80 more rows")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Verify(ctx, dir)
	require.ErrorIs(t, err, context.Canceled)
}
