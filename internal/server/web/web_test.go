package web

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMarkedEscapesAllThreeParts(t *testing.T) {
	start, end, beyond := 4, 9, 99
	require.Equal(t, "&lt;b&gt; <mark>A &amp; B</mark> &lt;i&gt;", string(marked("<b> A & B <i>", &start, &end)))
	require.Equal(t, "&lt;b&gt;", string(marked("<b>", &start, &beyond)), "a range that is not the caption's marks nothing")
	require.Equal(t, "x", string(marked("x", nil, nil)))
}

func TestFiguresAreWrittenForReading(t *testing.T) {
	n, x, low := int64(1234567), 1234.4, 0.0
	require.Equal(t, "1\u202f234\u202f567", thousands(&n))
	require.Equal(t, "999", thousands(999))
	require.Empty(t, thousands((*int64)(nil)), "not measured is not 0")
	require.Equal(t, "1\u202f234", interval(&x, &x, &x))
	require.Equal(t, "1\u202f234 (0 to 1\u202f234)", interval(&x, &low, &x))
	require.Empty(t, figure(nil))
	require.Equal(t, "1.23e+03", figure(&x))
	require.Equal(t, 25, share(int64(1), int64(4)))
	require.Zero(t, share(int64(1), int64(0)))
}
