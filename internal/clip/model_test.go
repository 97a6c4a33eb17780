package clip

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/auditor"
	"rollcall/indexer"
	"rollcall/retriever"
)

// A Model is what the three rooms ask for.
var (
	_ indexer.Encoder   = (*Model)(nil)
	_ retriever.Encoder = (*Model)(nil)
	_ auditor.Encoder   = (*Model)(nil)
)

// startRuntime loads the library that `make setup` fetched.
func startRuntime(t testing.TB) *Runtime {
	t.Helper()
	path := filepath.Join("..", "..", ".cache", "onnxruntime")
	if _, err := os.Stat(path); err != nil {
		skip(t, "ONNX Runtime is absent: run make setup")
	}
	rt, err := Start(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, rt.Close()) })
	return rt
}

// loadModel loads a bundle of the fixtures.
func loadModel(t testing.TB, name, variant string) *Model {
	t.Helper()
	rt := startRuntime(t)
	b, err := OpenBundle(fixture(t, "models", name), variant)
	require.NoError(t, err)
	m, err := rt.Load(b, Options{Threads: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, m.Close()) })
	return m
}

// golden is golden/embeddings.json with the torch embeddings of RC-Micro.
type golden struct {
	Texts  []string `json:"texts"`
	Images []string `json:"images"`

	textRows, imageRows [][]float32
}

