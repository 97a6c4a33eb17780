package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/internal/vectors"
)

func (a *app) deriveCommand() *cobra.Command {
	var also vectors.DeriveOptions
	cmd := &cobra.Command{
		Use:         "derive N",
		Annotations: map[string]string{resumesNote: ""},
		Short:       "Make what speeds searches of an index up",
		Long: `Makes what the folder derived of an index holds: its vectors in 8 bits a value, in halves of 4, with bounds
that keep every answer exact, and its metadata in Arrow format.
rollcall index does so itself; this is for embedding folders from elsewhere, and
after rollcall forget, which removes what was derived. What is there and current is left alone.

` + exitCodesHelp,
		Example: "  rollcall derive /data/laion/embeddings",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dir, err := a.indexDir(args[0])
			if err != nil {
				return err
			}
			if err := vectors.Derive(cmd.Context(), dir, also); err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{"dir": dir})
			}
			_, err = fmt.Fprintf(a.stdout, "%s: codes and metadata are in its folder derived\n", dir)
			return err
		},
	}
	cmd.Flags().BoolVar(&also.OneBit, "one-bit", false,
		"also make codes of one bit a value: thresholds of 0.9 and more, as for near-duplicates, then read an eighth")
	return cmd
}
