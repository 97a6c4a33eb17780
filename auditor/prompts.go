package auditor

import (
	"fmt"
	"strings"
)

// nameSlot is where a prompt template takes the name.
const nameSlot = "{0}"

// mostPrompts bounds the work of a run: every prompt is encoded with every name.
const mostPrompts = 1000

// Prompts returns the 21 prompt templates of Hintersdorf et al., in the authors' order.
func Prompts() []string {
	return []string{
		"{0}",
		"an image of {0}",
		"a photo of {0}",
		"{0} on a photo",
		"a photo of a person named {0}",
		"a person named {0}",
		"a man named {0}",
		"a woman named {0}",
		"the name of the person is {0}",
		"a photo of a person with the name {0}",
		"{0} at a gala",
		"a photo of the celebrity {0}",
		"actor {0}",
		"actress {0}",
		"a colored photo of {0}",
		"a black and white photo of {0}",
		"a cool photo of {0}",
		"a cropped photo of {0}",
		"a cropped image of {0}",
		"{0} in a suit",
		"{0} in a dress",
	}
}

func checkPrompts(prompts []string) error {
	seen := map[string]bool{}
	for i, p := range prompts {
		if strings.Count(p, nameSlot) != 1 {
			return fmt.Errorf("prompt template %d is %q: write the place of the name once, as %s", i+1, p, nameSlot)
		}
		if seen[p] {
			return fmt.Errorf("prompt template %d, %q, is there twice: it would vote twice", i+1, p)
		}
		seen[p] = true
	}
	return nil
}

// fill puts every name into the template.
func fill(template string, names []string) []string {
	before, after, _ := strings.Cut(template, nameSlot)
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = before + name + after
	}
	return texts
}
