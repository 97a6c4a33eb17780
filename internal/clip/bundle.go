package clip

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rollcall/indexer"
)

// The layouts in which a model bundle may be published.
const (
	LayoutOwn         = "rollcall"
	LayoutHuggingFace = "hugging_face"
	LayoutImmich      = "immich"
)

// maxConfigBytes bounds what is read of a bundle's JSON and text files. Tokenizers of real CLIP
// models take 4 MB.
const maxConfigBytes = 64 << 20

// Bundle is a model folder that has been read and checked, apart from running it.
type Bundle struct {
	Dir        string // the folder
	Layout     string // LayoutOwn, LayoutHuggingFace or LayoutImmich
	Name       string
	Variant    string // "" for the default files, else "fp16", "int8", ...
	Dimension  int    // of image and text embeddings
	Activation string // "quickgelu", "gelu", or "" when the bundle does not say
	Image      ImageTower
	Text       TextTower
	Files      []BundleFile // every file that was read, by name

	pixels *Preprocessor
	tokens *Tokenizer
}

// BundleFile is one file of a bundle.
type BundleFile struct {
	Name   string `json:"name"` // relative to the bundle, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Tower is one of the two ONNX graphs of a CLIP model.
type Tower struct {
	File    string       // relative to the bundle
	Input   string       // tensor that takes the batch: pixels or token ids
	Output  string       // tensor that gives the embeddings
	Inputs  []TensorInfo // as the file declares them
	Outputs []TensorInfo
	// Half is true when weights are float16, Quantized when activations are quantised at run time:
	// then a vector would depend on its batch companions, and samples run one at a time.
	Half, Quantized bool

	external []string // files with weights beside it
}

// ImageTower is the image encoder.
type ImageTower struct {
	Tower
	Spec ImageSpec
}

// TextTower is the text encoder.
type TextTower struct {
	Tower
	Mask          string   // tensor that takes the attention mask; "" when the graph has none
	ContextLength int      // tokens that it reads at most
	Pad           int64    // token id of padding
	Clean         string   // CleanOpenCLIP or CleanHuggingFace
	Vocabulary    []string // files of the vocabulary; none for the built-in one

	vocabulary *vocabulary
}

// OpenBundle reads the bundle in dir and checks it: every file is there, both graphs have the
// tensors that the layout promises, and the dimensions agree. variant chooses among the bundle's
// files, "" the default ones. The error names the file and what was expected of it.
func OpenBundle(dir, variant string) (*Bundle, error) {
	b, err := openLayout(dir, variant)
	if err != nil {
		return nil, fmt.Errorf("model bundle %s: %w", dir, err)
	}
	if err := b.complete(); err != nil {
		return nil, fmt.Errorf("model bundle %s: %w", dir, err)
	}
	return b, nil
}

// openLayout finds out which layout dir has, and reads its configuration.
func openLayout(dir, variant string) (*Bundle, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	if !info.IsDir() {
		return nil, errors.New("is a file; want the folder that holds the model's files")
	}
	has := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	switch {
	case has(ownManifest):
		return openOwn(dir, variant)
	case has("visual") || has("textual"):
		return openImmich(dir, variant)
	case has("onnx") || has("preprocessor_config.json"):
		return openHuggingFace(dir, variant)
	}
	return nil, fmt.Errorf("holds no known layout: want %s, or onnx/ and preprocessor_config.json (Hugging Face), or visual/ and textual/ (Immich)", ownManifest)
}

// complete checks the graphs and reads what all layouts have in common.
func (b *Bundle) complete() (err error) {
	if b.pixels, err = NewPreprocessor(b.Image.Spec); err != nil {
		return err
	}
	if b.tokens, err = newTokenizer(b.Text.vocabulary, b.Text.Clean, b.Text.ContextLength, b.Text.Pad); err != nil {
		return err
	}
	if err := b.Image.inspect(b.Dir); err != nil {
		return err
	}
	if err := b.Text.inspect(b.Dir); err != nil {
		return err
	}
	if err := b.checkImage(); err != nil {
		return err
	}
	if err := b.checkText(); err != nil {
		return err
	}
	for _, name := range slices.Concat([]string{b.Image.File, b.Text.File}, b.Image.external, b.Text.external) {
		if err := b.add(name); err != nil {
			return err
		}
	}
	slices.SortFunc(b.Files, func(a, c BundleFile) int {
		return strings.Compare(a.Name, c.Name)
	})
	return nil
}

// add hashes a file into Files, once.
func (b *Bundle) add(name string) error {
	if slices.ContainsFunc(b.Files, func(f BundleFile) bool { return f.Name == name }) {
		return nil
	}
	file, err := os.Open(filepath.Join(b.Dir, filepath.FromSlash(name)))
	if err != nil {
		return missing(name, err)
	}
	defer file.Close()
	digest := sha256.New()
	size, err := io.Copy(digest, file)
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", name, err)
	}
	b.Files = append(b.Files, BundleFile{Name: name, Bytes: size, SHA256: hex.EncodeToString(digest.Sum(nil))})
	return nil
}

