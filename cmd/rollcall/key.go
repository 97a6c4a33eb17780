package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/internal/server/access"
)

// keysHelp is --keys everywhere.
const keysHelp = "file of the service's keys"

func (a *app) keyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make, list and remove the keys of the service",
		Long: `Keys say who may ask rollcall serve for what: read searches; audit may also change the roster and
start counts and audits; admin may also read the query log. The file holds salted hashes only. A
running service reads it again on SIGHUP.

` + exitCodesHelp,
		Args: cobra.ArbitraryArgs,
		RunE: helpOrUnknown,
	}
	cmd.AddCommand(a.keyAddCommand(), a.keyListCommand(), a.keyRemoveCommand())
	return cmd
}

func (a *app) keyAddCommand() *cobra.Command {
	var file, role, name string
	cmd := &cobra.Command{
		Use:     "add --keys FILE --role R --name WHO",
		Short:   "Make a key and print it, once",
		Long:    "Makes a key, adds its hash to the file, and prints the key. It is kept nowhere: lose it, and make another.\n\n" + exitCodesHelp,
		Example: "  rollcall key add --keys keys.jsonl --role read --name 'Ada Example'",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			if file == "" {
				return usagef("give --keys FILE, the file to add the key to")
			}
			parsed, err := access.ParseRole(role)
			if err != nil {
				return usageError{fmt.Errorf("--role: %w", err)}
			}
			key, text, err := access.Add(file, name, parsed)
			if err != nil {
				return usageError{err}
			}
			if a.json {
				return a.printJSON(map[string]any{"id": key.ID, "name": key.Name, "role": key.Role, "key": text})
			}
			fmt.Fprintln(a.stdout, text)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&file, "keys", "", keysHelp)
	f.StringVar(&role, "role", "", "read, audit or admin")
	f.StringVar(&name, "name", "", "whose key it is; it stands in the query log")
	return cmd
}

func (a *app) keyListCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "list --keys FILE",
		Short: "List the keys: id, role, name, date",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			keys, err := access.ReadFile(file)
			if err != nil {
				return usageError{err}
			}
			if a.json {
				listed := make([]map[string]any, len(keys))
				for i, key := range keys {
					listed[i] = map[string]any{"id": key.ID, "name": key.Name, "role": key.Role, "created": key.Created}
				}
				return a.printJSON(listed)
			}
			rows := [][]string{{"ID", "ROLE", "NAME", "CREATED"}}
			for _, key := range keys {
				rows = append(rows, []string{key.ID, string(key.Role), key.Name, key.Created.Format("2006-01-02")})
			}
			return a.printTable(rows)
		},
	}
	cmd.Flags().StringVar(&file, "keys", "", keysHelp)
	return cmd
}

func (a *app) keyRemoveCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:     "remove ID --keys FILE",
		Short:   "Remove a key",
		Example: "  rollcall key remove 1f2e3d4c5b6a --keys keys.jsonl && systemctl reload rollcall",
		Args:    exactly(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := access.Remove(file, args[0]); err != nil {
				return usageError{err}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "keys", "", keysHelp)
	return cmd
}
