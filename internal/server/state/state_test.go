package state_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/server/state"
	"rollcall/retriever"
)

func open(t *testing.T, path string) *state.Store {
	t.Helper()
	s, err := state.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func people(names ...string) []retriever.Person {
	var list []retriever.Person
	for _, name := range names {
		list = append(list, retriever.Person{ID: name, Name: name})
	}
	return list
}

func TestPeopleComeBackAsTheyWerePut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "state.db")
	s := open(t, path)
	no, twelve := false, int64(12)
	want := retriever.Person{ID: "ann", Name: "Ann Lee", Aliases: []string{"Annie", `A "B" C`}, Sex: "female", Member: &no, Count: &twelve}
	require.NoError(t, s.PutPeople(t.Context(), []retriever.Person{want, {ID: "bo", Name: "Bo"}}))
	got, err := s.Person(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, want, got)

	want.Name, want.Member = "Ann Leigh", nil
	require.NoError(t, s.PutPeople(t.Context(), []retriever.Person{want}))
	all, err := s.People(t.Context())
	require.NoError(t, err)
	require.Equal(t, []retriever.Person{want, {ID: "bo", Name: "Bo"}}, all)

	require.NoError(t, s.DeletePerson(t.Context(), "bo"))
	require.ErrorIs(t, s.DeletePerson(t.Context(), "bo"), state.ErrNotFound)
	_, err = s.Person(t.Context(), "bo")
	require.ErrorIs(t, err, state.ErrNotFound)

	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "who is on the roster is nobody else's business")
}

func TestPhotosBelongToAPerson(t *testing.T) {
	s := open(t, "")
	_, err := s.AddPhoto(t.Context(), "ann", state.Photo{Type: "image/png", Content: []byte("x")})
	require.ErrorIs(t, err, state.ErrNotFound)
	require.NoError(t, s.PutPeople(t.Context(), people("ann")))
	for want := range 3 {
		number, err := s.AddPhoto(t.Context(), "ann", state.Photo{Type: "image/png", Content: []byte{byte(want)}})
		require.NoError(t, err)
		require.Equal(t, want, number)
	}
	require.NoError(t, s.DeletePhoto(t.Context(), "ann", 1))
	list, err := s.Photos(t.Context(), "ann")
	require.NoError(t, err)
	require.Equal(t, []state.Photo{{Number: 0, Type: "image/png", Bytes: 1}, {Number: 2, Type: "image/png", Bytes: 1}}, list)
	photo, err := s.Photo(t.Context(), "ann", 2)
	require.NoError(t, err)
	require.Equal(t, []byte{2}, photo.Content)
	require.NoError(t, s.PutPeople(t.Context(), people("ann")))
	owners, err := s.PhotoOwners(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]int{"ann": 2}, owners, "an edit keeps the photos")
	require.NoError(t, s.DeletePerson(t.Context(), "ann"))
	_, err = s.Photo(t.Context(), "ann", 2)
	require.ErrorIs(t, err, state.ErrNotFound)
}

// TestARestartInterruptsWhatRan opens the file again after a job was left running.
func TestARestartInterruptsWhatRan(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	first, err := state.Open(t.Context(), path)
	require.NoError(t, err)
	ran, err := first.Enqueue(t.Context(), "count", `{"index":"a"}`, time.UnixMilli(1000))
	require.NoError(t, err)
	waits, err := first.Enqueue(t.Context(), "count", `{"index":"b"}`, time.UnixMilli(2000))
	require.NoError(t, err)
	next, err := first.NextJob(t.Context())
	require.NoError(t, err)
	require.Equal(t, ran.ID, next.ID, "the oldest first")
	next.State, next.Started = state.Running, time.UnixMilli(3000)
	require.NoError(t, first.UpdateJob(t.Context(), state.Queued, next))
	require.ErrorIs(t, first.UpdateJob(t.Context(), state.Queued, next), state.ErrNotFound, "it is not queued any more")
	require.NoError(t, first.PutCounts(t.Context(), ran.ID, []state.Counted{{Count: retriever.Count{ID: "x"}}}))
	require.NoError(t, first.Close())

	s := open(t, path)
	require.NoError(t, s.InterruptRunning(t.Context(), "stopped", time.UnixMilli(4000)))
	job, err := s.Job(t.Context(), ran.ID)
	require.NoError(t, err)
	require.Equal(t, state.Interrupted, job.State)
	require.Equal(t, "stopped", job.Error)
	require.Equal(t, time.UnixMilli(4000).UTC(), job.Finished)
	counts, err := s.Counts(t.Context(), ran.ID)
	require.NoError(t, err)
	require.Empty(t, counts, "half a count is none")
	next, err = s.NextJob(t.Context())
	require.NoError(t, err)
	require.Equal(t, waits.ID, next.ID, "what waited still waits")
}