// read returns a small file's bytes and lists it in Files.
func (b *Bundle) read(name string) ([]byte, error) {
	file, err := os.Open(filepath.Join(b.Dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, missing(name, err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxConfigBytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", name, err)
	}
	if len(raw) > maxConfigBytes {
		return nil, fmt.Errorf("%s has more than %d bytes: not a model's configuration", name, maxConfigBytes)
	}
	return raw, b.add(name)
}

// readJSON decodes a configuration file into value.
func (b *Bundle) readJSON(name string, value any) error {
	raw, err := b.read(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, value); err != nil {
		return fmt.Errorf("%s is not the JSON that its layout has: %w", name, err)
	}
	return nil
}

// has reports whether the bundle has a file.
func (b *Bundle) has(name string) bool {
	info, err := os.Stat(filepath.Join(b.Dir, filepath.FromSlash(name)))
	return err == nil && info.Mode().IsRegular()
}

func missing(name string, err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is missing; fetch the bundle again, completely", name)
	}
	return fmt.Errorf("%s cannot be opened: %w", name, err)
}

// Digest is the SHA-256, in hexadecimal, of all that decides a vector: the weights and graphs of
// both towers, the vocabulary, and the preprocessing of images and texts. Where and under which
// name a bundle lies does not matter.
func (b *Bundle) Digest() string {
	sum := make(map[string]string, len(b.Files))
	for _, f := range b.Files {
		sum[f.Name] = f.SHA256
	}
	digest := sha256.New()
	tower := func(kind string, t Tower) {
		fmt.Fprintf(digest, "%s %s %s %s\n", kind, t.Input, t.Output, sum[t.File])
		for _, name := range t.external {
			fmt.Fprintf(digest, "weights %s\n", sum[name])
		}
	}
	tower("image", b.Image.Tower)
	fmt.Fprintf(digest, "%s\n", b.Image.Spec)
	tower("text", b.Text.Tower)
	fmt.Fprintf(digest, "context=%d pad=%d clean=%s\n", b.Text.ContextLength, b.Text.Pad, b.Text.Clean)
	if len(b.Text.Vocabulary) == 0 {
		fmt.Fprintf(digest, "vocabulary %x\n", sha256.Sum256(vocabularyFile))
	}
	for _, name := range b.Text.Vocabulary {
		fmt.Fprintf(digest, "vocabulary %s\n", sum[name])
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// Info identifies the bundle in an index.
func (b *Bundle) Info() indexer.ModelInfo {
	return indexer.ModelInfo{
		Name:          b.Name,
		Digest:        b.Digest(),
		Dimension:     b.Dimension,
		Variant:       b.Variant,
		Preprocessing: b.Image.Spec.String(),
		Decoder:       b.pixels.Decoder(),
		Activation:    b.Activation,
	}
}
