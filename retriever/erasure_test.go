package retriever_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// listed is a caption source in memory.
type listed []retriever.CaptionRow

func (l listed) Captions(ctx context.Context, visit func(retriever.CaptionRow) error) error {
	for _, row := range l {
		if err := errors.Join(ctx.Err(), visit(row)); err != nil {
			return err
		}
	}
	return nil
}

var toErase = listed{
	{Row: 0, Caption: "José García at a gala", URL: "http://x/1"},
	{Row: 1, Caption: "portrait of jose garcia", URL: "http://x/2"},
	{Row: 2, Null: true},
	{Row: 3, Caption: "a garcia pie", URL: "http://x/1"},
	{Row: 4, Caption: "Pepe G. smiles", URL: "http://x/1/"},
}

func TestSelectURLs(t *testing.T) {
	ids, found, err := retriever.SelectURLs(t.Context(), toErase, []string{"http://x/1", "http://x/9", "", "http://x/1"})
	require.NoError(t, err)
	require.Equal(t, []int64{0, 3}, ids)
	require.Equal(t, map[string]int64{"http://x/1": 2}, found)
}

func TestSelectPerson(t *testing.T) {
	ids, err := retriever.SelectPerson(t.Context(), toErase, retriever.Person{ID: "j", Name: "Jose Garcia", Aliases: []string{"Pepe G"}})
	require.NoError(t, err)
	require.Equal(t, []int64{0, 1, 4}, ids)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = retriever.SelectPerson(ctx, toErase, retriever.Person{ID: "j", Name: "Jose Garcia"})
	require.ErrorIs(t, err, context.Canceled)
}