func finished(t *testing.T, s *state.Store, request string, at int64) state.Job {
	t.Helper()
	j, err := s.Enqueue(t.Context(), "count", request, time.UnixMilli(at))
	require.NoError(t, err)
	j.State = state.Done
	require.NoError(t, s.UpdateJob(t.Context(), state.Queued, j))
	return j
}

// TestARemovedPersonIsInNoCount looks for a person's id in whatever a count has kept.
func TestARemovedPersonIsInNoCount(t *testing.T) {
	s := open(t, "")
	require.NoError(t, s.PutPeople(t.Context(), people("ann", "anna")))
	j := finished(t, s, `{"index":"lab","people":["ann","anna"]}`, 1)
	require.NoError(t, s.PutCounts(t.Context(), j.ID, []state.Counted{{Count: retriever.Count{ID: "ann"}}, {Count: retriever.Count{ID: "anna"}}}))
	require.NoError(t, s.PutEvidence(t.Context(), j.ID, []retriever.Evidence{{ID: "ann", Kind: state.KindMention}}))
	require.NoError(t, s.PutMessages(t.Context(), j.ID, 0, []string{"images of ann were not counted: none of the 0 photos is usable", "images of anna were not counted: none"}))
	require.NoError(t, s.DeletePerson(t.Context(), "ann"))
	job, err := s.Job(t.Context(), j.ID)
	require.NoError(t, err)
	require.JSONEq(t, `{"index":"lab","people":["anna"]}`, job.Request)
	counts, err := s.Counts(t.Context(), j.ID)
	require.NoError(t, err)
	require.Equal(t, []state.Counted{{Count: retriever.Count{ID: "anna"}}}, counts)
	warnings, err := s.Messages(t.Context(), j.ID, 0, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"images of anna were not counted: none"}, warnings)
	evidence, err := s.Evidence(t.Context(), state.EvidenceQuery{Job: j.ID, Index: "lab", Person: "ann", Kind: state.KindMention, Most: 10})
	require.NoError(t, err)
	require.Empty(t, evidence)
}

func TestEvidenceIsPagedAndFollowsVerdicts(t *testing.T) {
	s := open(t, "")
	require.NoError(t, s.PutPeople(t.Context(), people("ann", "bo")))
	j := finished(t, s, `{"index":"lab","evidence":["mention"]}`, 1)
	var list []retriever.Evidence
	for row := range int64(5) {
		list = append(list, retriever.Evidence{Kind: "mention", ID: "ann", Row: row * 10}, retriever.Evidence{Kind: "mention", ID: "bo", Row: row})
	}
	require.NoError(t, s.PutEvidence(t.Context(), j.ID, list))
	v := state.Verdict{Index: "lab", Person: "ann", Kind: "mention", Row: 20}
	require.NoError(t, s.SetWrong(t.Context(), v, true))
	require.NoError(t, s.SetWrong(t.Context(), v, true), "twice is once")
	require.NoError(t, s.SetWrong(t.Context(), state.Verdict{Index: "other", Person: "ann", Kind: "mention", Row: 30}, true))

	query := state.EvidenceQuery{Job: j.ID, Index: "lab", Person: "ann", Kind: "mention", Most: 2}
	var rows []int64
	var wrong []int64
	for {
		page, err := s.Evidence(t.Context(), query)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			rows = append(rows, e.Row)
			if e.Wrong {
				wrong = append(wrong, e.Row)
			}
			query.After = e.Number
		}
	}
	require.Equal(t, []int64{0, 10, 20, 30, 40}, rows)
	require.Equal(t, []int64{20}, wrong)
	rejected, err := s.Rejected(t.Context(), j.ID, "lab")
	require.NoError(t, err)
	require.Equal(t, map[string]map[string]int64{"ann": {"mention": 1}}, rejected)
	require.NoError(t, s.SetWrong(t.Context(), v, false))
	rejected, err = s.Rejected(t.Context(), j.ID, "lab")
	require.NoError(t, err)
	require.Empty(t, rejected)
}

