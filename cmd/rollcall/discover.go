package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"rollcall/retriever"
)

type discoverFlags struct {
	minCount       int64
	examples       int
	format, output string
}

func (a *app) discoverCommand() *cobra.Command {
	var flags discoverFlags
	cmd := &cobra.Command{
		Use:   "discover N|FILE...",
		Short: "Find names of persons in captions, without a roster",
		Long: `Lists what looks like persons' names in the captions of an index or of caption files, most frequent
first, with examples: a frequent first name, capitalised, with a surname after it. It is a guess:
of 616 found in captions that were new to its rules 71 were no persons (a brand, a title, a place, half a
name), and of the names that somebody found by reading it finds about half: the lists are of the
United States, and captions write names in many ways. Its CSV can be edited into a roster for rollcall count.

` + exitCodesHelp,
		Example: "  rollcall discover captions.tsv.gz --min-count 10\n  rollcall discover lab --format csv -o names.csv",
		Args:    atLeast(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.discover(cmd.Context(), args, flags) },
	}
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.Int64Var(&flags.minCount, "min-count", 2, "rows that a name must be in to be listed")
	f.IntVar(&flags.examples, "examples", 3, "captions shown with each name")
	f.StringVar(&flags.format, "format", "table", "table, csv or json")
	f.StringVarP(&flags.output, "output", "o", "", "file to write (default: standard output)")
	return cmd
}

func (a *app) discover(ctx context.Context, inputs []string, flags discoverFlags) error {
	if a.json {
		flags.format = "json"
	}
	write := map[string]func(io.Writer, *retriever.Discovery) error{"table": discoveredTable, "csv": discoveredCSV, "json": discoveredJSON}[flags.format]
	switch {
	case write == nil:
		return usagef("--format %s: table, csv or json", flags.format)
	case flags.minCount < 1 || flags.examples < 1:
		return usagef("--min-count and --examples start at 1")
	}
	source, err := a.captionFiles(inputs)
	if err != nil {
		return err
	}
	if source != nil {
		if err = a.discoverIn(ctx, source, flags, write); err != nil && ctx.Err() == nil {
			return usageError{err}
		}
		return err
	}
	opened, err := a.open(ctx, inputs[0])
	if err != nil {
		return err
	}
	return errors.Join(a.discoverIn(ctx, opened, flags, write), opened.close())
}

func (a *app) discoverIn(ctx context.Context, source retriever.CaptionSource, flags discoverFlags, write func(io.Writer, *retriever.Discovery) error) error {
	progress := a.newProgress("rows")
	found, err := retriever.Discover(ctx, watched{source, progress}, retriever.DiscoverOptions{MinCount: flags.minCount, Examples: flags.examples})
	progress.finish()
	if err != nil {
		return err
	}
	a.warn(found.Warnings)
	if !a.quiet {
		fmt.Fprintf(a.stderr, "%d rows read, %d without a caption; %d names in at least %d rows\n", found.Rows, found.Null, len(found.Names), flags.minCount)
	}
	return a.output(flags.output, func(w io.Writer) error { return write(w, found) })
}

func discoveredJSON(w io.Writer, d *retriever.Discovery) error { return writeJSON(w, d) }

func discoveredTable(w io.Writer, d *retriever.Discovery) error {
	rows := [][]string{{"NAME", "ROWS", "EXAMPLE"}}
	for _, n := range d.Names {
		rows = append(rows, []string{n.Name, strconv.FormatInt(n.Count, 10), shorten(n.Examples[0].Caption, 80)})
		for _, e := range n.Examples[1:] {
			rows = append(rows, []string{"", "", shorten(e.Caption, 80)})
		}
	}
	return writeTable(w, rows)
}

// discoveredCSV writes a line a name, in columns that a roster has or that it leaves out with a
// warning.
func discoveredCSV(w io.Writer, d *retriever.Discovery) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"name", "rows", "example_row", "example"})
	for i := 0; i < len(d.Names) && err == nil; i++ {
		n := d.Names[i]
		err = out.Write([]string{n.Name, strconv.FormatInt(n.Count, 10), strconv.FormatInt(n.Examples[0].Row, 10), n.Examples[0].Caption})
	}
	out.Flush()
	return errors.Join(err, out.Error())
}
