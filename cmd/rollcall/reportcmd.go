package main

import (
	"io"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	var format, output, failOn string
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
			render, known := renderers()[format]
			if !known {
				return usagef("--format %s: html, text, json or csv", format)
			}
			met, err := failOnAudit(failOn)
			if err != nil {
				return err
			}
			stored, err := loadRun(args[0])
			if err != nil {
				return err
			}
			if err := a.output(output, func(w io.Writer) error { return render(w, stored) }); err != nil {
				return err
			}
			return met(stored)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "html, text, json or csv")
	cmd.Flags().StringVar(&failOn, "fail-on", "", failOnHelp)
	cmd.Flags().StringVarP(&output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}
