package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"rollcall/retriever"
)

// fixture is the path of a fixture, or ends the test when it is not there.
func fixture(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join("..", "..", "..", "shared", "fixtures", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ROLLCALL_REQUIRE_ALL") == "1" {
			t.Fatalf("fixture %s is not there: %v", name, err)
		}
		t.Skipf("fixture %s is not there", name)
	}
	return path
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if strings.HasSuffix(name, ".gz") {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, err := z.Write([]byte(content))
		require.NoError(t, err)
		require.NoError(t, z.Close())
		content = b.String()
	}
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func captionsOf(t *testing.T, paths ...string) ([]retriever.CaptionRow, error) {
	t.Helper()
	source, err := OpenCaptions(paths)
	require.NoError(t, err)
	var rows []retriever.CaptionRow
	err = source.Captions(t.Context(), func(r retriever.CaptionRow) error {
		rows = append(rows, r)
		return nil
	})
	return rows, err
}

// The digests are Python's: hashlib.sha256 over caption, newline, URL, newline (and key, newline)
// of every row, from bytes.split for the TSV and pandas.read_parquet for the others.
func TestCaptionsOfRealFiles(t *testing.T) {
	tests := []struct {
		file   string
		rows   int
		keys   bool
		digest string
	}{
		{"captions/cc3m_validation.tsv", 15833, false, "e4cecc5065f857bc46021fd8b412a9f5f329c0a46d550d3df01a4cd363144369"},
		{"captions/img2dataset_1000.parquet", 1000, false, "44abd2d362f042d04b469c8c3ec11295a55b9330ee75f3004d1826fd9d548827"},
		{"clip-retrieval/run_2_45/emb_p1/metadata/metadata_0.parquet", 33, true, "8a0ca3b2d362b6f6331183610f773f214f558562f94405a3e2b42abf14c966cc"},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			rows, err := captionsOf(t, fixture(t, test.file))
			require.NoError(t, err)
			require.Len(t, rows, test.rows)
			h := sha256.New()
			for i, r := range rows {
				require.Equal(t, int64(i), r.Row)
				text := r.Caption + "\n" + r.URL + "\n"
				if test.keys {
					text += r.Key + "\n"
				}
				h.Write([]byte(text))
			}
			require.Equal(t, test.digest, hex.EncodeToString(h.Sum(nil)))
		})
	}
}

func TestCaptionFormats(t *testing.T) {
	row := func(n int64, caption, url, key string) retriever.CaptionRow {
		return retriever.CaptionRow{Row: n, Caption: caption, URL: url, Key: key}
	}
	tests := []struct {
		name, file, content string
		want                []retriever.CaptionRow
	}{
		{"CC3M", "a.tsv", "a cat\thttp://x/1\nZoë\thttps://x/2\n", []retriever.CaptionRow{row(0, "a cat", "http://x/1", ""), row(1, "Zoë", "https://x/2", "")}},
		{"CC12M", "a.tsv", "http://x/1\ta cat\nhttp://x/2\t\n", []retriever.CaptionRow{row(0, "a cat", "http://x/1", ""), row(1, "", "http://x/2", "")}},
		{"training list", "a.tsv", "title\tfilepath\na cat\timg/1.jpg\n", []retriever.CaptionRow{row(0, "a cat", "", "img/1.jpg")}},
		{"pandas quotes", "a.tsv", "filepath\ttitle\n1.jpg\t\"say \"\"hi\"\"\"\n2.jpg\t\"a\" and \"b\"\n", []retriever.CaptionRow{row(0, `say "hi"`, "", "1.jpg"), row(1, `"a" and "b"`, "", "2.jpg")}},
		{"quotes are text without a header", "a.tsv", "\"a cat\"\thttp://x\n", []retriever.CaptionRow{row(0, `"a cat"`, "http://x", "")}},
		{"no last newline, CR LF, byte order mark", "a.tsv", "\xEF\xBB\xBFa\thttp://x\r\nb\thttp://y", []retriever.CaptionRow{row(0, "a", "http://x", ""), row(1, "b", "http://y", "")}},
		{"bad UTF-8 is cleaned and counted", "a.tsv", "Zo\xeb W\xff\xfe\thttp://x\n", []retriever.CaptionRow{row(0, "Zo\uFFFD W\uFFFD", "http://x", "")}},
		{"gzip", "a.tsv.gz", "a\thttp://x\n", []retriever.CaptionRow{row(0, "a", "http://x", "")}},
		{"CSV", "a.csv", "URL,TEXT\nhttp://x,\"a, \"\"b\"\"\nc\"\n", []retriever.CaptionRow{row(0, "a, \"b\"\nc", "http://x", "")}},
		{"CSV gzip", "a.csv.gz", "key,caption\n7,a\n", []retriever.CaptionRow{row(0, "a", "", "7")}},
		{"caption before text", "a.csv", "text,caption\nraw,used\n", []retriever.CaptionRow{row(0, "used", "", "")}},
		{"JSON Lines", "a.jsonl", `{"TEXT":"Zo\u00eb","URL":"http://x","SAMPLE_ID":12}` + "\n\n" + `{"TEXT":null}` + "\n" + `{"URL":"http://y"}`,
			[]retriever.CaptionRow{row(0, "Zoë", "http://x", "12"), {Row: 1, Null: true}, {Row: 2, Null: true, URL: "http://y"}}},
		{"JSON Lines with NaN", "a.jsonl.gz", `{"caption":"NaN","similarity":NaN}`, []retriever.CaptionRow{row(0, "NaN", "", "")}},
		{"empty file", "a.tsv", "", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rows, err := captionsOf(t, write(t, test.file, test.content))
			require.NoError(t, err)
			require.Empty(t, cmp.Diff(test.want, rows))
		})
	}
}

