package main

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// member is one file of a tar.
type member struct{ name, content string }

func tarFile(t *testing.T, members []member, cut int) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: m.name, Mode: 0o600, Size: int64(len(m.content))}))
		_, err := w.Write([]byte(m.content))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	path := filepath.Join(t.TempDir(), "00000.tar")
	require.NoError(t, os.WriteFile(path, b.Bytes()[:b.Len()-cut], 0o600))
	return path
}

// bomb is a PNG of 60,000 by 60,000 pixels as far as its header goes, which is correct: 3.6 thousand
// million pixels in 57 bytes.
func bomb() string {
	header := append([]byte("IHDR"), 0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60, 8, 2, 0, 0, 0)
	png := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	png = binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(header))
	end := []byte("IEND")
	png = append(append(png, 0, 0, 0, 0), end...)
	return string(binary.BigEndian.AppendUint32(png, crc32.ChecksumIEEE(end)))
}

// poisoned is a copy of the lab's model in which one token's vector is not a number, so that ONNX
// Runtime gives no finite vector for texts that have it.
func poisoned(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS(lab(t, "model"))))
	var tokens struct{ Tokens []int64 }
	require.NoError(t, json.Unmarshal([]byte(rollcall(t, "embed", "--model", dir, "--text", text, "--stage", "tokens", "--format", "json")), &tokens))
	path := filepath.Join(dir, "text.onnx")
	model, err := os.ReadFile(path)
	require.NoError(t, err)
	// The lab keeps the vectors of the tokens that it uses; which row of them is a token's stands in
	// rows, in 16 bits, and each row has a scale.
	rows, scales := initializer(t, model, "rows.int16"), initializer(t, model, "table.weight.scale")
	row := binary.LittleEndian.Uint16(rows[2*tokens.Tokens[1]:])
	binary.LittleEndian.PutUint32(scales[4*int(row):], math.Float32bits(float32(math.NaN())))
	require.NoError(t, os.WriteFile(path, model, 0o600))
	return dir
}

// initializer finds the bytes of a constant within an ONNX file: graph (7), initializer (5), name (8)
// and raw_data (9).
func initializer(t *testing.T, model []byte, name string) []byte {
	t.Helper()
	for _, graph := range protoFields(t, model, 7) {
		for _, tensor := range protoFields(t, graph, 5) {
			if string(bytes.Join(protoFields(t, tensor, 8), nil)) == name {
				return protoFields(t, tensor, 9)[0]
			}
		}
	}
	t.Fatalf("the model has no constant %q", name)
	return nil
}

// protoFields are the contents of a message's fields of one number, within the message.
func protoFields(t *testing.T, message []byte, number protowire.Number) (contents [][]byte) {
	t.Helper()
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		require.GreaterOrEqual(t, n, 0)
		size := protowire.ConsumeFieldValue(field, kind, message[n:])
		require.GreaterOrEqual(t, size, 0)
		if field == number && kind == protowire.BytesType {
			content, _ := protowire.ConsumeBytes(message[n:])
			contents = append(contents, content)
		}
		message = message[n+size:]
	}
	return contents
}

// TestEveryKindOfBadSampleIsInTheLedger indexes one tar with every kind of bad sample, with a real
// model: each is a record with its reason, and the good ones are rows.
func TestEveryKindOfBadSampleIsInTheLedger(t *testing.T) {
	jpeg := string(firstImage(t, lab(t, "shards", "00000.tar")))
	shard := tarFile(t, []member{
		{"good.jpg", jpeg}, {"good.txt", "somebody"},
		{"latin1.jpg", jpeg}, {"latin1.txt", "Zo\xeb"},
		{"empty.jpg", ""}, {"empty.txt", "a failed download"},
		{"short.jpg", jpeg[:900]}, {"short.txt", "cut off"},
		{"bomb.png", bomb()}, {"bomb.txt", "large"},
		{"page.jpg", "<html>gone</html>"}, {"page.txt", "no image"},
		{"moving.gif", "GIF89a"}, {"moving.txt", "another format"},
		{"silent.jpg", jpeg},
		{"blind.txt", "no image at all"},
		{"broken.jpg", jpeg}, {"broken.txt", "bad metadata"}, {"broken.json", "[1"},
		{"poison.jpg", jpeg}, {"poison.txt", "zebra"},
		{"good.jpg", jpeg}, {"good.txt", "the same key again"},
		{"last.jpg", jpeg}, {"last.txt", strings.Repeat("x", 600)},
	}, 1024+600)
	dir := filepath.Join(t.TempDir(), "index")
	var result struct {
		Samples, Rows, Failures int
		Reasons                 map[string]int
	}
	require.NoError(t, json.Unmarshal([]byte(rollcall(t, "index", shard, "--name", dir, "--model", poisoned(t, "zebra"), "--json")), &result))
	require.Equal(t, []int{13, 2, 11}, []int{result.Samples, result.Rows, result.Failures})
	want := map[string]string{
		"empty": "read empty-file", "short": "decode truncated-image", "bomb": "decode too-large", "page": "decode unsupported-type",
		"moving": "read unsupported-type", "silent": "read no-caption", "blind": "read no-image", "broken": "read bad-metadata",
		"poison": "embed not-finite", "good": "read duplicate-key", "last": "read tar-truncated",
	}
	got := map[string]string{}
	ledgers, err := filepath.Glob(filepath.Join(dir, "ledger", "*.jsonl"))
	require.NoError(t, err)
	for _, path := range ledgers {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
			var r struct{ Key, Stage, Reason, Detail, Position string }
			require.NoError(t, json.Unmarshal([]byte(line), &r))
			got[r.Key] = fmt.Sprintf("%s %s", r.Stage, r.Reason)
			require.NotEmpty(t, r.Detail)
			require.Contains(t, r.Position, shard)
		}
	}
	require.Equal(t, want, got)
	require.Contains(t, rollcall(t, "verify", dir), "0 findings")
}
