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

// partSource is a source in parts of size rows each. Where unnumbered is set, only the first part says
// the number of its first row.
type partSource struct {
	rowSource
	size       int
	unnumbered bool
}

func (s partSource) Parts(context.Context) ([]CaptionPart, error) {
	var parts []CaptionPart
	for first := 0; first < len(s.rowSource); first += s.size {
		rows := s.rowSource[first:min(first+s.size, len(s.rowSource))]
		part := CaptionPart{First: int64(first), Read: func(ctx context.Context, visit func([]CaptionRow) error) error {
			return InBatches(visit, func(one func(CaptionRow) error) error {
				return rows.Captions(ctx, func(r CaptionRow) error {
					r.Row -= int64(first)
					return one(r)
				})
			})
		}}
		if s.unnumbered && first > 0 {
			part.First = -1
		}
		parts = append(parts, part)
	}
	return parts, nil
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
