package clip

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A model outlives another holder of the library.
func TestRuntimesShareTheLibrary(t *testing.T) {
	first := startRuntime(t)
	second, err := Start("")
	require.NoError(t, err)
	require.NoError(t, second.Close())

	b, err := OpenBundle(fixture(t, "models", "own"), "")
	require.NoError(t, err)
	m, err := first.Load(b, Options{})
	require.NoError(t, err, "the first is still open")
	require.NoError(t, m.Close())
}
