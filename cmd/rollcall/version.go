package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// toolVersion is what indexes and audit runs record of the program that made them.
func toolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "rollcall (devel)"
	}
	return "rollcall " + info.Main.Version
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the program's version",
		Example: "  rollcall version",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if a.json {
				return a.printJSON(map[string]string{"version": toolVersion()})
			}
			_, err := fmt.Fprintln(a.stdout, toolVersion())
			return err
		},
	}
}
