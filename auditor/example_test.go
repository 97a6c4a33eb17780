package auditor_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing/fstest"

	"rollcall/auditor"
)

// letters is a toy model for the example: a text or photo is the counts of its letters. Photos are
// text files, so a photo that holds a name is most like that name.
type letters struct{}

func (letters) vector(text string) []float32 {
	v, square := make([]float32, 26), 0.0
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' {
			v[r-'a']++
		}
	}
	for _, x := range v {
		square += float64(x * x)
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(square))
	}
	return v
}

func (l letters) EncodeTexts(_ context.Context, texts []string) ([][]float32, error) {
	var out [][]float32
	for _, t := range texts {
		out = append(out, l.vector(t))
	}
	return out, nil
}

func (l letters) EncodeImages(_ context.Context, images [][]byte) ([][]float32, []error, error) {
	var out [][]float32
	for _, data := range images {
		out = append(out, l.vector(string(data)))
	}
	return out, make([]error, len(images)), nil
}

// printer is a handler that prints findings.
type printer struct{}

func (printer) Handle(m auditor.Message) error {
	if f := m.Finding; f != nil {
		fmt.Printf("%s: detected %v, %d correct prompts\n", f.Name, f.Detected, f.CorrectPrompts)
	}
	return nil
}

// The whole flow: a roster, photos, a model, and a handler for the findings.
func ExampleRun() {
	photos := fstest.MapFS{
		"Ada_Quill/1.jpg": {Data: []byte("a photo of ada quill")},
		"Ada_Quill/2.jpg": {Data: []byte("ada quill at a gala")},
		"Bo_Fritz/1.jpg":  {Data: []byte("a dog on a lawn")},
		"Bo_Fritz/2.jpg":  {Data: []byte("nothing much")},
	}
	err := auditor.Run(context.Background(), auditor.Options{
		Models:    []auditor.Model{{Name: "letters", Encoder: letters{}}},
		Persons:   []auditor.Person{{ID: "Ada_Quill", Name: "Ada Quill"}, {ID: "Bo_Fritz", Name: "Bo Fritz"}},
		Photos:    photos,
		Names:     []string{"Ada Quill", "Bo Fritz", "Cy Jones", "Di Wexley"},
		MinPhotos: 2,
	}, printer{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	// Output:
	// Ada Quill: detected true, 21 correct prompts
	// Bo Fritz: detected false, 0 correct prompts
}
