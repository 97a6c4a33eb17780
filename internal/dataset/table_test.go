package dataset

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

func tableOf(t *testing.T, o Options, inputs ...string) (indexer.SourceInfo, []indexer.Sample) {
	t.Helper()
	source, err := OpenContext(t.Context(), inputs, o)
	require.NoError(t, err)
	all := readAfter(t, source, 0)
	for skip := range all {
		require.Empty(t, cmp.Diff(outlines(all[skip:]), outlines(readAfter(t, source, int64(skip)))))
	}
	return source.Describe(), all
}

// zlib.crc32(b"http://x/2") in Python is 3599729177.
const crcOfURL2 = "3599729177"

func TestConceptualCaptionsWithImages(t *testing.T) {
	tsv := write(t, "cc.tsv", "zero\thttp://x/0\none\thttp://x/1\ntwo\thttp://x/2\nthree\thttp://x/3\nfour\thttp://x/4\nfive\n")
	images := writeTree(t, map[string]string{"0.jpg": "J0", "000000001.png": "P1", "2_" + crcOfURL2: "J2", "3": ""})
	info, got := tableOf(t, Options{ImagesDir: images}, tsv)
	require.Equal(t, "cc3m", info.Format)
	require.Contains(t, info.Why, "caption<TAB>url")
	require.False(t, info.NoImages)
	require.Equal(t, []string{
		` image=J0 text="zero"`, ` image=P1 text="one"`, ` image=J2 text="two"`, ` image= text="three"`,
		` text="four" missing-file`, ` bad-row`,
	}, outlines(got))
	require.Equal(t, filepath.Join(images, "000000001.png"), got[1].ImagePath)
	require.Equal(t, "http://x/1", got[1].URL)
	require.Equal(t, tsv+":2", got[1].Position)
	require.ErrorContains(t, got[5].Err, "cc.tsv:6: 1 tab-separated fields where the first line has 2")

	third := write(t, "cc.tsv", "http://x/0\tzero\ta/0.jpg\nhttp://x/1\tone\ta/1.jpg\n")
	images = writeTree(t, map[string]string{"a/0.jpg": "J0"})
	info, got = tableOf(t, Options{ImagesDir: images}, third)
	require.Contains(t, info.Why, "url<TAB>caption")
	require.Equal(t, []string{` image=J0 text="zero"`, ` text="one" missing-file`}, outlines(got))
}

func TestConceptualCaptionsAlone(t *testing.T) {
	info, got := tableOf(t, Options{Format: "cc3m"}, fixtureHead(t, "captions/cc3m_validation.tsv", 50))
	require.True(t, info.NoImages)
	require.Len(t, got, 50)
	require.Equal(t, "author : a life in photography -- in pictures", got[0].Caption)
	require.Nil(t, got[0].Image)
}

// fixtureHead copies the first lines of a fixture.
func fixtureHead(t *testing.T, name string, lines int) string {
	t.Helper()
	whole, err := os.ReadFile(fixture(t, name))
	require.NoError(t, err)
	head := strings.SplitAfterN(string(whole), "\n", lines+1)[:lines]
	return write(t, filepath.Base(name), strings.Join(head, ""))
}

func TestWholeFixtures(t *testing.T) {
	for name, want := range map[string]int{"captions/cc3m_validation.tsv": 15833, "captions/img2dataset_1000.parquet": 1000} {
		source, err := Open([]string{fixture(t, name)}, "auto")
		require.NoError(t, err)
		require.True(t, source.Describe().NoImages)
		n := 0
		require.NoError(t, source.Read(t.Context(), func(s indexer.Sample) error {
			require.NoError(t, s.Err)
			require.True(t, s.HasText)
			n++
			return nil
		}))
		require.Equal(t, want, n, name)
	}
}