func readGolden(t testing.TB) golden {
	t.Helper()
	var g golden
	raw, err := os.ReadFile(fixture(t, "golden", "embeddings.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &g))
	g.textRows = rowsOf(t, fixture(t, "golden", "emb_RC-Micro_text.npy"))
	g.imageRows = rowsOf(t, fixture(t, "golden", "emb_RC-Micro_image.npy"))
	require.Len(t, g.textRows, len(g.Texts))
	require.Len(t, g.imageRows, len(g.Images))
	return g
}

func (g golden) imageFiles(t testing.TB) [][]byte {
	t.Helper()
	files := make([][]byte, len(g.Images))
	for i, name := range g.Images {
		var err error
		files[i], err = os.ReadFile(fixture(t, "golden", "images", name))
		require.NoError(t, err)
	}
	return files
}

func requireClose(t testing.TB, want, got [][]float32, least float64, names []string) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range want {
		require.InDelta(t, 1, vectorLength(got[i]), 1e-6, "%q", names[i])
		require.GreaterOrEqual(t, cosine(want[i], got[i]), least, "%q", names[i])
	}
}

func TestOwnBundleMatchesTorch(t *testing.T) {
	// 0.99999 is the tolerance of fp32. The float16 and int8 files differ from torch by up to
	// 1.3e-6 and 4.5e-4 in cosine by themselves (manifest.json beside them).
	tests := []struct {
		variant string
		least   float64
	}{{"", 0.99999}, {"fp16", 0.9999}, {"int8", 0.999}}
	g := readGolden(t)
	for _, test := range tests {
		t.Run("variant "+test.variant, func(t *testing.T) {
			m := loadModel(t, "own", test.variant)
			texts, err := m.EncodeTexts(t.Context(), g.Texts)
			require.NoError(t, err)
			requireClose(t, g.textRows, texts, test.least, g.Texts)
			images, failed, err := m.EncodeImages(t.Context(), g.imageFiles(t))
			require.NoError(t, err)
			require.Equal(t, make([]error, len(g.Images)), failed)
			if m.bundle.pixels.Decoder() == "go" {
				skip(t, "JPEG pixels are exact only with libjpeg-turbo")
			}
			requireClose(t, g.imageRows, images, test.least, g.Images)
		})
	}
}

// huggingFaceGolden is golden/hf_embeddings.json: transformers' own output.
type huggingFaceGolden struct {
	Texts  []string    `json:"texts"`
	IDs    [][]int64   `json:"input_ids"`
	TextE  [][]float32 `json:"text_embeds"`
	ImageE [][]float32 `json:"image_embeds"`
}

func TestHuggingFaceBundleMatchesTransformers(t *testing.T) {
	var g huggingFaceGolden
	raw, err := os.ReadFile(fixture(t, "golden", "hf_embeddings.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &g))
	require.NotEmpty(t, g.Texts)
	var pixels []indexer.Pixels
	for _, row := range rowsOf(t, fixture(t, "golden", "hf_pixels.npy")) {
		pixels = append(pixels, row)
	}
	for _, test := range []struct {
		variant string
		least   float64
	}{{"", 0.99999}, {"fp16", 0.9999}} {
		t.Run("variant "+test.variant, func(t *testing.T) {
			m := loadModel(t, "hf", test.variant)
			require.Equal(t, g.IDs, m.Tokens(g.Texts))
			texts, err := m.EncodeTexts(t.Context(), g.Texts)
			require.NoError(t, err)
			requireClose(t, g.TextE, texts, test.least, g.Texts)
			images, err := m.EncodePixels(t.Context(), pixels)
			require.NoError(t, err)
			requireClose(t, g.ImageE, images, test.least, []string{"first", "second"})
		})
	}
}

// TestImmichBundleMatchesTorch: the bundle holds the weights of RC-Micro, whose torch embeddings
// are golden. Immich cleans texts less than open_clip and may crop one pixel beside it, so only
// plain texts and the image that needs neither resize nor crop can be compared.
func TestImmichBundleMatchesTorch(t *testing.T) {
	g := readGolden(t)
	m := loadModel(t, "immich", "")
	var texts []string
	var want [][]float32
	for i, text := range g.Texts {
		if isPlain(text) && !strings.ContainsAny(text, "<|\t\n") {
			texts, want = append(texts, text), append(want, g.textRows[i])
		}
	}
	require.Greater(t, len(texts), 50)
	got, err := m.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	requireClose(t, want, got, 0.99999, texts)

	at := slices.Index(g.Images, "16_exact_224.png")
	images, failed, err := m.EncodeImages(t.Context(), g.imageFiles(t)[at:at+1])
	require.NoError(t, err)
	require.NoError(t, failed[0])
	requireClose(t, g.imageRows[at:at+1], images, 0.99999, g.Images[at:at+1])
}

// TestBatchSizeDoesNotMatter: a vector is the same bit for bit, alone and among others.
func TestBatchSizeDoesNotMatter(t *testing.T) {
	g := readGolden(t)
	for _, name := range []string{"own", "hf", "immich"} {
		t.Run(name, func(t *testing.T) {
			m := loadModel(t, name, "")
			together, err := m.EncodeTexts(t.Context(), g.Texts)
			require.NoError(t, err)
			images := g.imageFiles(t)[:6]
			imagesTogether, failed, err := m.EncodeImages(t.Context(), images)
			require.NoError(t, err)
			require.Equal(t, make([]error, 6), failed)
			for i := range g.Texts[:40] {
				alone, err := m.EncodeTexts(t.Context(), g.Texts[i:i+1])
				require.NoError(t, err)
				require.Equal(t, alone[0], together[i], "%q", g.Texts[i])
			}
			for i := range images {
				alone, _, err := m.EncodeImages(t.Context(), images[i:i+1])
				require.NoError(t, err)
				require.Equal(t, alone[0], imagesTogether[i], g.Images[i])
			}
		})
	}
}

// TestShortRunsGiveTheSameVectors compares texts run at their own length with the same texts
// padded to the whole context, as the reference runs them.
func TestShortRunsGiveTheSameVectors(t *testing.T) {
	m := loadModel(t, "hf", "")
	texts := []string{"x", "a photo of Ana", "a person named Dr. Strange in a suit", strings.Repeat("long ", 100)}
	short, err := m.EncodeTexts(t.Context(), texts)
	require.NoError(t, err)
	for i, text := range texts {
		padded, err := m.runTexts(t.Context(), []*tokenized{{ids: m.bundle.tokens.Encode(text), length: 77}})
		require.NoError(t, err)
		require.LessOrEqual(t, greatestDifference(padded[0], short[i]), 1e-6, "%q", text)
	}
	require.Equal(t, 4, m.runLength(3)) // start, x, end
	require.Equal(t, 77, m.runLength(77))
}

func TestEqualInputsRunOnce(t *testing.T) {
	m := loadModel(t, "own", "")
	distinct, err := m.tokenize(t.Context(), []string{"b", "a", "b", "b"})
	require.NoError(t, err)
	require.Len(t, distinct, 2)
	require.Equal(t, []int{0, 2, 3}, distinct[0].indexes)

	vectors, err := m.EncodeTexts(t.Context(), []string{"b", "a", "b"})
	require.NoError(t, err)
	require.Equal(t, vectors[0], vectors[2])
	vectors[0][0] = 7
	require.NotEqual(t, vectors[0], vectors[2], "equal texts must not share memory")
}

func TestBadImagesAreReportedByPosition(t *testing.T) {
	m := loadModel(t, "own", "")
	good, err := os.ReadFile(fixture(t, "golden", "images", "16_exact_224.png"))
	require.NoError(t, err)
	vectors, failed, err := m.EncodeImages(t.Context(), [][]byte{nil, good, []byte("not an image"), good, good[:200]})
	require.NoError(t, err)
	require.ErrorIs(t, failed[0], ErrEmpty)
	require.ErrorIs(t, failed[2], ErrUnsupported)
	require.ErrorIs(t, failed[4], ErrDecode)
	require.NoError(t, failed[1])
	require.NoError(t, failed[3])
	require.Nil(t, vectors[0])
	require.Nil(t, vectors[2])
	require.Nil(t, vectors[4])
	require.Equal(t, vectors[1], vectors[3])
}

func TestNothingToDo(t *testing.T) {
	m := loadModel(t, "own", "")
	texts, err := m.EncodeTexts(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, texts)
	pixels, err := m.EncodePixels(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, pixels)
	images, failed, err := m.EncodeImages(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, images)
	require.Empty(t, failed)
}

func TestPixelsOfAnotherSize(t *testing.T) {
	m := loadModel(t, "own", "")
	_, err := m.EncodePixels(t.Context(), []indexer.Pixels{make(indexer.Pixels, 12)})
	require.ErrorContains(t, err, "an image of 12 values; visual.fp32.onnx takes 150528") // 3*224*224
}

func TestCancel(t *testing.T) {
	m := loadModel(t, "own", "")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := m.EncodeTexts(cancelled, []string{"a"})
	require.ErrorIs(t, err, context.Canceled)
	_, _, err = m.EncodeImages(cancelled, [][]byte{[]byte("x")})
	require.ErrorIs(t, err, context.Canceled)

	// Minutes of work, stopped after a moment.
	texts := make([]string, 200_000)
	for i := range texts {
		texts[i] = fmt.Sprintf("text number %d", i)
	}
	short, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	_, err = m.EncodeTexts(short, texts)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	deadline, _ := short.Deadline()
	require.Less(t, time.Since(deadline), time.Second)
}

func TestManyGoroutinesShareAModel(t *testing.T) {
	m := loadModel(t, "own", "")
	want, err := m.EncodeTexts(t.Context(), []string{"a photo", "of a cat"})
	require.NoError(t, err)
	var group sync.WaitGroup
	got := make([][][]float32, 8)
	for i := range got {
		group.Go(func() { got[i], _ = m.EncodeTexts(t.Context(), []string{"a photo", "of a cat"}) })
	}
	group.Wait()
	for _, vectors := range got {
		require.Equal(t, want, vectors)
	}
}

func TestSelfTest(t *testing.T) {
	for _, test := range []struct{ bundle, variant string }{
		{"own", ""}, {"own", "fp16"}, {"own", "int8"}, {"hf", ""}, {"hf", "fp16"}, {"immich", ""},
	} {
		t.Run(test.bundle+" "+test.variant, func(t *testing.T) {
			result, err := loadModel(t, test.bundle, test.variant).SelfTest(t.Context())
			require.NoError(t, err)
			require.NoError(t, result.Err())
			if test.variant != "fp16" {
				require.Zero(t, result.BatchDifference)
			}
		})
	}
}

func TestSelfTestSaysWhatIsWrong(t *testing.T) {
	require.NoError(t, SelfTest{Finite: true, Unit: true, Repeatable: true, BatchDifference: 1e-4}.Err())
	err := SelfTest{BatchDifference: 0.1}.Err()
	require.ErrorContains(t, err, "not finite")
	require.ErrorContains(t, err, "different vectors")
	require.ErrorContains(t, err, "batch companions (by up to 0.1)")
}

func TestCUDAIsNeverReplacedByTheCPU(t *testing.T) {
	rt := startRuntime(t)
	b, err := OpenBundle(fixture(t, "models", "own"), "")
	require.NoError(t, err)
	_, err = rt.Load(b, Options{Device: "tpu"})
	require.ErrorContains(t, err, `device "tpu" is unknown: want cpu, cuda or cuda:N`)
	_, err = rt.Load(b, Options{Device: "cuda:x"})
	require.ErrorContains(t, err, `device "cuda:x" is unknown`)
	// The CPU build of the library, which make setup fetches, has no CUDA.
	_, err = rt.Load(b, Options{Device: "cuda"})
	require.ErrorContains(t, err, "device cuda: this ONNX Runtime cannot use CUDA")
	require.ErrorContains(t, err, "onnxruntime-gpu 1.29.0")
}
