package clip

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/indexer"
)

// copyBundle makes a bundle in a folder of its own, of links to the fixture's files.
func copyBundle(t testing.TB, name string) string {
	t.Helper()
	source, err := filepath.Abs(fixture(t, "models", name))
	require.NoError(t, err)
	target := filepath.Join(t.TempDir(), name)
	err = filepath.WalkDir(source, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(source, path)
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return os.MkdirAll(filepath.Join(target, relative), 0o755)
		}
		return os.Symlink(path, filepath.Join(target, relative))
	})
	require.NoError(t, err)
	return target
}

// replaceFile puts other bytes, or no file when they are nil, in the place of a bundle's file.
func replaceFile(t testing.TB, dir, name string, raw []byte) {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.Remove(path))
	if raw != nil {
		require.NoError(t, os.WriteFile(path, raw, 0o644))
	}
}

// edit replaces one piece of a bundle's text file.
func edit(t testing.TB, dir, name, old, replacement string) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, name))
	require.NoError(t, err)
	require.Contains(t, string(raw), old)
	replaceFile(t, dir, name, bytes.Replace(raw, []byte(old), []byte(replacement), 1))
}

func TestBundleOwn(t *testing.T) {
	b, err := OpenBundle(fixture(t, "models", "own"), "")
	require.NoError(t, err)
	require.Equal(t, LayoutOwn, b.Layout)
	require.Equal(t, "RC-Micro (seeded random weights)", b.Name)
	require.Equal(t, 64, b.Dimension)
	require.Equal(t, "gelu", b.Activation)
	require.Equal(t, 77, b.Text.ContextLength)
	require.Equal(t, TensorInfo{"pixel_values", "float32", []int64{-1, 3, 224, 224}}, b.Image.Inputs[0])
	require.Equal(t, TensorInfo{"input_ids", "int64", []int64{-1, 77}}, b.Text.Inputs[0])
	require.Empty(t, b.Text.Mask)

	// The digests are those of manifest.json, which the export wrote beside the files.
	raw, err := os.ReadFile(fixture(t, "models", "own", "manifest.json"))
	require.NoError(t, err)
	var manifest struct {
		Files map[string]struct {
			Path   string
			Bytes  int64
			SHA256 string
		}
	}
	require.NoError(t, json.Unmarshal(raw, &manifest))
	for _, key := range []string{"visual.fp32", "text.fp32"} {
		want := manifest.Files[key]
		require.Contains(t, b.Files, BundleFile{want.Path, want.Bytes, want.SHA256})
	}
	require.Len(t, b.Files, 3) // two graphs and rollcall-model.json
}

func TestBundleHuggingFace(t *testing.T) {
	b, err := OpenBundle(fixture(t, "models", "hf"), "fp16")
	require.NoError(t, err)
	require.Equal(t, LayoutHuggingFace, b.Layout)
	require.Equal(t, 128, b.Dimension)
	require.Equal(t, "quickgelu", b.Activation)
	require.Equal(t, "shortest", b.Image.Spec.Resize)
	require.Equal(t, "center-hf", b.Image.Spec.Crop)
	require.True(t, b.Image.Spec.ConvertFirst)
	require.True(t, b.Image.Half)
	require.Equal(t, "float16", b.Image.Inputs[0].Type)
	require.EqualValues(t, 49407, b.Text.Pad)
	require.True(t, b.Text.dynamicLength())
}

func TestBundleImmich(t *testing.T) {
	b, err := OpenBundle(fixture(t, "models", "immich"), "")
	require.NoError(t, err)
	require.Equal(t, LayoutImmich, b.Layout)
	require.Equal(t, 64, b.Dimension)
	require.Empty(t, b.Activation)
	require.Equal(t, "int32", b.Text.Inputs[0].Type)
	require.True(t, b.Text.fixedBatch())
	require.True(t, b.Image.alone())
	require.Equal(t, "center-floor", b.Image.Spec.Crop)
}

func TestBundleInt8RunsOneByOne(t *testing.T) {
	b, err := OpenBundle(fixture(t, "models", "own"), "int8")
	require.NoError(t, err)
	require.True(t, b.Image.Quantized)
	require.False(t, b.Image.fixedBatch())
	require.True(t, b.Text.alone())
}

// TestBundleVocabularyFiles: vocab.json with merges.txt is the same vocabulary as tokenizer.json.
func TestBundleVocabularyFiles(t *testing.T) {
	dir := copyBundle(t, "hf")
	replaceFile(t, dir, "tokenizer.json", nil)
	b, err := OpenBundle(dir, "")
	require.NoError(t, err)
	require.Equal(t, []string{"vocab.json", "merges.txt"}, b.Text.Vocabulary)
	single, err := OpenBundle(fixture(t, "models", "hf"), "")
	require.NoError(t, err)
	require.Equal(t, single.Text.vocabulary.merges, b.Text.vocabulary.merges)
	for _, row := range goldenTexts(t) {
		require.Equal(t, row.HuggingFace, b.tokens.Encode(row.Text), "%q", row.Text)
	}
}