func TestTheLatestCountIsTheNewestOfItsKindAndIndex(t *testing.T) {
	s := open(t, "")
	_, err := s.LatestCount(t.Context(), "lab", "mention", "")
	require.ErrorIs(t, err, state.ErrNotFound)
	old := finished(t, s, `{"index":"lab","evidence":["mention","image"]}`, 1)
	newer := finished(t, s, `{"index":"lab","evidence":["mention"]}`, 2)
	finished(t, s, `{"index":"other","evidence":["mention"]}`, 3)
	for kind, want := range map[string]state.Job{"mention": newer, "image": old, "": newer} {
		got, err := s.LatestCount(t.Context(), "lab", kind, "")
		require.NoError(t, err)
		require.Equal(t, want.ID, got.ID, kind)
	}
	require.NoError(t, s.PutCounts(t.Context(), old.ID, []state.Counted{{Count: retriever.Count{ID: "ann"}}, {Count: retriever.Count{ID: "bo"}}}))
	require.NoError(t, s.PutCounts(t.Context(), newer.ID, []state.Counted{{Count: retriever.Count{ID: "bo"}}}))
	for person, want := range map[string]state.Job{"ann": old, "bo": newer} {
		got, err := s.LatestCount(t.Context(), "lab", "mention", person)
		require.NoError(t, err)
		require.Equal(t, want.ID, got.ID, person)
	}
	_, err = s.LatestCount(t.Context(), "lab", "mention", "cy")
	require.ErrorIs(t, err, state.ErrNotFound, "never counted")
	require.NoError(t, s.DeleteJob(t.Context(), newer.ID))
	got, err := s.LatestCount(t.Context(), "lab", "mention", "")
	require.NoError(t, err)
	require.Equal(t, old.ID, got.ID)
}

func TestAStreamComesBackInOrder(t *testing.T) {
	s := open(t, "")
	j, err := s.Enqueue(t.Context(), "audit", "{}", time.UnixMilli(1))
	require.NoError(t, err)
	require.NoError(t, s.PutMessages(t.Context(), j.ID, 0, []string{"a", "b"}))
	require.NoError(t, s.PutMessages(t.Context(), j.ID, 2, []string{"c"}))
	lines, err := s.Messages(t.Context(), j.ID, 1, 10)
	require.NoError(t, err)
	require.Equal(t, []string{"b", "c"}, lines)
	require.ErrorIs(t, s.DeleteJob(t.Context(), j.ID), state.ErrNotFound, "it has not ended")
}

func TestAFileOfAnotherKindIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.db")
	require.NoError(t, os.WriteFile(path, []byte("these are notes, and not a database at all"), 0o600))
	_, err := state.Open(context.Background(), path)
	require.ErrorContains(t, err, "notes.db")
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(kept), "these are notes")
}

func TestOneProcessHasTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	first, err := state.Open(t.Context(), path)
	require.NoError(t, err)
	_, err = state.Open(t.Context(), path)
	require.ErrorContains(t, err, "another process uses it")
	require.NoError(t, first.Close())
	open(t, path)
}

// TestErasedRowsLeaveTheFile erases rows of one index from evidence: those of other rows and indexes
// stay, and the file and its log have none of the content.
func TestErasedRowsLeaveTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path)
	j, other := finished(t, s, `{"index":"lab"}`, 1), finished(t, s, `{"index":"other"}`, 2)
	for _, job := range []state.Job{j, other} {
		require.NoError(t, s.PutEvidence(t.Context(), job.ID, []retriever.Evidence{
			{ID: "ann", Kind: state.KindMention, Row: 7, Caption: "secret of " + job.Request}, {ID: "bo", Kind: state.KindImage, Row: 7}, {ID: "bo", Kind: state.KindImage, Row: 8},
		}))
	}
	rows, err := s.EvidenceRows(t.Context(), "lab")
	require.NoError(t, err)
	require.Equal(t, []int64{7, 8}, rows)
	require.NoError(t, s.EraseRows(t.Context(), "lab", []int64{7, 9}))
	rows, err = s.EvidenceRows(t.Context(), "lab")
	require.NoError(t, err)
	require.Equal(t, []int64{8}, rows)
	rows, err = s.EvidenceRows(t.Context(), "other")
	require.NoError(t, err)
	require.Equal(t, []int64{7, 8}, rows)
	var files string
	for _, name := range []string{path, path + "-wal"} {
		content, err := os.ReadFile(name)
		require.NoError(t, err)
		files += string(content)
	}
	require.Contains(t, files, `secret of {\"index\":\"other\"}`)
	require.NotContains(t, files, `secret of {\"index\":\"lab\"}`)
}
