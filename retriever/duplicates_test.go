package retriever_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

func TestNearDuplicates(t *testing.T) {
	// On the unit circle, cos 18° = 0.951 is above 0.94 and cos 36° = 0.809 is not.
	at := map[int][]float32{
		0:  {1, 0},
		18: {0.9510565, 0.3090170},
		36: {0.8090170, 0.5877853},
		90: {0, 1},
	}
	tests := []struct {
		name    string
		vectors [][]float32
		want    []int
	}{
		{"none", nil, []int{}},
		{"a chain is one group, though its ends are far apart", [][]float32{at[0], at[36], at[18]}, []int{0, 0, 0}},
		{"without the middle there are two", [][]float32{at[0], at[36]}, []int{0, 1}},
		{"the best ranked of a group comes first", [][]float32{at[90], at[18], at[0]}, []int{0, 1, 1}},
		{"length does not matter", [][]float32{{2, 0}, {0.5, 0}}, []int{0, 0}},
		{"a zero vector stands alone", [][]float32{{0, 0}, {0, 0}}, []int{0, 1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			require.Equal(t, test.want, retriever.NearDuplicates(test.vectors, retriever.NearDuplicateCosine))
		})
	}
}