func TestTrainingList(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"lists/train.tsv": "title\tfilepath\nzero\timg/0.jpg\none\timg/1.jpg\ntwo\t\n",
		"lists/img/0.jpg": "J0", "elsewhere/img/1.jpg": "J1",
	})
	list := filepath.Join(dir, "lists", "train.tsv")
	info, got := tableOf(t, Options{}, list)
	require.Equal(t, "list", info.Format)
	require.Equal(t, []string{`img/0.jpg image=J0 text="zero"`, `img/1.jpg text="one" missing-file`, ` text="two" no-image`}, outlines(got))
	require.Equal(t, filepath.Join(dir, "lists", "img", "0.jpg"), got[0].ImagePath)
	_, got = tableOf(t, Options{ImagesDir: filepath.Join(dir, "elsewhere")}, list)
	require.Equal(t, []string{`img/0.jpg text="zero" missing-file`, `img/1.jpg image=J1 text="one"`, ` text="two" no-image`}, outlines(got))

	absolute := write(t, "train.csv", "filepath\ttitle\tsource\n"+filepath.Join(dir, "lists/img/0.jpg")+"\tzero\tweb\n")
	info, got = tableOf(t, Options{}, absolute)
	require.Equal(t, "list", info.Format, "open_clip names its lists .csv")
	require.Equal(t, "J0", string(got[0].Image))
	require.Equal(t, map[string]any{"source": "web"}, got[0].Fields)
}

func TestCSVAndJSONLines(t *testing.T) {
	dir := writeTree(t, map[string]string{
		"a.csv":   "file_name,text,width\n0.jpg,zero,64\n1.jpg,\"o\"ne\n2.jpg,two,7\n",
		"b.jsonl": `{"file_name":"0.jpg","text":"zero","size":{"w":3}}` + "\n{bad\n" + `{"text":null,"file_name":"0.jpg"}`,
		"c.csv":   "url,caption\nhttp://x,alone\n",
		"0.jpg":   "J0", "2.jpg": "J2",
	})
	info, got := tableOf(t, Options{}, filepath.Join(dir, "a.csv"))
	require.Equal(t, "csv", info.Format)
	require.Equal(t, []string{` image=J0 text="zero"`, ` bad-row`, ` image=J2 text="two"`}, outlines(got))
	require.Equal(t, map[string]any{"width": "64"}, got[0].Fields)
	require.Equal(t, filepath.Join(dir, "a.csv")+":4", got[2].Position)

	info, got = tableOf(t, Options{}, filepath.Join(dir, "b.jsonl"))
	require.Equal(t, "jsonl", info.Format)
	require.Equal(t, []string{` image=J0 text="zero"`, ` bad-row`, ` image=J0`}, outlines(got))
	require.Equal(t, map[string]any{"size.w": int64(3)}, got[0].Fields)

	info, got = tableOf(t, Options{}, filepath.Join(dir, "c.csv"))
	require.True(t, info.NoImages)
	require.Equal(t, []string{` text="alone"`}, outlines(got))
	_, err := OpenContext(t.Context(), []string{filepath.Join(dir, "c.csv")}, Options{ImagesDir: dir})
	require.ErrorContains(t, err, "no column says where a row's image is")
	_, err = OpenContext(t.Context(), []string{filepath.Join(dir, "a.csv")}, Options{ImagesDir: filepath.Join(dir, "nowhere")})
	require.ErrorContains(t, err, "the folder of the images")
}

