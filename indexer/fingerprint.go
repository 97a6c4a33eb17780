package indexer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// fingerprint is the SHA-256 of what decides the content of an index: the model, the data set and
// the options.
func fingerprint(model ModelInfo, source SourceInfo, options ManifestOption) (string, error) {
	source.Why = ""
	text, err := json.Marshal(struct {
		Model   ModelInfo
		Source  SourceInfo
		Options ManifestOption
	}{model, source, options})
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// MismatchError is a run on a folder that holds something else, such as an index that was made from
// something else: nothing was changed.
type MismatchError struct{ text string }

func (e *MismatchError) Error() string { return e.text }

// mismatch is the error of a run whose index was made from something else. It says what differs.
func mismatch(dir string, there, here *Manifest) error {
	var differ []string
	compare := func(what string, there, here any) {
		if fmt.Sprint(there) != fmt.Sprint(here) {
			differ = append(differ, fmt.Sprintf("  %s: %v there, %v asked for", what, there, here))
		}
	}
	compare("model", there.Model.Name, here.Model.Name)
	compare("model digest", there.Model.Digest, here.Model.Digest)
	compare("model dimension", there.Model.Dimension, here.Model.Dimension)
	compare("model variant", there.Model.Variant, here.Model.Variant)
	compare("model activation", there.Model.Activation, here.Model.Activation)
	compare("preprocessing", there.Model.Preprocessing, here.Model.Preprocessing)
	compare("image decoder", there.Model.Decoder, here.Model.Decoder)
	compare("data set format", there.Source.Format, here.Source.Format)
	compare("data set inputs", there.Source.Inputs, here.Source.Inputs)
	compare("data set digest (its files changed)", there.Source.Digest, here.Source.Digest)
	compare("partition rows", there.Options.PartitionRows, here.Options.PartitionRows)
	compare("limit", there.Options.Limit, here.Options.Limit)
	compare("images", there.Options.Images, here.Options.Images)
	compare("texts", there.Options.Texts, here.Options.Texts)
	return &MismatchError{fmt.Sprintf("%s was made from something else (fingerprint %s there, %s asked for):\n%s\ngive the index another name, or delete the folder to build it anew",
		dir, there.Fingerprint, here.Fingerprint, strings.Join(differ, "\n"))}
}
