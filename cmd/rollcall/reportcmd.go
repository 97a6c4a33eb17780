package main

import (
	"io"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	var format, output string
	cmd := &cobra.Command{
		Use:   "report RUN",
		Short: "Render a stored audit again, without model or photos",
		Long: `Renders the stream that rollcall audit stored: html is the whole report in one file, text is for
the terminal, csv is the summary with a row per model and person, json is everything.

` + exitCodesHelp,
		Example: "  rollcall report run --format text\n  rollcall report run --format html -o report.html",
		Args:    exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if a.json {
				format = "json"
			}
			return a.output(output, func(w io.Writer) error { return a.renderRun(args[0], format, w) })
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "html, text, json or csv")
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}
