package retriever

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"
)

// captionLabel is a line of testdata/discovered_labels.csv: bytes of a caption that the finder took for a
// name, and what a person who read the caption says that they are. Row counts from 0 in Parquet
// files and is the line, from 1, in the other.
type captionLabel struct {
	row, start, end int
	rules           string // that found it: "first" before the labels were looked at, "second" after, or both
	label           string // person, fictional (a person all the same), or what it is instead
}

func (l captionLabel) person() bool { return l.label == "person" || l.label == "fictional" }

func readCaptionLabels(t *testing.T) map[string][]captionLabel {
	t.Helper()
	labels := map[string][]captionLabel{}
	for _, cells := range testCSV(t, "testdata/discovered_labels.csv") {
		l := captionLabel{rules: cells[4], label: cells[5]}
		l.row, l.start, l.end = whole(t, cells[1]), whole(t, cells[2]), whole(t, cells[3])
		labels[cells[0]] = append(labels[cells[0]], l)
	}
	return labels
}

// testCSV gives a file's rows after the header.
func testCSV(t *testing.T, path string) [][]string {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	require.NoError(t, err)
	return rows[1:]
}

func whole(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	require.NoError(t, err)
	return n
}

func requireInterval(t *testing.T, low, high float64, x, n int64) {
	t.Helper()
	require.InDelta(t, low, lowestShare(x, n, .025), .0001)
	require.InDelta(t, high, highestShare(x, n, .025), .0001)
}

// The three files of labelled captions, and where the third comes from. It is not among the fixtures: a
// clone of github.com/rom1504/img2dataset has it as tests/test_files/test_10000.parquet, at
// commit 95523bc7579745a1749b8132d408b9fea89a338e and before.
const (
	captions1000   = "img2dataset_1000.parquet"
	captionTokens  = "clip_tokens.jsonl"
	captions10000  = "img2dataset_10000.parquet"
	digestOf10000  = "cfa6bcb629614e66d4c286f0c9511a79482b9f5d5c42025b3622225660dea897"
	settingOf10000 = "ROLLCALL_CAPTIONS_10000"
)

func parquetCaptions(t *testing.T, path string) map[int]string {
	t.Helper()
	type row struct {
		Text string `parquet:"TEXT,optional"`
	}
	rows, err := parquet.ReadFile[row](path)
	require.NoError(t, err)
	captions := map[int]string{}
	for i, r := range rows {
		captions[i] = r.Text
	}
	return captions
}

// without drops captions that are among those of other files already.
func without(captions map[int]string, others ...map[int]string) map[int]string {
	seen := map[string]bool{}
	for _, o := range others {
		for _, text := range o {
			seen[strings.TrimSpace(text)] = true
		}
	}
	for row, text := range captions {
		if seen[strings.TrimSpace(text)] {
			delete(captions, row)
		}
	}
	return captions
}

// tokenCaptions are the alt texts of the tokenizer's fixture that are not among the 1,000.
func tokenCaptions(t *testing.T) map[int]string {
	t.Helper()
	data, err := os.ReadFile(fixture(t, captionTokens))
	require.NoError(t, err)
	captions := map[int]string{}
	line := 0
	for text := range bytes.Lines(data) {
		line++
		var c struct{ Src, Text string }
		require.NoError(t, json.Unmarshal(text, &c))
		if c.Src == "laion" {
			captions[line] = c.Text
		}
	}
	return without(captions, parquetCaptions(t, fixture(t, "captions/"+captions1000)))
}

// furtherCaptions are those of the 10,000 that are in neither fixture; without the file the test is
// skipped.
func furtherCaptions(t *testing.T) map[int]string {
	t.Helper()
	path := os.Getenv(settingOf10000)
	if path == "" {
		path = filepath.Join("..", "..", "shared", "fixtures", "captions", captions10000)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("the labelled captions are not at hand; set %s to img2dataset's tests/test_files/test_10000.parquet: %v", settingOf10000, err)
	}
	sum := sha256.Sum256(data)
	require.Equal(t, digestOf10000, hex.EncodeToString(sum[:]), "%s is another file than was labelled", path)
	return without(parquetCaptions(t, path), parquetCaptions(t, fixture(t, "captions/"+captions1000)), tokenCaptions(t))
}

