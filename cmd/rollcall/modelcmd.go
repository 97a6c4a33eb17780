package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/internal/clip"
)

func (a *app) modelCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: "Look into model bundles", Args: cobra.ArbitraryArgs, RunE: helpOrUnknown}
	cmd.AddCommand(a.modelInspectCommand(), a.modelCompareCommand())
	return cmd
}

func (a *app) modelInspectCommand() *cobra.Command {
	var flags modelFlags
	cmd := &cobra.Command{
		Use:   "inspect DIR",
		Short: "Say what a model bundle is, and test it",
		Long: `Says which layout a bundle has, its tensors, dimension, preprocessing, tokenizer and digests, and
runs a self-test: vectors are finite and of length one, a batch gives the same vectors as single
inputs, and the same text gives the same vector twice.

` + exitCodesHelp,
		Example: "  rollcall model inspect testdata/lab/model",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.dir = args[0]
			return a.withModel(cmd.Context(), flags, a.inspect)
		},
	}
	flags.addRuntime(cmd)
	return cmd
}

// inspection is what model inspect prints.
type inspection struct {
	*clip.Bundle
	Digest        string        `json:"digest"`
	Preprocessing string        `json:"preprocessing"`
	Decoder       string        `json:"decoder"`
	SelfTest      clip.SelfTest `json:"self_test"`
}

func (a *app) inspect(ctx context.Context, model *clip.Model) error {
	test, err := model.SelfTest(ctx)
	if err != nil {
		return err
	}
	bundle := model.Bundle()
	info := model.Bundle().Info()
	found := inspection{bundle, info.Digest, info.Preprocessing, info.Decoder, test}
	if a.json {
		return a.printJSON(found)
	}
	rows := [][]string{
		{"name", bundle.Name}, {"layout", bundle.Layout}, {"variant", bundle.Variant},
		{"dimension", fmt.Sprint(bundle.Dimension)}, {"activation", orUnknown(bundle.Activation)},
		{"preprocessing", info.Preprocessing}, {"JPEG decoder", info.Decoder}, {"digest", info.Digest},
	}
	for _, file := range bundle.Files {
		rows = append(rows, []string{file.Name, fmt.Sprintf("%d bytes, sha256 %s", file.Bytes, file.SHA256)})
	}
	rows = append(rows, []string{"self-test", fmt.Sprintf("%+v", test)})
	return a.printTable(rows)
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
