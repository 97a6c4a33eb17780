package auditor

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const storedConfig = `{"config":{"protocol":"rollcall-audit/1"}}` + "\n"

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ stream, want string }{
		"nothing":                   {"", "did not finish"},
		"a cut stream":              {storedConfig, "did not finish"},
		"another protocol":          {`{"config":{"protocol":"rollcall-audit/9","tool":"v9"}}`, "v9"},
		"no config":                 {`{"timing":{}}`, "line 1: the stream does not begin with its config"},
		"two configs":               {storedConfig + storedConfig, "line 2: a second config"},
		"two messages in a record":  {storedConfig + `{"timing":{},"finding":{}}`, "line 2: 2 messages in one record"},
		"two records on a line":     {storedConfig + `{"timing":{}}{"timing":{}}`, "line 2: more than one message"},
		"an empty record":           {storedConfig + `{}`, "line 2: 0 messages"},
		"an unknown field":          {storedConfig + `{"verdict":1}`, "line 2: not a message"},
		"not JSON":                  {storedConfig + "model,id\n", "line 2: not a message"},
		"something after the end":   {storedConfig + `{"timing":{}}` + "\n" + `{"finding":{}}`, "line 3: a message after the last one"},
		"an estimate that is words": {storedConfig + `{"summary":{"rates":{"tpr":{"value":"high"}}}}`, "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, Read(strings.NewReader(c.stream), &recorder{}), c.want)
		})
	}
	require.ErrorIs(t, Read(strings.NewReader(storedConfig), &recorder{}), ErrIncomplete)
}

// What can be read can be stored and read again to the same messages.
func FuzzRead(f *testing.F) {
	var out bytes.Buffer
	w := NewWriter(&out)
	if err := Run(f.Context(), smallOptions(3, 3, 4), w); err != nil {
		f.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte(storedConfig + `{"timing":{"seconds":[]}}`))
	f.Add([]byte(storedConfig + `{"summary":{"rates":{"tpr":{"value":null,"low":"-inf","high":"+inf"}}}}` + "\n" + `{"timing":{}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var first recorder
		if Read(bytes.NewReader(data), &first) != nil {
			return
		}
		store := func(messages []Message) []byte {
			var out bytes.Buffer
			w := NewWriter(&out)
			for _, m := range messages {
				require.NoError(t, w.Handle(m))
			}
			require.NoError(t, w.Flush())
			return out.Bytes()
		}
		stored := store(first.messages)
		var second recorder
		require.NoError(t, Read(bytes.NewReader(stored), &second))
		require.Equal(t, string(stored), string(store(second.messages)))
	})
}
