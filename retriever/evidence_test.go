package retriever

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func sampleEvidence() []Evidence {
	roster := twoPersons()
	return []Evidence{
		MentionEvidence(roster, Mention{Person: 0, Row: 7, Alias: "Annie", Start: 0, End: 5, Caption: `Annie, "<b>"`, URL: "http://x/?a&b"}),
		ImageEvidence(roster, ImageHit{Person: 1, Row: 9, Reference: 0, Score: 0.25}, nil),
		ImageEvidence(roster, ImageHit{Person: 1, Row: 10, Reference: 2, Score: 0.5, Group: ptr(int64(9))}, &Row{ID: 10, Key: "k", Caption: "c"}),
	}
}

func writeAll(t *testing.T, w EvidenceWriter) {
	t.Helper()
	for _, e := range sampleEvidence() {
		require.NoError(t, w.Write(e))
	}
	require.NoError(t, w.Close())
}

func TestEvidenceJSONL(t *testing.T) {
	var b strings.Builder
	writeAll(t, NewEvidenceJSONL(&b))
	require.Equal(t, `{"kind":"mention","id":"ann","name":"Ann Lee","row":7,"alias":"Annie","start":0,"end":5,"caption":"Annie, \"<b>\"","url":"http://x/?a&b"}
{"kind":"image","id":"bob","name":"Bob Ray","row":9,"similarity":0.25,"reference":0}
{"kind":"image","id":"bob","name":"Bob Ray","row":10,"key":"k","similarity":0.5,"reference":2,"group":9,"caption":"c"}
`, b.String())
}

func TestEvidenceCSV(t *testing.T) {
	var b strings.Builder
	writeAll(t, NewEvidenceCSV(&b))
	require.Equal(t, `kind,id,name,row,key,alias,start,end,similarity,reference,group,hash,left,top,width,height,caption,url,image_path
mention,ann,Ann Lee,7,,Annie,0,5,,,,,,,,,"Annie, ""<b>""",http://x/?a&b,
image,bob,Bob Ray,9,,,,,0.25,0,,,,,,,,,
image,bob,Bob Ray,10,k,,,,0.5,2,9,,,,,,c,,
`, b.String())
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestEvidenceReportsAFailedWrite(t *testing.T) {
	for name, w := range map[string]EvidenceWriter{"jsonl": NewEvidenceJSONL(fullDisk{}), "csv": NewEvidenceCSV(fullDisk{})} {
		t.Run(name, func(t *testing.T) {
			_ = w.Write(sampleEvidence()[0]) // may be buffered
			require.ErrorContains(t, w.Close(), "disk full")
		})
	}
}
