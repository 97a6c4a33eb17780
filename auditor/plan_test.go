package auditor

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// planPool is a pool of rows in memory, searched by brute force.
type planPool struct {
	rows    []retriever.Row
	vectors [][]float32
}

func (p *planPool) add(caption, path, url string, vector []float32) {
	p.rows = append(p.rows, retriever.Row{ID: int64(len(p.rows)), Caption: caption, ImagePath: path, URL: url})
	p.vectors = append(p.vectors, vector)
}

func (p *planPool) TopK(ctx context.Context, m retriever.Modality, queries [][]float32, k int) ([][]retriever.Hit, bool, error) {
	hits := make([][]retriever.Hit, len(queries))
	for i := range queries {
		for row := range min(k, len(p.rows)) { // everything is near in a small pool
			hits[i] = append(hits[i], retriever.Hit{ID: int64(row)})
		}
	}
	return hits, true, nil
}

func (p *planPool) Get(_ context.Context, ids []int64) ([]retriever.Row, error) {
	var out []retriever.Row
	for _, id := range ids {
		out = append(out, p.rows[id])
	}
	return out, nil
}

func (p *planPool) Len(context.Context) (int64, error) { return int64(len(p.rows)), nil }

func (p *planPool) Vectors(_ context.Context, _ retriever.Modality, ids []int64) ([][]float32, error) {
	var out [][]float32
	for _, id := range ids {
		out = append(out, p.vectors[id])
	}
	return out, nil
}

// planOptions has persons with 4 attack photos each and a pool with 8 good pairs of each.
func planOptions(t *testing.T, persons int) (PlanOptions, *planPool) {
	t.Helper()
	people, files := smallWorld(0, persons, 4)
	roster, pool := &retriever.Roster{}, &planPool{}
	for _, p := range people {
		roster.Persons = append(roster.Persons, retriever.Person{ID: p.ID, Name: p.Name, Sex: "female"})
		for i := range 8 {
			pool.add(fmt.Sprintf("%s at event %d", strings.ToUpper(p.Name), i), fmt.Sprintf("%s-%d", p.ID, i), fmt.Sprintf("http://x/%s/%d", p.ID, i), times32(2, unit(direction(fmt.Sprint(p.ID, i)))))
		}
	}
	return PlanOptions{
		Roster: roster, Photos: files, Encoder: &arithmeticEncoder{}, Pool: pool,
		Counts: []int{2, 8, 5}, MinPhotos: 4, NearDuplicate: 0.97, Path: "images/{}.jpg", Seed: 3,
	}, pool
}

func times32(factor float32, v []float32) []float32 {
	out := make([]float32, len(v))
	for i := range v {
		out[i] = factor * v[i]
	}
	return out
}

func TestPlanSiftsPairs(t *testing.T) {
	o, pool := planOptions(t, 2)
	name := o.Roster.Persons[0].Name
	photo, _, err := o.Encoder.EncodeImages(t.Context(), [][]byte{o.Photos.(fstest.MapFS)["p000/02.jpg"].Data})
	require.NoError(t, err)
	far := unit(direction("far away"))
	pool.add("a photo of "+name, "twin", "http://x/new", times32(7, photo[0]))     // a near-duplicate, of any length
	pool.add(strings.ToLower(name)+"  at EVENT 3", "again", "http://x/other", far) // the caption of another pair
	pool.add(name+" elsewhere", "same url", "http://x/p000/5", far)                // the URL of another pair
	pool.add(name+" and "+o.Roster.Persons[1].Name, "both", "http://x/both", far)  // names two of the roster
	pool.add("somebody", "nobody", "http://x/nobody", far)                         // names nobody
	pool.add(name+" without a path", "", "http://x/nowhere", far)                  // has no image
	pool.add(name+" with a\ttab", "tab", "", append([]float32{0}, far[1:]...))     // a ninth good pair, without a URL
	plan, err := MakePlan(t.Context(), o)
	require.NoError(t, err)
	// 23 rows: person 0 has 9 pairs; the other's 8 and "somebody" lack the name; the rest is above.
	require.Equal(t, Sieve{Found: 23, Unusable: 1, NotNamed: 9, OthersNamed: 1, NearDuplicates: 1, Repeated: 2, Remaining: 9}, plan.Persons[0].Sieve)
	require.Equal(t, 8, plan.Persons[1].Sieve.Remaining)
	require.Equal(t, []int{8, 5, 2}, plan.Counts)
	for _, p := range plan.Persons {
		require.True(t, p.TakesPart())
		require.Equal(t, p.Member, len(p.Pairs) == 8, "as many as the largest list needs")
		for _, pair := range p.Pairs {
			require.NotContains(t, pair.Caption, "\t")
			require.True(t, strings.HasPrefix(pair.Path, "images/") && strings.HasSuffix(pair.Path, ".jpg"))
		}
	}
}

func TestPlanTossesOnlyForThoseWhoCanTakePart(t *testing.T) {
	o, pool := planOptions(t, 40)
	delete(o.Photos.(fstest.MapFS), "p003/01.jpg")
	pool.rows[5*8].Erased = true
	plan, err := MakePlan(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, "3 usable photos, fewer than 4", plan.Persons[3].Reason)
	require.Equal(t, "7 pairs in the pool, fewer than 8", plan.Persons[5].Reason)
	require.Len(t, plan.TakingPart(), 38)
	members, counts := 0, map[int]int{}
	for _, p := range plan.Persons {
		if p.Member {
			require.True(t, p.TakesPart())
			members++
			counts[p.Count]++
		} else {
			require.Zero(t, p.Count)
			require.Empty(t, p.Pairs)
		}
	}
	// 38 fair coins: outside 9 to 29 once in a thousand seeds.
	require.True(t, members >= 9 && members <= 29, members)
	require.Equal(t, members, counts[8]+counts[5]+counts[2])
	require.Len(t, counts, 3, "every count is drawn")

	again, err := MakePlan(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, plan, again)
	o.Seed++
	other, err := MakePlan(t.Context(), o)
	require.NoError(t, err)
	require.NotEqual(t, plan.Persons, other.Persons)

	fewer, _ := planOptions(t, 40)
	fewer.Roster.Persons = fewer.Roster.Persons[20:]
	part, err := MakePlan(t.Context(), fewer)
	require.NoError(t, err)
	for i, p := range part.Persons {
		require.Equal(t, plan.Persons[20+i].Member, p.Member, "a coin does not depend on who else is there")
		require.Equal(t, plan.Persons[20+i].Pairs, p.Pairs)
	}
}

