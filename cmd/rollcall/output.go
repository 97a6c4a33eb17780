package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func (a *app) printJSON(value any) error { return writeJSON(a.stdout, value) }

func writeJSON(w io.Writer, value any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

func (a *app) printTable(rows [][]string) error { return writeTable(a.stdout, rows) }

// writeTable aligns columns. Cells come from data sets: control characters would let a caption
// write over the terminal, so they are shown as spaces.
func writeTable(w io.Writer, rows [][]string) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		for i, cell := range row {
			row[i] = printable(cell)
		}
		fmt.Fprintln(table, strings.Join(row, "\t"))
	}
	return table.Flush()
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
}

// shorten cuts a cell for a table, and shows that it did.
func shorten(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

// output calls write with stdout, or with a file that appears under its name only when it is
// whole.
func (a *app) output(path string, write func(io.Writer) error) error {
	if path == "" || path == "-" {
		out := &outputWriter{Writer: a.stdout}
		return out.blame(write(out))
	}
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*.tmp")
	if err != nil {
		return usageError{err}
	}
	defer os.Remove(temp.Name())
	out := &outputWriter{Writer: temp}
	err = errors.Join(write(out), temp.Chmod(0o644), temp.Sync(), temp.Close())
	if err != nil {
		return out.blame(fmt.Errorf("writing %s: %w", path, err))
	}
	return os.Rename(temp.Name(), path)
}

// checkOutput refuses a file that has no folder to be in, before there is a result to be lost.
func checkOutput(path string) error {
	if path == "" || path == "-" {
		return nil
	}
	if info, err := os.Stat(filepath.Dir(path)); err != nil {
		return usageError{err}
	} else if !info.IsDir() {
		return usagef("%s cannot be written: %s is no folder", path, filepath.Dir(path))
	}
	return nil
}

// outputWriter remembers whether writing failed: then the inputs are not to blame.
type outputWriter struct {
	io.Writer
	failed bool
}

func (w *outputWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	w.failed = w.failed || err != nil
	return n, err
}

// blame makes an error a failed output's, if it is one.
func (w *outputWriter) blame(err error) error {
	if err != nil && w.failed {
		return outputError{err}
	}
	return err
}

// noArgs, atLeast and exactly are cobra's checks, as wrong usage.
func noArgs(cmd *cobra.Command, args []string) error { return asUsage(cobra.NoArgs)(cmd, args) }

func atLeast(n int) cobra.PositionalArgs { return asUsage(cobra.MinimumNArgs(n)) }

func exactly(n int) cobra.PositionalArgs { return asUsage(cobra.ExactArgs(n)) }

func asUsage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see rollcall %s --help", err, cmd.Name())}
		}
		return nil
	}
}
