package report

import (
	"fmt"
	"slices"
	"strings"

	"rollcall/auditor"
)

// repeatCommand is the command that makes the same run from the same files. What the stream cannot
// know, where files lie, stands in capitals.
func repeatCommand(c auditor.Config) string {
	args := []string{"rollcall audit"}
	for _, m := range c.Models {
		flag := "--model"
		if m.Reference {
			flag = "--reference-model"
		}
		args = append(args, flag+" "+capitals(m.Name))
	}
	args = append(args, "--roster ROSTER", "--photos PHOTOS")
	if !slices.Contains(c.Modes, auditor.V1) && !slices.Equal(c.Prompts, auditor.Prompts()) {
		args = append(args, "--prompts PROMPTS")
	}
	if c.NamesFrom == "invented" {
		args = append(args, fmt.Sprintf("--decoys %d", c.Decoys))
	}
	if c.NamesFrom == "file" {
		args = append(args, "--names NAMES")
	}
	if c.Training != nil {
		args = append(args, fmt.Sprintf("--training-index %s --near-duplicate %v", capitals(c.Training.Index), c.Training.Threshold))
		if !slices.ContainsFunc(c.Models, func(m auditor.ModelInfo) bool { return m.Digest == c.Training.Digest }) {
			args = append(args, "--training-model THE_MODEL_THAT_MADE_IT")
		}
	}
	for _, choice := range [][2]string{{"--mode", joined(c.Modes)}, {"--match-decoys", joined(c.MatchDecoys)}, {"--covariates", joined(c.Covariates)}} {
		if choice[1] != "" {
			args = append(args, choice[0]+" "+choice[1])
		}
	}
	controls := joined(c.Controls)
	if controls == "" {
		controls = "none"
	}
	args = append(args, "--controls "+controls, fmt.Sprintf("--seed %d --tau %d --draws %d --min-photos %d --max-count %d --resamples %d -o RUN",
		c.Seed, c.Tau, c.Draws, c.MinPhotos, c.MaxCount, c.Resamples))
	return strings.Join(args, " ")
}

// capitals makes a name a word of capitals for a path that the reader fills in.
func capitals(name string) string {
	return strings.ToUpper(strings.Trim(fileName(name), "_")) + "_DIR"
}

func joined[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ",")
}