func TestInsertionsAreNestedAndTrue(t *testing.T) {
	o, _ := planOptions(t, 12)
	plan, err := MakePlan(t.Context(), o)
	require.NoError(t, err)
	lists := plan.Insertions()
	require.Len(t, lists, 4)
	for i, in := range lists {
		got := map[string]int64{}
		for _, pair := range in.Pairs {
			got[strings.TrimPrefix(strings.Split(pair.Path, "-")[0], "images/")]++
		}
		for _, p := range plan.TakingPart() {
			want := int64([]int{8, 5, 2, p.Count}[i])
			if !p.Member {
				want = 0
			}
			require.Equal(t, want, got[p.ID])
			require.Equal(t, want, in.Counts[p.ID])
		}
		if i > 0 {
			require.Subset(t, lists[0].Pairs, in.Pairs, "a smaller list holds pairs of the larger one")
		}
	}
	var truth bytes.Buffer
	require.NoError(t, plan.WriteTruth(&truth, lists[3]))
	read, err := retriever.ReadRoster(&truth, "truth.csv")
	require.NoError(t, err)
	require.Len(t, read.Persons, 12)
	for i, p := range read.Persons {
		require.Equal(t, plan.Persons[i].Member, *p.Member)
		require.Equal(t, int64(plan.Persons[i].Count), *p.Count)
		require.Equal(t, "female", p.Sex)
	}
}

func TestTrainingListsKeepEveryPair(t *testing.T) {
	base := "title\tfilepath\na dog\timages/1.jpg\r\na \"cat\"\timages/2.jpg\nlast\timages/3.jpg"
	l, err := ReadTrainingList(strings.NewReader(base), int64(len(base)))
	require.NoError(t, err)
	require.Equal(t, 3, l.Len())
	more := []Pair{{Caption: "Ann Bee", Path: "a.jpg"}, {Caption: `she said "no"`, Path: "b.jpg"}}
	var out, again, other bytes.Buffer
	require.NoError(t, WriteTrainingList(&out, l, more, 1))
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Equal(t, "title\tfilepath", lines[0])
	require.ElementsMatch(t, []string{"a dog\timages/1.jpg", "a \"cat\"\timages/2.jpg", "last\timages/3.jpg", "Ann Bee\ta.jpg", "\"she said \"\"no\"\"\"\tb.jpg"}, lines[1:])
	require.NoError(t, WriteTrainingList(&again, l, more, 1))
	require.Equal(t, out.String(), again.String())
	for seed := uint64(2); other.String() == "" || other.String() == out.String(); seed++ {
		other.Reset()
		require.NoError(t, WriteTrainingList(&other, l, more, seed))
		require.Less(t, seed, uint64(20), "shuffled by the seed")
	}

	for text, want := range map[string]string{
		"a\tb\nno tab\n":                   "line 2",
		"a\tb\tc\n":                        "line 1",
		strings.Repeat("x", 2<<20) + "\tb": "longer than",
	} {
		_, err := ReadTrainingList(strings.NewReader(text), int64(len(text)))
		require.ErrorContains(t, err, want)
	}
}

func TestPlanRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*PlanOptions)
		want   string
	}{
		"no pool":          {func(o *PlanOptions) { o.Pool = nil }, "needs photos, a pool"},
		"no persons":       {func(o *PlanOptions) { o.Roster.Persons = nil }, "no persons"},
		"a count of 0":     {func(o *PlanOptions) { o.Counts = []int{5, 0} }, "from 1"},
		"a count twice":    {func(o *PlanOptions) { o.Counts = []int{5, 5} }, "twice"},
		"a silly path":     {func(o *PlanOptions) { o.Path = "images" }, "as {}"},
		"nobody is enough": {func(o *PlanOptions) { o.Counts = []int{9} }, "p000: 8 pairs in the pool, fewer than 9"},
		"no photos":        {func(o *PlanOptions) { o.Photos = fstest.MapFS{} }, "no photo of anybody"},
		"neighbours":       {func(o *PlanOptions) { o.Neighbours = -1 }, "-1 neighbours"},
	} {
		t.Run(name, func(t *testing.T) {
			o, _ := planOptions(t, 2)
			c.change(&o)
			_, err := MakePlan(t.Context(), o)
			require.ErrorContains(t, err, c.want)
			require.ErrorAs(t, err, &InputError{})
		})
	}
}

func FuzzReadTrainingList(f *testing.F) {
	f.Add("title\tfilepath\na\tb\n")
	f.Add("a\tb")
	f.Add("\n")
	f.Fuzz(func(t *testing.T, text string) {
		l, err := ReadTrainingList(strings.NewReader(text), int64(len(text)))
		if err != nil {
			return
		}
		var out bytes.Buffer
		require.NoError(t, WriteTrainingList(&out, l, nil, 1))
		require.Equal(t, 1+l.Len(), strings.Count(out.String(), "\n"))
	})
}
