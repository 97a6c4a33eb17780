package face

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"rollcall/internal/onnx"
)

// BundleName is the file that makes a folder a bundle of face models.
const BundleName = "rollcall-faces.json"

// maxBundleFile bounds BundleName.
const maxBundleFile = 1 << 20

// Bundle is a detector and a recogniser, and what counts as a face.
type Bundle struct {
	Detector   string  `json:"detector"`   // file of a YuNet or CenterFace graph, in the folder
	Recogniser string  `json:"recogniser"` // file of a graph that takes faces of 112 (ArcFace) or 150 pixels (dlib)
	MinScore   float32 `json:"min_score"`  // of the detector, from 0 to 1; 0 is 0.6
	MinFace    float32 `json:"min_face"`   // pixels of the box's shorter side; 0 is 24
}

func readBundle(dir string) (b Bundle, err error) {
	path := filepath.Join(dir, BundleName)
	f, err := os.Open(path)
	if err != nil {
		return b, fmt.Errorf("face bundle: %w; the folder needs %s with the files of detector and recogniser", err, BundleName)
	}
	defer f.Close() // read only
	data, err := io.ReadAll(io.LimitReader(f, maxBundleFile))
	if err != nil {
		return b, err
	}
	if err := json.Unmarshal(data, &b); err != nil {
		return b, fmt.Errorf("face bundle: %s: %w", path, err)
	}
	for _, name := range []string{b.Detector, b.Recogniser} {
		if !filepath.IsLocal(name) {
			return b, fmt.Errorf("face bundle: %s: %q is no file in the folder; name detector and recogniser", path, name)
		}
	}
	if b.MinScore == 0 {
		b.MinScore = 0.6
	}
	if b.MinFace == 0 {
		b.MinFace = 24
	}
	if !(b.MinScore > 0 && b.MinScore <= 1 && b.MinFace >= 1) {
		return b, fmt.Errorf("face bundle: %s: min_score %v and min_face %v: a score from 0 to 1, and pixels", path, b.MinScore, b.MinFace)
	}
	return b, nil
}

// Model is a bundle, loaded. It serves any number of goroutines.
type Model struct {
	bundle     Bundle
	digest     string
	runtime    *onnx.Runtime
	detector   detector
	recogniser *recogniser
}

// Open loads the bundle in a folder. libraryPath is ONNX Runtime's, "" where it is usual. Close the
// model.
func Open(libraryPath, dir string, o onnx.Options) (*Model, error) {
	b, err := readBundle(dir)
	if err != nil {
		return nil, err
	}
	m := &Model{bundle: b}
	if m.digest, err = digestOf(dir, b); err != nil {
		return nil, err
	}
	if m.runtime, err = onnx.Start(libraryPath); err != nil {
		return nil, err
	}
	m.detector, err = openDetector(filepath.Join(dir, b.Detector), o)
	if err == nil {
		m.recogniser, err = openRecogniser(filepath.Join(dir, b.Recogniser), o)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("face bundle %s: %w", dir, err), m.Close())
	}
	return m, nil
}

// finding is raised when the same models and settings give other boxes or vectors than before.
const finding = 2

// digestOf is over both graphs and the settings: faces of two digests cannot be compared.
func digestOf(dir string, b Bundle) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, finding, b.MinScore, b.MinFace) // a hash has no errors
	for _, name := range []string{b.Detector, b.Recogniser} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			return "", fmt.Errorf("face bundle: %w", err)
		}
		_, err = io.Copy(h, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return "", fmt.Errorf("face bundle: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Digest identifies the bundle: SHA-256 over both graphs and the settings.
func (m *Model) Digest() string { return m.digest }

// Dimension is that of the vectors.
func (m *Model) Dimension() int { return m.recogniser.dimension }

// Close frees what was loaded.
func (m *Model) Close() error {
	var errs []error
	if m.detector != nil {
		errs = append(errs, m.detector.close())
	}
	if m.recogniser != nil {
		errs = append(errs, m.recogniser.session.Close())
	}
	return errors.Join(append(errs, m.runtime.Close())...)
}
