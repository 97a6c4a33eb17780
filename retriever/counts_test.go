package retriever

import (
	"encoding/csv"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
)

func sampleCounts() []Count {
	roster := &Roster{Persons: []Person{{ID: "ann", Name: "Ann Lee"}, {ID: "bob", Name: "Ray, Bob", Homonym: true}}}
	return Counts(roster,
		&MentionCounts{Mode: Strict, Persons: []PersonMentions{{Rows: 41, Distinct: ptr(int64(40))}, {Rows: 0}}},
		&ImageCounts{Persons: []PersonImages{{Rows: ptr(int64(3))}, {}}})
}

func TestWriteCountsCSV(t *testing.T) {
	var b strings.Builder
	require.NoError(t, WriteCountsCSV(&b, sampleCounts()))
	require.Equal(t, "id,name,mentions,mentions_distinct,images,faces,mention_and_face,estimate,low,high,exact,homonym,mode\n"+
		"ann,Ann Lee,41,40,3,,,41,41,41,true,false,strict\n"+
		"bob,\"Ray, Bob\",0,,,,,0,0,0,true,true,strict\n", b.String())
}

func TestWriteCountsCSVPaper(t *testing.T) {
	counts := sampleCounts()
	for i := range counts {
		counts[i].Mode = Paper
	}
	var b strings.Builder
	require.NoError(t, WriteCountsCSV(&b, counts))
	require.Equal(t, "id,name,mentions,mentions_distinct,images,faces,mention_and_face,estimate,low,high,exact,homonym,mode,count,membership,bin\n"+
		"ann,Ann Lee,41,40,3,,,41,41,41,true,false,paper,41,member,\"[25, 50)\"\n"+
		"bob,\"Ray, Bob\",0,,,,,0,0,0,true,true,paper,0,non_member,\"[0, 25)\"\n", b.String())
	counts[1].Mode = Strict
	require.ErrorContains(t, WriteCountsCSV(&b, counts), "write them to two files")
}

func TestCountsOfImagesAlone(t *testing.T) {
	roster := &Roster{Persons: []Person{{ID: "ann", Name: "Ann Lee"}, {ID: "bob", Name: "Bob Ray"}}}
	var b strings.Builder
	require.NoError(t, WriteCountsCSV(&b, Counts(roster, nil, &ImageCounts{Persons: []PersonImages{{Rows: ptr(int64(3))}, {}}})))
	require.Equal(t, "ann,Ann Lee,,,3,,,3,3,3,true,false,\nbob,Bob Ray,,,,,,,,,,false,\n", b.String()[strings.Index(b.String(), "\n")+1:])
}

func TestTrainingCount(t *testing.T) {
	for name, c := range map[string]struct {
		count Count
		want  *int64
	}{
		"not measured":              {Count{}, nil},
		"exact":                     {Count{Estimate: ptr(3.0), Low: ptr(3.0), High: ptr(3.0), Exact: true}, ptr(int64(3))},
		"exactly none":              {Count{Estimate: ptr(0.0), Low: ptr(0.0), High: ptr(0.0), Exact: true}, ptr(int64(0))},
		"an estimate":               {Count{Estimate: ptr(2.6), Low: ptr(1.0), High: ptr(9.0)}, ptr(int64(3))},
		"none found, some missed":   {Count{Estimate: ptr(0.0), Low: ptr(0.0), High: ptr(6.0)}, nil},
		"less than half of a row":   {Count{Estimate: ptr(0.4), Low: ptr(0.0), High: ptr(1.5)}, nil},
		"none found, none possible": {Count{Estimate: ptr(0.0), Low: ptr(0.0), High: ptr(0.3)}, ptr(int64(0))},
	} {
		require.Equal(t, c.want, c.count.Training(), name)
	}
}

func TestReadCountsReadsWhatIsWritten(t *testing.T) {
	counts := sampleCounts()
	counts[0].Estimate, counts[0].Low, counts[0].High, counts[0].Exact = ptr(12.25), ptr(9.5), ptr(1e6), false
	var b strings.Builder
	require.NoError(t, WriteCountsCSV(&b, counts))
	got, err := ReadCounts(strings.NewReader("\ufeff" + b.String()))
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(map[string]Count{"ann": counts[0], "bob": counts[1]}, got))
}

// Each row of the study's file is read, and its membership and bin are what we give its count.
func TestStudyCounts(t *testing.T) {
	path := fixture(t, "study/laion_membership_occurence_count.csv")
	f, err := os.Open(path)
	require.NoError(t, err)
	defer f.Close()
	got, err := ReadCounts(f)
	require.NoError(t, err)
	require.Len(t, got, 548)
	require.EqualValues(t, 41, *got["T.J._Thyne"].Mentions)
	require.Equal(t, Paper, got["T.J._Thyne"].Mode)
	require.InDelta(t, 36981, *got["Jennifer_Aniston"].Estimate, 0)

	data, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] { // number, name, count, membership, bin
		n := *got[strings.ReplaceAll(row[1], " ", "_")].Mentions
		require.Equal(t, row[2:], []string{integer(&n), Membership(n), PaperBin(n)}, row[1])
	}
}

// The edges of the study's bins, which are closed on the left and leave 175 out.
func TestPaperBin(t *testing.T) {
	for count, want := range map[int64]string{
		0: "[0, 25)", 24: "[0, 25)", 25: "[25, 50)", 149: "[125, 150)", 150: "[150, 200)", 175: "[150, 200)",
		199: "[150, 200)", 200: "[200, 225)", 299: "[275, 300)", 300: "[300, 1000000)",
		999_999: "[300, 1000000)", 1_000_000: "",
	} {
		require.Equal(t, want, PaperBin(count), count)
	}
}

func TestReadCountsRefuses(t *testing.T) {
	head := countColumns + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "no header line"},
		{"other file", "a,b\n1,2\n", `line 2: name is no column of the header "a,b"`},
		{"column gone", "id,mentions\na,1\n", "line 2: name is no column"},
		{"negative", head + "a,A,-1,,,,,,,,,false,\n", `line 2: mentions is "-1"`},
		{"not a number", head + "a,A,1,,,,,NaN,,,,false,\n", `line 2: estimate is "NaN"`},
		{"not a truth", head + "a,A,1,,,,,,,,,maybe,\n", `line 2: homonym is "maybe"`},
		{"twice", head + "a,A,1,,,,,,,,,,\na,A,1,,,,,,,,,,\n", `line 3: id "a" appears twice`},
		{"no id", head + ",A,1,,,,,,,,,,\n", "line 2: the person has no id"},
		{"cells", head + "a,A\n", "wrong number of fields"},
		{"study without count", "name,count\nA B,\n", "line 2: count is empty"},
		{"study contradicts itself", "name,count,membership\nA B,3,non_member\n", `line 2: membership is "non_member", but a count of 3 makes it "member"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadCounts(strings.NewReader(c.text))
			require.ErrorContains(t, err, c.want)
		})
	}
}

func FuzzReadCounts(f *testing.F) {
	f.Add(countColumns + "\na,A,1,,,,,2.5,1,3,true,false,strict\n")
	f.Add(",name,count,membership,bin\n0,A B,3,member,\"[0, 25)\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ReadCounts(strings.NewReader(text))
		if err != nil {
			return
		}
		for id, c := range got {
			require.Equal(t, id, c.ID)
			if c.Mentions != nil {
				require.GreaterOrEqual(t, *c.Mentions, int64(0))
			}
		}
	})
}
