package main

import (
	"github.com/spf13/cobra"

	"rollcall/internal/config"
)

func (a *app) configCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Show the settings in force and where each comes from",
		Long: `Shows every setting: first those that all commands share, then each command's own as
command.setting, with where it comes from: a flag, a variable, the settings file or the default.
Secrets are hidden.

` + exitCodesHelp,
		Example: "  rollcall config\n  ROLLCALL_DATA_DIR=/data rollcall config --json",
		Args:    noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := a.inForce(cmd)
			if err != nil {
				return usageError{err}
			}
			if a.json {
				return a.printJSON(settings)
			}
			rows := [][]string{{"SETTING", "VALUE", "FROM"}}
			for _, s := range settings {
				from := string(s.Origin)
				if s.Where != "" {
					from += " (" + s.Where + ")"
				}
				rows = append(rows, []string{s.Name, s.Value, from})
			}
			return a.printTable(rows)
		},
	}
}

// inForce applies the environment and the settings file to every command's flags.
func (a *app) inForce(cmd *cobra.Command) ([]config.Setting, error) {
	all, err := a.settings.Apply("", cmd.InheritedFlags())
	if err != nil {
		return nil, err
	}
	for _, other := range cmd.Root().Commands() {
		own, err := a.settings.Apply(other.Name(), other.LocalNonPersistentFlags())
		if err != nil {
			return nil, err
		}
		for _, setting := range own {
			setting.Name = other.Name() + "." + setting.Name
			all = append(all, setting)
		}
	}
	return all, nil
}
