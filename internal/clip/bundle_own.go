package clip

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// ownManifest is the file that makes a folder with two ONNX files a bundle of the own layout.
const ownManifest = "rollcall-model.json"

// ownConfig is rollcall-model.json.
type ownConfig struct {
	Name       string `json:"name"`
	Dimension  int    `json:"dimension"`
	Activation string `json:"activation"`
	Image      struct {
		File          string     `json:"file"`
		Input         string     `json:"input"`
		Output        string     `json:"output"`
		Size          int        `json:"size"`
		Resize        string     `json:"resize"`
		Interpolation string     `json:"interpolation"`
		Crop          string     `json:"crop"`
		Mean          [3]float32 `json:"mean"`
		Std           [3]float32 `json:"std"`
	} `json:"image"`
	Text struct {
		File          string `json:"file"`
		Input         string `json:"input"`
		Output        string `json:"output"`
		ContextLength int    `json:"context_length"`
		Tokenizer     string `json:"tokenizer"`
		Clean         string `json:"clean"`
		Pad           int64  `json:"pad"`
	} `json:"text"`
	Variants map[string]struct {
		Image string `json:"image"`
		Text  string `json:"text"`
	} `json:"variants"`
}

// openOwn reads a bundle that describes itself in rollcall-model.json.
func openOwn(dir, variant string) (*Bundle, error) {
	b := &Bundle{Dir: dir, Layout: LayoutOwn, Variant: variant}
	var c ownConfig
	if err := b.readJSON(ownManifest, &c); err != nil {
		return nil, err
	}
	if variant != "" {
		files, known := c.Variants[variant]
		if !known {
			return nil, unknownVariant(variant, slices.Sorted(maps.Keys(c.Variants)))
		}
		c.Image.File, c.Text.File = files.Image, files.Text
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", ownManifest, err)
	}
	b.Name, b.Dimension, b.Activation = c.Name, c.Dimension, c.Activation
	if b.Name == "" {
		b.Name = filepath.Base(dir)
	}
	b.Image = ImageTower{
		Tower: Tower{File: c.Image.File, Input: c.Image.Input, Output: c.Image.Output},
		Spec: ImageSpec{
			Size: c.Image.Size, Resize: c.Image.Resize, Crop: c.Image.Crop,
			Interpolation: c.Image.Interpolation, Mean: c.Image.Mean, Std: c.Image.Std,
		},
	}
	v, err := sharedVocabulary()
	if err != nil {
		return nil, err
	}
	b.Text = TextTower{
		Tower:         Tower{File: c.Text.File, Input: c.Text.Input, Output: c.Text.Output},
		ContextLength: c.Text.ContextLength, Pad: c.Text.Pad, Clean: c.Text.Clean,
		vocabulary: v,
	}
	return b, nil
}

// validate lists the settings that are absent or unknown; image settings are checked with the
// preprocessing, files and tensors with the graphs.
func (c *ownConfig) validate() error {
	var wrong []string
	required := []struct{ key, value string }{
		{"image.file", c.Image.File}, {"image.input", c.Image.Input}, {"image.output", c.Image.Output},
		{"text.file", c.Text.File}, {"text.input", c.Text.Input}, {"text.output", c.Text.Output},
	}
	for _, setting := range required {
		if setting.value == "" {
			wrong = append(wrong, setting.key+" is missing")
		}
	}
	if c.Dimension < 1 || c.Dimension > maxDimension {
		wrong = append(wrong, fmt.Sprintf("dimension is %d, want 1 to %d", c.Dimension, maxDimension))
	}
	if c.Text.Tokenizer != "clip-bpe" {
		wrong = append(wrong, fmt.Sprintf("text.tokenizer is %q, want \"clip-bpe\"", c.Text.Tokenizer))
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return nil
}

// maxDimension bounds the size of embeddings; the largest published CLIP has 1280.
const maxDimension = 1 << 16

func unknownVariant(variant string, known []string) error {
	if len(known) == 0 {
		return fmt.Errorf("has no variant %q, only its default files: leave the variant out", variant)
	}
	return fmt.Errorf("has no variant %q; it has %s, and the default without a variant", variant, strings.Join(known, ", "))
}