// Two files of one data set whose columns differ in case, type and number.
func TestLAION(t *testing.T) {
	type upper struct {
		ID         int64    `parquet:"SAMPLE_ID"`
		URL        string   `parquet:"URL"`
		Text       *string  `parquet:"TEXT,optional"`
		NSFW       string   `parquet:"NSFW"`
		Similarity float64  `parquet:"similarity"`
		Width      *int32   `parquet:"WIDTH,optional"`
		Tags       []string `parquet:"tags"`
	}
	type lower struct {
		URL     string  `parquet:"url"`
		Caption string  `parquet:"caption"`
		Width   float64 `parquet:"WIDTH"`
		Safe    bool    `parquet:"safe"`
	}
	text, width := "zero", int32(640)
	first := writeParquet(t, []upper{{7, "http://x/0", &text, "UNLIKELY", 0.25, &width, []string{"a"}}, {ID: 8, URL: "http://x/1"}})
	second := writeParquet(t, []lower{{"http://x/2", "two", 1.5, true}})
	info, got := tableOf(t, Options{}, first, second)
	require.Equal(t, "laion", info.Format)
	require.True(t, info.NoImages)
	require.Equal(t, []string{`7 text="zero"`, `8`, ` text="two"`}, outlines(got))
	require.False(t, got[1].HasText)
	require.Equal(t, map[string]any{"NSFW": "UNLIKELY", "similarity": 0.25, "WIDTH": int64(640)}, got[0].Fields)
	require.Equal(t, map[string]any{"WIDTH": 1.5, "safe": true}, got[2].Fields)
	require.Equal(t, second+"#0", got[2].Position)
}

// A damaged page costs the rows of its group from there on, each with a record; the next group
// and the next file are read.
func TestParquetPageDamaged(t *testing.T) {
	type captioned struct {
		Text string `parquet:"TEXT,plain"`
	}
	var rows []captioned
	for i := range 300 {
		rows = append(rows, captioned{fmt.Sprintf("caption %03d", i)})
	}
	path := writeParquet(t, rows, parquet.MaxRowsPerRowGroup(100), parquet.Compression(&parquet.Uncompressed))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	at := strings.Index(string(whole), "caption 150")
	require.Positive(t, at)
	copy(whole[at-4:], "\xff\xff\xff\x7f") // the length of that caption, in PLAIN encoding
	require.NoError(t, os.WriteFile(path, whole, 0o600))
	_, got := tableOf(t, Options{}, path, writeParquet(t, rows[:1]))
	require.Len(t, got, 301)
	bad := 0
	for i, s := range got {
		if s.Err == nil {
			continue
		}
		bad++
		require.Equal(t, indexer.ReasonParquetDamaged, s.Err.(*indexer.Failure).Reason)
		require.True(t, i >= 100 && i < 200, "row %d is in an undamaged group", i)
		require.Equal(t, fmt.Sprintf("%s#%d", path, i), s.Position)
	}
	require.Positive(t, bad)
	require.Equal(t, "caption 200", got[200].Caption)
}

// A file that is whole and has no captions is not a damaged one: each of its rows is a sample without a
// caption, which says what the file has instead. As the first file it is refused.
func TestFilesWithoutCaptions(t *testing.T) {
	type captioned struct {
		Text string `parquet:"TEXT"`
		JPG  []byte `parquet:"jpg"`
	}
	type without struct {
		URL  string   `parquet:"URL"`
		Tags []string `parquet:"caption"`
		JPG  []byte   `parquet:"jpg"`
	}
	for name, files := range map[string]struct{ with, without, lacks string }{
		"Parquet": {
			writeParquet(t, []captioned{{"zero", []byte("J0")}}), writeParquet(t, []without{{"http://x/1", nil, []byte("J1")}, {"http://x/2", nil, []byte("J2")}}),
			`the columns are "URL, caption (nested), jpg": no caption column; one of caption, text, title is needed`,
		},
		"CSV": {
			write(t, "a.csv", "caption,url\nzero,http://x/0\n"), write(t, "b.csv", "url,note\nhttp://x/1,a\nhttp://x/2,b\n"),
			`:1: the header is "url,note": no caption column; one of caption, text, title is needed`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, got := tableOf(t, Options{}, files.with, files.without)
			require.Len(t, got, 3)
			for i, s := range got[1:] {
				require.NoError(t, s.Err)
				require.False(t, s.HasText)
				require.Contains(t, s.WhyNoText, files.without)
				require.Contains(t, s.WhyNoText, files.lacks)
				require.Equal(t, fmt.Sprintf("http://x/%d", i+1), s.URL)
				if name == "Parquet" {
					require.Equal(t, fmt.Sprintf("J%d", i+1), string(s.Image), "it can be indexed without a caption")
				}
			}
			_, err := Open([]string{files.without, files.with}, "auto")
			require.ErrorContains(t, err, files.without)
			require.ErrorContains(t, err, files.lacks)
		})
	}
	lines := write(t, "a.jsonl", `{"url":"http://x/0"}`+"\n"+`{"url":"http://x/1"}`+"\n")
	_, got := tableOf(t, Options{}, lines)
	require.Len(t, got, 2, "a record each, and none beside them")
}