// Every hit in all of these captions was read and labelled; a change that finds others has to be
// labelled anew. The intervals are those of scipy's binomtest(x, n).proportion_ci(.95, "exact").
func TestDiscoverPrecision(t *testing.T) {
	labels := readCaptionLabels(t)
	for _, c := range []struct {
		file          string
		captions      func(*testing.T) map[int]string
		rows          int
		persons, hits int64
		low, high     float64
	}{
		{captions1000, func(t *testing.T) map[int]string { return parquetCaptions(t, fixture(t, "captions/"+captions1000)) }, 1000, 73, 77, .8723, .9857},
		{captionTokens, tokenCaptions, 1226, 96, 115, .7541, .8975},
		{captions10000, furtherCaptions, 7766, 608, 674, .8771, .9235},
	} {
		t.Run(c.file, func(t *testing.T) {
			captions := c.captions(t)
			require.Len(t, captions, c.rows)
			labelled := map[[3]int]captionLabel{}
			for _, l := range labels[c.file] {
				if l.rules != "first" {
					labelled[[3]int{l.row, l.start, l.end}] = l
				}
			}
			var persons, hits int64
			finder := newNameFinder()
			for row, caption := range captions {
				finder.find(caption, func(f found) {
					l, ok := labelled[[3]int{row, f.start, f.end}]
					require.True(t, ok, "row %d: %q has no label; read the caption and give it one", row, caption[f.start:f.end])
					hits++
					if l.person() {
						persons++
					}
				})
			}
			require.Len(t, labelled, int(hits), "labels of what is not found any more")
			require.Equal(t, []int64{c.persons, c.hits}, []int64{persons, hits})
			requireInterval(t, c.low, c.high, persons, hits)
		})
	}
}

// Before the second rules were made out of what the labels showed, the first found 616 names in the
// 7,766 captions that nobody had looked at: what to expect of captions that are new.
func TestDiscoverPrecisionOnFreshCaptions(t *testing.T) {
	var persons, invented, hits int64
	for _, l := range readCaptionLabels(t)[captions10000] {
		switch {
		case l.rules == "second":
			continue
		case l.label == "fictional":
			invented++
		case l.label == "person":
			persons++
		}
		hits++
	}
	require.Equal(t, []int64{527, 18, 616}, []int64{persons, invented, hits})
	requireInterval(t, .8568, .9089, persons+invented, hits)
}

// In 600 of the 7,766 captions, drawn at random, every name of a person was looked for by reading: a
// first name or initials with a surname, in any order and case, of anybody real or invented. The
// first rules found 41 of 81, the second, made with these captions in sight, 49.
func TestDiscoverRecall(t *testing.T) {
	captions, names := furtherCaptions(t), map[int][][2]int{}
	for _, cells := range testCSV(t, "testdata/discovered_names.csv") {
		row := whole(t, cells[0])
		require.Contains(t, captions, row)
		names[row] = append(names[row], nil...)
		if cells[1] != "" {
			names[row] = append(names[row], [2]int{whole(t, cells[1]), whole(t, cells[2])})
		}
	}
	require.Len(t, names, 600)
	var all, right int64
	finder := newNameFinder()
	for row, there := range names {
		hits := map[[2]int]bool{}
		finder.find(captions[row], func(f found) { hits[[2]int{f.start, f.end}] = true })
		for _, n := range there {
			all++
			if hits[n] {
				right++
			}
		}
	}
	require.Equal(t, []int64{49, 81}, []int64{right, all})
	requireInterval(t, .4901, .7119, right, all)
}
