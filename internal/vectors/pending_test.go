package vectors

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestUnwrittenFile: a file that the system does not take is named once, and nothing of it is left.
func TestUnwrittenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	out, err := createPending(path)
	require.NoError(t, err)
	_, err = out.WriteString("content")
	require.NoError(t, err)
	require.NoError(t, out.file.Close())
	err = out.whole(nil)
	require.ErrorIs(t, err, fs.ErrClosed)
	require.Equal(t, 1, strings.Count(err.Error(), "cannot write "+path), err)
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Empty(t, left)
}