func TestBundleDigest(t *testing.T) {
	dir := copyBundle(t, "own")
	b, err := OpenBundle(dir, "")
	require.NoError(t, err)
	original, err := OpenBundle(fixture(t, "models", "own"), "")
	require.NoError(t, err)
	require.Equal(t, original.Digest(), b.Digest(), "the folder does not matter")
	require.Len(t, b.Digest(), 64)
	require.Equal(t, indexer.ModelInfo{
		Name: b.Name, Digest: b.Digest(), Dimension: 64, Preprocessing: b.Image.Spec.String(),
		Decoder: b.pixels.Decoder(), Activation: "gelu",
	}, b.Info())

	seen := map[string]string{b.Digest(): "original"}
	for _, change := range []struct{ old, replacement string }{
		{`"pad": 0`, `"pad": 1`},
		{`"clean": "open_clip"`, `"clean": "hugging_face"`},
		{`0.48145466`, `0.5`},
		{`"text.fp32.onnx"`, `"text.fp16.onnx"`},
	} {
		dir := copyBundle(t, "own")
		edit(t, dir, ownManifest, change.old, change.replacement)
		changed, err := OpenBundle(dir, "")
		require.NoError(t, err)
		require.NotContains(t, seen, changed.Digest(), change.replacement)
		seen[changed.Digest()] = change.replacement
	}
}

// refusals are bundles with one thing wrong, and what the error must say.
func TestBundleRefusals(t *testing.T) {
	const own, hf, immich = "own", "hf", "immich"
	processor := "preprocessor_config.json"
	tests := []struct {
		name, bundle, variant string
		spoil                 func(t *testing.T, dir string)
		want                  string
	}{
		{"unknown variant", own, "fp8", nil, `has no variant "fp8"; it has fp16, int8`},
		{"unknown variant", hf, "q4", nil, `has no variant "q4"; it has fp16`},
		{"unknown variant", immich, "fp16", nil, `has no variant "fp16", only its default files`},
		{"missing tower", own, "", spoilFile("text.fp32.onnx", nil), "text.fp32.onnx is missing"},
		{"missing tower", hf, "", spoilFile("onnx/vision_model.onnx", nil), "onnx/vision_model.onnx is missing"},
		{"missing tower", immich, "", spoilFile("visual/model.onnx", nil), "visual/model.onnx is missing"},
		{"missing configuration", hf, "", spoilFile(processor, nil), processor + " is missing"},
		{"missing configuration", immich, "", spoilFile("visual/preprocess_cfg.json", nil), "visual/preprocess_cfg.json is missing"},
		{"not ONNX", own, "", spoilFile("visual.fp32.onnx", []byte("<html>404</html>")), "visual.fp32.onnx is not an ONNX file"},
		{"empty", own, "", spoilFile("visual.fp32.onnx", []byte{}), "visual.fp32.onnx is not an ONNX file (it has 0 inputs"},
		{"broken JSON", own, "", spoilFile(ownManifest, []byte("{")), ownManifest + " is not the JSON"},
		{"no dimension", own, "", spoilText(ownManifest, `"dimension": 64`, `"dimension": 0`), "dimension is 0"},
		{"another dimension", own, "", spoilText(ownManifest, `"dimension": 64`, `"dimension": 512`), "visual.fp32.onnx gives embeddings of dimension 64, but the bundle's dimension is 512"},
		{"no input name", own, "", spoilText(ownManifest, `"input": "pixel_values"`, `"input": ""`), "image.input is missing"},
		{"wrong input name", own, "", spoilText(ownManifest, `"input": "pixel_values"`, `"input": "images"`), `visual.fp32.onnx has no input "images"; it has pixel_values`},
		{"wrong output name", own, "", spoilText(ownManifest, `"output": "text_embeds"`, `"output": "x"`), `text.fp32.onnx has no output "x"; it has text_embeds`},
		{"wrong size", own, "", spoilText(ownManifest, `"size": 224`, `"size": 336`), `tensor "pixel_values" is float32 [any, 3, 224, 224], want float32 or float16 [any, 3, 336, 336]`},
		{"wrong context", own, "", spoilText(ownManifest, `"context_length": 77`, `"context_length": 64`), `tensor "input_ids" is int64 [any, 77], want int64 or int32 [any, 64]`},
		{"unknown tokenizer", own, "", spoilText(ownManifest, `"clip-bpe"`, `"sentencepiece"`), `text.tokenizer is "sentencepiece", want "clip-bpe"`},
		{"unknown cleaning", own, "", spoilText(ownManifest, `"open_clip"`, `"canonicalize"`), `text cleaning "canonicalize" is unknown`},
		{"unknown interpolation", own, "", spoilText(ownManifest, `"bicubic"`, `"bilinear"`), `interpolation "bilinear"`},
		{"outside the bundle", own, "", spoilText(ownManifest, `"visual.fp32.onnx"`, `"../visual.fp32.onnx"`), "is not the name of a file inside the bundle"},
		{"another architecture", hf, "", spoilText("config.json", `"model_type": "clip"`, `"model_type": "siglip"`), `config.json is of a "siglip" model, want "clip"`},
		{"no normalisation", hf, "", spoilText(processor, `"do_normalize": true`, `"do_normalize": false`), "do_normalize is false"},
		{"bilinear", hf, "", spoilText(processor, `"resample": 3`, `"resample": 2`), "resample is 2, want 3 (bicubic)"},
		{"other scale", hf, "", spoilText(processor, `0.00392156862745098`, `0.0078125`), "rescale_factor is 0.0078125"},
		{"crop is smaller", hf, "", spoilText(processor, `"shortest_edge": 224`, `"shortest_edge": 256`), "do not describe one square"},
		{"no vocabulary", immich, "", spoilFile("textual/tokenizer.json", nil), ""},
		{"another vocabulary", hf, "", spoilText("tokenizer.json", `"type": "BPE"`, `"type": "Unigram"`), `model of type "Unigram", want BPE`},
		{"strange padding", hf, "", spoilText("tokenizer_config.json", `"pad_token": "<|endoftext|>"`, `"pad_token": "<pad>"`), `pad_token "<pad>" is not in the vocabulary`},
	}
	for _, test := range tests {
		t.Run(test.bundle+" "+test.name, func(t *testing.T) {
			dir := copyBundle(t, test.bundle)
			if test.spoil != nil {
				test.spoil(t, dir)
			}
			_, err := OpenBundle(dir, test.variant)
			if test.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.ErrorContains(t, err, dir)
		})
	}
}

