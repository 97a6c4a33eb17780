package auditor

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/auditor/similarity"
	"rollcall/auditor/stats"
	"rollcall/internal/peers"
)

const (
	goldenPersons, goldenPhotos, goldenPrompts, goldenNames = 200, 30, 21, 1000
	goldenMembers                                           = 140
)

// idiaGolden is what a numpy reference of the published rule found on generated similarities.
type idiaGolden struct {
	Ks        []int
	SimsSHA   string    `json:"sims_first3_persons_sha256_f32le"`
	First8    []float32 `json:"sims_0_0_0_first8"`
	Draw03    []int     `json:"draw_0_3_0"`
	Draw1930  []int     `json:"draw_19_30_199"`
	PredSHA   string    `json:"pred_sha256_u16le"`
	CorrectSH string    `json:"correct_sha256"`
	Ties      int       `json:"argmax_ties"`
	HandCases []struct {
		Votes   [][]int32 `json:"votes_per_prompt"`
		True    int
		Correct int
	} `json:"hand_cases"`
	Results map[string]struct {
		TPR, FPR, Acc struct {
			Mean float64
			SD1  float64 `json:"sd_ddof1"`
			SD0  float64 `json:"sd_ddof0"`
		}
		TP, FP []int
	}
}

func readIDIA(t *testing.T) idiaGolden {
	t.Helper()
	data, err := os.ReadFile("../../shared/fixtures/golden/idia.json")
	if err != nil {
		peers.Absent(t, "the reference attack is not here: %v", err)
	}
	var g idiaGolden
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

// The generator of the reference, as its description gives it.

func mix(z uint64) uint64 {
	z ^= z >> 30
	z *= 0xBF58476D1CE4E5B9
	z ^= z >> 27
	z *= 0x94D049BB133111EB
	return z ^ z>>31
}

func generated(stream, i uint64) uint64 {
	return mix(mix(stream*101) + (i+1)*0x9E3779B97F4A7C15)
}

func goldenTrue(c int) int { return (c*7 + 3) % goldenNames }

func goldenStrength(c int) uint64 {
	switch h := generated(3, uint64(c)); {
	case c < goldenMembers:
		return h % 801
	case c%6 == 5:
		return h % 551
	default:
		return 0
	}
}

// goldenRow is the similarities of one person, photo and prompt with every name.
func goldenRow(c, x, p int, row []float32) {
	for n := range row {
		s := generated(1, uint64(((c*30+x)*21+p)*1000+n))>>54 + generated(2, uint64(c*1000+n))>>55
		if n == goldenTrue(c) {
			s += goldenStrength(c) + generated(5, uint64(c*21+p))>>56
		}
		row[n] = float32(s)
	}
}

func goldenDraw(c, d, k, photos int) []int {
	idx := make([]int, photos)
	for i := range idx {
		idx[i] = i
	}
	for i := range k {
		h := generated(4, uint64(((d*31+k)*200+c)*32+i))
		j := i + int(h%uint64(photos-i))
		idx[i], idx[j] = idx[j], idx[i]
	}
	return idx[:k]
}

func TestAttackAgreesWithReference(t *testing.T) {
	g := readIDIA(t)
	subjects := make([]Subject, goldenPersons)
	sims, pred := sha256.New(), sha256.New()
	ties := 0
	row := make([]float32, goldenNames)
	for c := range subjects {
		subjects[c] = Subject{Winners{Prompts: goldenPrompts}, goldenTrue(c)}
		for x := range goldenPhotos {
			for p := range goldenPrompts {
				goldenRow(c, x, p, row)
				if c == 0 && x == 0 && p == 0 {
					require.Equal(t, g.First8, row[:8], "the generator itself")
				}
				if c < 3 {
					require.NoError(t, binary.Write(sims, binary.LittleEndian, row))
				}
				w := similarity.Argmax(row)
				for _, s := range row[w+1:] {
					if s == row[w] {
						ties++
						break
					}
				}
				require.NoError(t, binary.Write(pred, binary.LittleEndian, uint16(w)))
				subjects[c].Winners.Names = append(subjects[c].Winners.Names, int32(w))
			}
		}
	}
	require.Equal(t, g.SimsSHA, hex.EncodeToString(sims.Sum(nil)), "the generator itself")
	require.Equal(t, g.Ties, ties, "the fixture exercises exact ties")
	require.Equal(t, g.PredSHA, hex.EncodeToString(pred.Sum(nil)))
	require.Equal(t, g.Draw03, goldenDraw(0, 0, 3, 30))
	require.Equal(t, g.Draw1930, goldenDraw(199, 19, 30, 30))

	digest := sha256.New()
	correct, err := Sweep(t.Context(), subjects, g.Ks, 20, 2, goldenDraw)
	require.NoError(t, err)
	for i, k := range g.Ks {
		for _, draw := range correct[i] {
			for _, n := range draw {
				digest.Write([]byte{byte(n)})
			}
		}
		for _, tau := range []int{1, 3, 11} {
			checkRates(t, g, tau, k, correct[i])
		}
	}
	require.Equal(t, g.CorrectSH, hex.EncodeToString(digest.Sum(nil)))
}

func checkRates(t *testing.T, g idiaGolden, tau, k int, correct [][]int) {
	t.Helper()
	want, there := g.Results[fmt.Sprintf("tau%d.k%d", tau, k)]
	require.True(t, there)
	var tp, fp []int
	var tpr, fpr, acc []float64
	for _, draw := range correct {
		c := Confusion{}
		for i, n := range draw {
			c.Add(i < goldenMembers, n >= tau)
		}
		tp, fp = append(tp, c.TP), append(fp, c.FP)
		tpr, fpr, acc = append(tpr, c.TPR()), append(fpr, c.FPR()), append(acc, c.Accuracy())
	}
	require.Equal(t, want.TP, tp)
	require.Equal(t, want.FP, fp)
	require.InDelta(t, want.TPR.Mean, stats.Mean(tpr), 1e-12)
	require.InDelta(t, want.TPR.SD1, stats.SD(tpr, 1), 1e-12)
	require.InDelta(t, want.TPR.SD0, stats.SD(tpr, 0), 1e-12)
	require.InDelta(t, want.FPR.Mean, stats.Mean(fpr), 1e-12)
	require.InDelta(t, want.FPR.SD1, stats.SD(fpr, 1), 1e-12)
	require.InDelta(t, want.Acc.Mean, stats.Mean(acc), 1e-12)
	require.InDelta(t, want.Acc.SD0, stats.SD(acc, 0), 1e-12)
}

func TestPluralityHandCases(t *testing.T) {
	for i, c := range readIDIA(t).HandCases {
		t.Run(fmt.Sprint(i, c.Votes), func(t *testing.T) {
			ballot, correct := NewBallot(10), 0
			for _, votes := range c.Votes {
				correct += ballot.Correct(Winners{Prompts: 1, Names: votes}, c.True, nil)
			}
			require.Equal(t, c.Correct, correct)
		})
	}
}
