package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/internal/vectors"
)

func (a *app) verifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify N",
		Short: "Check an index against its checksums, counts and norms",
		Long: `Checks every file of an index: checksums and row counts against index.json, vectors finite and of
length one, and samples = rows + recorded failures. Exit code 1 when something is wrong; each
finding names the file and what to do.

` + exitCodesHelp,
		Example: "  rollcall verify lab",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := a.indexDir(args[0])
			if err != nil {
				return err
			}
			report, err := vectors.Verify(cmd.Context(), dir)
			if err != nil {
				return err
			}
			if a.json {
				err = a.printJSON(report)
			} else {
				err = a.printVerified(dir, report)
			}
			if err == nil && len(report.Findings) > 0 {
				err = fmt.Errorf("%s: %d findings", dir, len(report.Findings))
			}
			return err
		},
	}
}

func (a *app) printVerified(dir string, report vectors.Report) error {
	for _, finding := range report.Findings {
		fmt.Fprintln(a.stdout, finding)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %d rows in %d files checked, %d findings\n", dir, report.Rows, report.Files, len(report.Findings))
	return err
}
