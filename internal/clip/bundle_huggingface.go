package clip

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
)

// huggingFaceConfig is the part of config.json that matters.
type huggingFaceConfig struct {
	ModelType string `json:"model_type"`
	Name      string `json:"_name_or_path"`
	Dimension int    `json:"projection_dim"`
	Text      struct {
		Length int `json:"max_position_embeddings"`
	} `json:"text_config"`
	Vision struct {
		Activation string `json:"hidden_act"`
	} `json:"vision_config"`
}

// openHuggingFace reads a bundle as transformers.js publishes them.
func openHuggingFace(dir, variant string) (*Bundle, error) {
	b := &Bundle{Dir: dir, Layout: LayoutHuggingFace, Variant: variant}
	var c huggingFaceConfig
	if err := b.readJSON("config.json", &c); err != nil {
		return nil, err
	}
	if c.ModelType != "clip" {
		return nil, fmt.Errorf("config.json is of a %q model, want \"clip\"", c.ModelType)
	}
	if c.Dimension == 0 {
		c.Dimension = 512 // the default of transformers' CLIPConfig, left out of files that have it
	}
	if c.Dimension < 1 || c.Dimension > maxDimension {
		return nil, fmt.Errorf("config.json: projection_dim is %d, want 1 to %d", c.Dimension, maxDimension)
	}
	if c.Text.Length == 0 {
		c.Text.Length = 77 // likewise
	}
	b.Name, b.Dimension, b.Activation = c.Name, c.Dimension, plainActivation(c.Vision.Activation)
	if b.Name == "" {
		b.Name = filepath.Base(dir)
	}
	image, text, err := b.huggingFaceFiles(variant)
	if err != nil {
		return nil, err
	}
	spec, err := b.huggingFaceImages()
	if err != nil {
		return nil, err
	}
	b.Image = ImageTower{Tower: Tower{File: image, Input: "pixel_values", Output: "image_embeds"}, Spec: spec}
	b.Text = TextTower{
		Tower:         Tower{File: text, Input: "input_ids", Output: "text_embeds"},
		ContextLength: c.Text.Length, Clean: CleanHuggingFace,
	}
	return b, b.loadVocabulary("")
}

// plainActivation is quick_gelu without the underscore, as open_clip spells it.
func plainActivation(name string) string {
	if name == "" {
		return "quickgelu" // transformers' default for CLIP
	}
	return strings.ReplaceAll(name, "_", "")
}

// huggingFaceFiles names the graphs of a variant and checks that they are there.
func (b *Bundle) huggingFaceFiles(variant string) (image, text string, err error) {
	suffix := ""
	if variant != "" {
		suffix = "_" + variant
	}
	image, text = "onnx/vision_model"+suffix+".onnx", "onnx/text_model"+suffix+".onnx"
	if variant != "" && !b.has(image) && !b.has(text) {
		return "", "", unknownVariant(variant, b.huggingFaceVariants())
	}
	for _, name := range []string{image, text} {
		if !b.has(name) {
			return "", "", fmt.Errorf("%s is missing: both towers are needed, as two files", name)
		}
	}
	return image, text, nil
}

// huggingFaceVariants lists the variants of which both towers are there.
func (b *Bundle) huggingFaceVariants() []string {
	var variants []string
	paths, _ := filepath.Glob(filepath.Join(b.Dir, "onnx", "vision_model_*.onnx")) // the pattern is well-formed
	for _, path := range paths {
		name := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "vision_model_"), ".onnx")
		if b.has("onnx/text_model_" + name + ".onnx") {
			variants = append(variants, name)
		}
	}
	slices.Sort(variants)
	return variants
}

// huggingFaceProcessor is preprocessor_config.json. What it leaves out has the default of
// transformers' CLIPImageProcessor.
type huggingFaceProcessor struct {
	Resize    *bool       `json:"do_resize"`
	Crop      *bool       `json:"do_center_crop"`
	Rescale   *bool       `json:"do_rescale"`
	Normalize *bool       `json:"do_normalize"`
	Size      imageSide   `json:"size"`
	CropSize  imageSide   `json:"crop_size"`
	Resample  *int        `json:"resample"`
	Factor    *float64    `json:"rescale_factor"`
	Mean      *[3]float32 `json:"image_mean"`
	Std       *[3]float32 `json:"image_std"`
}

// imageSide is a size as the versions of transformers write it: a number, a short side, or height
// and width.
type imageSide struct {
	shortest      int
	height, width int
}

// UnmarshalJSON reads any of the three forms.
func (s *imageSide) UnmarshalJSON(raw []byte) error {
	if json.Unmarshal(raw, &s.shortest) == nil {
		return nil
	}
	var named struct {
		Shortest int `json:"shortest_edge"`
		Height   int `json:"height"`
		Width    int `json:"width"`
	}
	if err := json.Unmarshal(raw, &named); err != nil {
		return fmt.Errorf("a size is %s, want a number, shortest_edge, or height and width", raw)
	}
	s.shortest, s.height, s.width = named.Shortest, named.Height, named.Width
	return nil
}

// huggingFaceImages reads how a bundle wants its images. transformers converts to RGB first.
func (b *Bundle) huggingFaceImages() (ImageSpec, error) {
	const name = "preprocessor_config.json"
	var p huggingFaceProcessor
	if err := b.readJSON(name, &p); err != nil {
		return ImageSpec{}, err
	}
	spec, err := p.spec()
	if err != nil {
		return ImageSpec{}, fmt.Errorf("%s: %w", name, err)
	}
	return spec, nil
}

func (p *huggingFaceProcessor) spec() (ImageSpec, error) {
	for _, step := range []struct {
		name string
		on   *bool
	}{{"do_resize", p.Resize}, {"do_rescale", p.Rescale}, {"do_normalize", p.Normalize}} {
		if step.on != nil && !*step.on {
			return ImageSpec{}, fmt.Errorf("%s is false; CLIP images are resized, rescaled and normalised", step.name)
		}
	}
	if p.Resample != nil && *p.Resample != 3 {
		return ImageSpec{}, fmt.Errorf("resample is %d, want 3 (bicubic)", *p.Resample)
	}
	if p.Factor != nil && math.Abs(*p.Factor*255-1) > 1e-9 {
		return ImageSpec{}, fmt.Errorf("rescale_factor is %v, want 1/255", *p.Factor)
	}
	if p.Mean == nil || p.Std == nil {
		return ImageSpec{}, errors.New("image_mean or image_std is missing")
	}
	spec := ImageSpec{Interpolation: "bicubic", Mean: *p.Mean, Std: *p.Std, ConvertFirst: true}
	return spec, p.geometry(&spec)
}

// geometry fills in size, resize and crop.
func (p *huggingFaceProcessor) geometry(spec *ImageSpec) error {
	crops := p.Crop == nil || *p.Crop
	crop := max(p.CropSize.shortest, p.CropSize.height)
	switch {
	case p.Size.shortest > 0 && crops && (crop == 0 || crop == p.Size.shortest):
		spec.Size, spec.Resize, spec.Crop = p.Size.shortest, "shortest", "center-hf"
	case p.Size.height > 0 && p.Size.height == p.Size.width && (!crops || crop == 0 || crop == p.Size.height):
		spec.Size, spec.Resize, spec.Crop = p.Size.height, "squash", "none"
	default:
		return fmt.Errorf("size and crop_size do not describe one square (short side %d, %d x %d, crop %d): the image must be resized to the side that is cropped",
			p.Size.shortest, p.Size.height, p.Size.width, crop)
	}
	return nil
}
