package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCollectionName(t *testing.T) {
	cases := map[string]struct{ folder, want string }{
		"as it is":     {"lab_2", "lab_2"},
		"digit first":  {"400m", "_400m"},
		"other signs":  {"cc3m-2024.v1", "cc3m_2024_v1"},
		"not ASCII":    {"größe", "gr__e"},
		"dash first":   {"-x", "_x"},
		"only a digit": {"7", "_7"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, collectionName(c.folder)) })
	}
}
