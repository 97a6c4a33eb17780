package clip

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// immichConfig is the part of open_clip's model configuration that matters.
type immichConfig struct {
	Dimension int   `json:"embed_dim"`
	QuickGELU *bool `json:"quick_gelu"`
	Text      struct {
		Length int `json:"context_length"`
	} `json:"text_cfg"`
}

// immichImages is visual/preprocess_cfg.json.
type immichImages struct {
	Size          imageSize  `json:"size"`
	Mode          string     `json:"mode"`
	Mean          [3]float32 `json:"mean"`
	Std           [3]float32 `json:"std"`
	Interpolation string     `json:"interpolation"`
	Resize        string     `json:"resize_mode"`
}

// openImmich reads a bundle as Immich publishes them.
func openImmich(dir, variant string) (*Bundle, error) {
	if variant != "" {
		return nil, unknownVariant(variant, nil)
	}
	b := &Bundle{Dir: dir, Layout: LayoutImmich, Name: filepath.Base(dir)}
	var c immichConfig
	if err := b.readJSON("config.json", &c); err != nil {
		return nil, err
	}
	if c.Dimension < 1 || c.Dimension > maxDimension {
		return nil, fmt.Errorf("config.json: embed_dim is %d, want 1 to %d", c.Dimension, maxDimension)
	}
	if c.Text.Length == 0 {
		c.Text.Length = 77 // open_clip's default
	}
	b.Dimension = c.Dimension
	switch {
	case c.QuickGELU == nil: // pretrained weights may decide it, so nothing is known
	case *c.QuickGELU:
		b.Activation = "quickgelu"
	default:
		b.Activation = "gelu"
	}
	var images immichImages
	if err := b.readJSON("visual/preprocess_cfg.json", &images); err != nil {
		return nil, err
	}
	spec, err := images.spec()
	if err != nil {
		return nil, fmt.Errorf("visual/preprocess_cfg.json: %w", err)
	}
	b.Image = ImageTower{Tower: Tower{File: "visual/model.onnx", Input: "image", Output: "embedding"}, Spec: spec}
	b.Text = TextTower{
		Tower:         Tower{File: "textual/model.onnx", Input: "text", Output: "embedding"},
		ContextLength: c.Text.Length, Clean: CleanHuggingFace,
	}
	return b, b.loadVocabulary("textual/")
}

// spec is how Immich prepares an image: RGB first, and a crop whose corner is rounded down.
func (c *immichImages) spec() (ImageSpec, error) {
	if c.Mode != "" && c.Mode != "RGB" {
		return ImageSpec{}, fmt.Errorf("mode is %q, want RGB", c.Mode)
	}
	spec := ImageSpec{
		Size: int(c.Size), Resize: c.Resize, Crop: "center-floor", Interpolation: c.Interpolation,
		Mean: c.Mean, Std: c.Std, ConvertFirst: true,
	}
	if spec.Resize == "squash" {
		spec.Crop = "none"
	}
	return spec, nil
}

// imageSize is the side of a square: a number, or the same number twice.
type imageSize int

// UnmarshalJSON reads either form.
func (s *imageSize) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, (*int)(s)) == nil {
		return nil
	}
	var sides []int
	if err := json.Unmarshal(raw, &sides); err != nil || len(sides) != 2 || sides[0] != sides[1] {
		return fmt.Errorf("size is %s, want one number or the same number twice", raw)
	}
	*s = imageSize(sides[0])
	return nil
}