// What a data set has is told by its first row, which need not be in its first file.
func TestFirstFilesAreEmpty(t *testing.T) {
	type held struct {
		Text string `parquet:"caption"`
		JPG  []byte `parquet:"jpg"`
	}
	empty := writeParquet(t, []held{})
	info, got := tableOf(t, Options{}, empty, writeParquet(t, []held{{"zero", []byte("J0")}}))
	require.False(t, info.NoImages)
	require.Equal(t, []string{` image=J0 text="zero"`}, outlines(got))
}

func TestCaptionFileCutOff(t *testing.T) {
	path := write(t, "a.tsv.gz", strings.Repeat("a\thttp://x\n", 1000))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-12], 0o600))
	next := write(t, "b.tsv", "b\thttp://x\n")
	_, got := tableOf(t, Options{Format: "cc3m"}, path, next)
	lines := outlines(got)
	require.Equal(t, []string{" file-damaged", ` text="b"`}, lines[len(lines)-2:])
}

func FuzzTable(f *testing.F) {
	f.Add("a\thttp://x\nb\n", ".tsv")
	f.Add("title\tfilepath\nzero\t0.jpg\n", ".tsv")
	f.Add("filepath,caption\n\"a\nb,c", ".csv")
	f.Add(`{"text":"a","file_name":"../x"}`, ".jsonl")
	f.Fuzz(func(t *testing.T, text, ending string) {
		if ending != ".tsv" && ending != ".csv" && ending != ".jsonl" {
			return
		}
		path := filepath.Join(t.TempDir(), "f"+ending)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		source, err := Open([]string{path}, "auto")
		if err != nil {
			require.ErrorContains(t, err, "f"+ending)
			return
		}
		all := readAfter(t, source, 0)
		require.LessOrEqual(t, len(all), strings.Count(text, "\n")+strings.Count(text, "\r")+2)
	})
}

// Bytes of a caption that are not UTF-8 are replaced, and the sample says so, whatever the format.
func TestCleanedCaptions(t *testing.T) {
	type captioned struct {
		Text string `parquet:"TEXT"`
	}
	for name, input := range map[string]string{
		"Conceptual Captions": write(t, "a.tsv", "Zo\xeb\thttp://x/0\nok \uFFFD\thttp://x/\xeb\n"),
		"training list":       write(t, "a.tsv", "title\tnote\nZo\xeb\ta\nok \uFFFD\t\xeb\n"),
		"CSV":                 write(t, "a.csv", "caption,note\nZo\xeb,a\nok \uFFFD,\xeb\n"),
		"JSON Lines":          write(t, "a.jsonl", "{\"caption\":\"Zo\xeb\"}\n{\"caption\":\"ok \uFFFD\"}\n"),
		"Parquet":             writeParquet(t, []captioned{{"Zo\xeb"}, {"ok \uFFFD"}}),
	} {
		t.Run(name, func(t *testing.T) {
			_, got := tableOf(t, Options{}, input)
			require.Len(t, got, 2)
			require.Equal(t, "Zo\uFFFD", got[0].Caption)
			require.True(t, got[0].Cleaned)
			require.Equal(t, "ok \uFFFD", got[1].Caption)
			require.False(t, got[1].Cleaned, "it is in the file")
		})
	}
}