func TestMalformedCaptionFiles(t *testing.T) {
	tests := []struct{ name, file, content, want string }{
		{"field missing", "a.tsv", "a\thttp://x\nb\n", "a.tsv:2: 1 tab-separated fields where the first line has 2"},
		{"order changes", "a.tsv", "a\thttp://x\nhttp://y\tb\n", "a.tsv:2: caption and URL are the other way round"},
		{"no URL, no header", "a.tsv", "a\tb\n", "a.tsv:1: neither caption<TAB>url"},
		{"line too long", "a.tsv", "a\thttp://x\n" + strings.Repeat("x", maxCaption+1), "a.tsv:2: longer than 16 MiB"},
		{"CSV without captions", "a.csv", "id,url\n1,x\n", `a.csv:1: the header is "id,url": no caption column`},
		{"CSV quote left open", "a.csv", "caption\n\"a\n" + strings.Repeat(strings.Repeat("x", 1<<16)+"\n", 260), "is a closing quote missing?"},
		{"CSV field missing", "a.csv", "caption,url\na\n", "a.csv: record on line 2: wrong number of fields"},
		{"CSV empty", "a.csv", "", "a.csv: empty"},
		{"JSON cut off", "a.jsonl", "{\"caption\":\"a\"}\n{\"caption\":", "a.jsonl:2: not a JSON object"},
		{"JSON array", "a.jsonl", "[]\n", "a.jsonl:1: not a JSON object"},
		{"JSON number as caption", "a.jsonl", "{\"caption\":3}\n", `a.jsonl:1: "caption" is not text`},
		{"JSON without captions", "a.jsonl", "{\"url\":\"x\"}\n", "a.jsonl: no caption column"},
		{"not Parquet", "a.parquet", "PAR1 nothing", "a.parquet: not a Parquet file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := captionsOf(t, write(t, test.file, test.content))
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestGzipCutOff(t *testing.T) {
	path := write(t, "a.tsv.gz", strings.Repeat("a\thttp://x\n", 1000))
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-12], 0o600))
	_, err = captionsOf(t, path)
	require.ErrorContains(t, err, "unexpected EOF")
	require.ErrorContains(t, err, "a.tsv.gz:")
}

func TestRowsAreNumberedOverAllFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"p-00.tsv": "a\thttp://x\nb\thttp://x\n", "p-01.csv": "caption\nc\n", "p-02.jsonl": `{"caption":"d"}`, "notes.md": "x"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	rows, err := captionsOf(t, dir)
	require.NoError(t, err)
	var got strings.Builder
	for i, r := range rows {
		require.Equal(t, int64(i), r.Row)
		got.WriteString(r.Caption)
	}
	require.Equal(t, "abcd", got.String())
}

func TestCaptionsStopWhenCancelled(t *testing.T) {
	source, err := OpenCaptions([]string{write(t, "a.tsv", strings.Repeat("a\thttp://x\n", 2000))})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	rows := 0
	err = source.Captions(ctx, func(retriever.CaptionRow) error {
		rows++
		cancel()
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.LessOrEqual(t, rows, 256)
}

func TestUnknownCaptionFile(t *testing.T) {
	_, err := OpenCaptions([]string{write(t, "a.txt", "x")})
	require.ErrorContains(t, err, "not a caption file")
	_, err = OpenCaptions([]string{"nowhere.tsv"})
	require.ErrorContains(t, err, "nowhere.tsv: no such file")
	_, err = OpenCaptions(nil)
	require.ErrorContains(t, err, "no input")
}

func FuzzTSV(f *testing.F) {
	f.Add("a cat\thttp://x/1\nZo\xeb\thttps://x/2\n")
	f.Add("title\tfilepath\n\"say \"\"hi\"\"\"\t1.jpg\n")
	f.Add("http://x\t\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := textReader(strings.NewReader(text), "f.tsv")
		require.NoError(t, err)
		rows := 0
		err = scanTSV(&lineReader{r: r.Reader, path: "f.tsv"}, true, func(row row) error {
			rows++
			require.Equal(t, row.Caption, strings.ToValidUTF8(row.Caption, "\uFFFD"))
			return nil
		})
		lines := strings.Count(text, "\n") + 1
		require.LessOrEqual(t, rows, lines)
		if err == nil && text != "" {
			require.GreaterOrEqual(t, rows, strings.Count(strings.TrimRight(text, "\n"), "\n"), "a line was passed over")
		}
	})
}

func FuzzJSONL(f *testing.F) {
	f.Add(`{"TEXT":"a","URL":"http://x","SAMPLE_ID":1.5}`)
	f.Add(`{"caption":null,"punsafe":NaN}` + "\n\n{}")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := textReader(strings.NewReader(text), "f.jsonl")
		require.NoError(t, err)
		rows := 0
		err = scanJSONL(&lineReader{r: r.Reader, path: "f.jsonl"}, true, func(row row) error {
			rows++
			require.False(t, row.Null && row.Caption != "")
			return nil
		})
		if err == nil {
			require.LessOrEqual(t, rows, strings.Count(text, "\n")+1)
		}
	})
}
