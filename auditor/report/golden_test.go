package report

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
)

var update = flag.Bool("update", false, "write the golden files anew; look at the difference before it is kept")

// The stored stream testdata/run.jsonl is of two models, the second a reference, on 14 persons with
// one photo that nearly repeats a training image. Rendering it must not change unseen.
func TestRenderingsAreAsTheyWere(t *testing.T) {
	if *update {
		storeRun(t)
	}
	stream, err := os.Open("testdata/run.jsonl")
	require.NoError(t, err)
	defer stream.Close()
	r, err := Load(stream)
	require.NoError(t, err)
	renderings := map[string]func(io.Writer, *Report) error{
		"report.txt": Text, "brief.txt": Brief, "report.json": JSON, "report.html": HTML, "summary.csv": SummaryCSV, "controls.csv": ControlsCSV,
	}
	for _, p := range plotsOf(r.Summaries[0], r.of(r.Summaries[0].Model)) {
		renderings[p.Name+".svg"] = func(w io.Writer, _ *Report) error {
			_, err := w.Write(p.File())
			return err
		}
	}
	for name, render := range renderings {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			require.NoError(t, render(&out, r))
			golden := filepath.Join("testdata", "golden", name)
			if *update {
				require.NoError(t, os.WriteFile(golden, out.Bytes(), 0o644))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			if !bytes.Equal(want, out.Bytes()) {
				t.Fatalf("%s is rendered otherwise than %s holds it, first at byte %d; go test ./auditor/report -update writes it anew", name, golden, firstDifference(want, out.Bytes()))
			}
		})
	}
	files, err := os.ReadDir("testdata/golden")
	require.NoError(t, err)
	require.Len(t, files, len(renderings), "a golden file that nothing renders")
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// storeRun runs the audit that the goldens are of.
func storeRun(t *testing.T) {
	t.Helper()
	o := world(t, 8, 6, 5)
	o.Decoys = 30
	o.Covariates = []auditor.Covariate{auditor.CovariateSex}
	reference := o.Models[0]
	reference.Name, reference.Reference = "reference", true
	o.Models = append(o.Models, reference)
	o.Training = nearTraining(t, o)
	require.NoError(t, os.MkdirAll("testdata/golden", 0o755))
	file, err := os.Create("testdata/run.jsonl")
	require.NoError(t, err)
	w := auditor.NewWriter(file)
	require.NoError(t, auditor.Run(t.Context(), o, withoutTimes{w}))
	require.NoError(t, w.Flush())
	require.NoError(t, file.Close())
}

// withoutTimes stores no times, which differ from run to run.
type withoutTimes struct{ auditor.Handler }

func (w withoutTimes) Handle(m auditor.Message) error {
	if m.Timing != nil {
		m.Timing = &auditor.Timing{}
	}
	return w.Handler.Handle(m)
}
