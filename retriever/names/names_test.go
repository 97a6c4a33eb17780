package names

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The lists' heads are those of the census; 1,000 lines each and 79 names in both, as README.md says.
func TestLists(t *testing.T) {
	for first, list := range map[string][]string{"James": Men(), "Mary": Women(), "Smith": Surnames()} {
		require.Len(t, list, 1000)
		require.Equal(t, first, list[0])
	}
	men := map[string]bool{}
	for _, n := range Men() {
		men[n] = true
	}
	both := 0
	for _, n := range Women() {
		if men[n] {
			both++
		}
	}
	require.Equal(t, 79, both)

	all := map[string]bool{}
	for _, n := range First() {
		all[n] = true
	}
	require.Len(t, First(), 1219+4275)
	require.Len(t, all, 1219+4275-331)
	require.True(t, all["Kimi"], "a name beyond the first 1,000")
}
