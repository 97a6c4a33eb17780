package retriever

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowSource is a CaptionSource over rows in memory.
type rowSource []CaptionRow

func (s rowSource) Captions(ctx context.Context, visit func(CaptionRow) error) error {
	for _, r := range s {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// captions makes rows of captions, numbered from 0.
func captions(texts ...string) rowSource {
	var s rowSource
	for i, c := range texts {
		s = append(s, CaptionRow{Row: int64(i), Caption: c})
	}
	return s
}

// cc3mValidation reads the 15,833 rows of the CC3M validation fixture.
func cc3mValidation(t testing.TB) rowSource {
	t.Helper()
	data, err := os.ReadFile(fixture(t, "captions/cc3m_validation.tsv"))
	require.NoError(t, err)
	var s rowSource
	for line := range strings.Lines(string(data)) {
		caption, url, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		require.True(t, ok)
		s = append(s, CaptionRow{Row: int64(len(s)), Caption: caption, URL: url})
	}
	require.Len(t, s, 15833)
	return s
}