func spoilFile(name string, raw []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) { replaceFile(t, dir, name, raw) }
}

func spoilText(name, old, replacement string) func(*testing.T, string) {
	return func(t *testing.T, dir string) { edit(t, dir, name, old, replacement) }
}

func TestBundleTowersOfDifferentModels(t *testing.T) {
	dir := copyBundle(t, "own")
	other, err := os.ReadFile(fixture(t, "models", "hf", "onnx", "text_model.onnx"))
	require.NoError(t, err)
	replaceFile(t, dir, "text.fp32.onnx", other)
	_, err = OpenBundle(dir, "")
	require.ErrorContains(t, err, "text.fp32.onnx gives embeddings of dimension 128, but the bundle's dimension is 64: both towers must agree")
}

func TestBundleCutShort(t *testing.T) {
	dir := copyBundle(t, "own")
	whole, err := os.ReadFile(filepath.Join(dir, "text.fp32.onnx"))
	require.NoError(t, err)
	replaceFile(t, dir, "text.fp32.onnx", whole[:len(whole)/2])
	_, err = OpenBundle(dir, "")
	require.ErrorContains(t, err, "text.fp32.onnx is not an ONNX file")
}

func TestBundleFolders(t *testing.T) {
	_, err := OpenBundle(t.TempDir(), "")
	require.ErrorContains(t, err, "holds no known layout: want rollcall-model.json")
	_, err = OpenBundle(filepath.Join(t.TempDir(), "absent"), "")
	require.ErrorIs(t, err, os.ErrNotExist)
	_, err = OpenBundle("bundle_test.go", "")
	require.ErrorContains(t, err, "want the folder")
}

// TestUnknownOperator: an operator that ONNX Runtime lacks is found when the model is loaded.
func TestUnknownOperator(t *testing.T) {
	rt := startRuntime(t)
	dir := copyBundle(t, "own")
	raw, err := os.ReadFile(filepath.Join(dir, "visual.fp32.onnx"))
	require.NoError(t, err)
	require.Contains(t, string(raw), "Softmax")
	replaceFile(t, dir, "visual.fp32.onnx", bytes.ReplaceAll(raw, []byte("Softmax"), []byte("Softmix")))
	b, err := OpenBundle(dir, "")
	require.NoError(t, err)
	_, err = rt.Load(b, Options{})
	require.ErrorContains(t, err, "visual.fp32.onnx cannot be loaded by ONNX Runtime 1.29.0")
	require.ErrorContains(t, err, "Softmix")
}

func TestImageSides(t *testing.T) {
	for text, want := range map[string]imageSide{
		`224`:                          {shortest: 224},
		`{"shortest_edge": 336}`:       {shortest: 336},
		`{"height": 224, "width":224}`: {height: 224, width: 224},
	} {
		var got imageSide
		require.NoError(t, json.Unmarshal([]byte(text), &got))
		require.Equal(t, want, got)
	}
	var side imageSide
	require.Error(t, json.Unmarshal([]byte(`"big"`), &side))
	var square imageSize
	require.NoError(t, json.Unmarshal([]byte(`[224, 224]`), &square))
	require.EqualValues(t, 224, square)
	require.ErrorContains(t, json.Unmarshal([]byte(`[224, 112]`), &square), "one number or the same number twice")
}

func FuzzBundleJSON(f *testing.F) {
	f.Add(`{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b",["c","d"]]}}`)
	f.Add(`{"size":{"shortest_edge":224},"crop_size":224,"image_mean":[0,0,0],"image_std":[1,1,1]}`)
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		for _, name := range []string{"config.json", "preprocessor_config.json", "tokenizer.json", ownManifest} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
			_, err := OpenBundle(dir, "")
			require.ErrorContains(t, err, strings.TrimSuffix(dir, "/"))
		}
	})
}
