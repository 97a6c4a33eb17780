package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The digests are the first twelve digits that sha256sum gives for the folder's name.
func TestCollectionName(t *testing.T) {
	cases := map[string]struct{ folder, want string }{
		"as it is":          {"lab_2", "lab_2"},
		"digit first":       {"400m", "_400m_1aaa0d71dc66"},
		"other signs":       {"cc3m-2024.v1", "cc3m_2024_v1_3cdb33347d53"},
		"not ASCII":         {"größe", "gr__e_d353a2671b67"},
		"dash first":        {"-x", "_x_a420962426d7"},
		"only a digit":      {"7", "_7_7902699be42c"},
		"a dash":            {"a-b", "a_b_d44362d67d92"},
		"as if it had been": {"a_b_0123456789ab", "a_b_0123456789ab_81ad6f3e4079"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) { require.Equal(t, c.want, collectionName(c.folder)) })
	}
}
