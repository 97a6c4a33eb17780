package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"rollcall/indexer"
	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

type forgetFlags struct {
	ids, urls, person, roster string
	yes                       bool
}

func (a *app) forgetCommand() *cobra.Command {
	var flags forgetFlags
	cmd := &cobra.Command{
		Use:         "forget N (--ids F | --urls F | --person P --roster F)",
		Annotations: map[string]string{resumesNote: ""},
		Short:       "Remove rows from an index and its store for good",
		Long: `Removes the content of rows from every file of an index and from Milvus where it is published there.
Row numbers stay; no search or count gives the rows again. --ids is a file with one row number a line,
--urls one with a URL a line, --person a person of the roster: the rows whose caption mentions the
person by the strict rule. What will be erased is shown first, and --yes or an answer at a terminal
confirms it.

The rows' numbers, keys and URLs go to removed.csv and removed.parquet in the index, for the owner of
the data set, and what was erased when to erasures.jsonl. What rollcall serve keeps of the rows as
evidence of counts goes too: at once from state.db beside the index, from another --state when the service
starts or runs. Stored faces go as a whole. An erasure that was interrupted is finished
by the next command that opens the index, or by forget without a selection.

` + exitCodesHelp,
		Example: "  rollcall forget lab --person Jane_Doe --roster roster.csv\n  rollcall forget lab --urls opt-out.txt --yes",
		Args:    exactly(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.forget(cmd.Context(), args[0], flags) },
	}
	a.addMilvus(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.ids, "ids", "", "file with one row number a line")
	f.StringVar(&flags.urls, "urls", "", "file with one URL a line; rows with exactly that URL")
	f.StringVar(&flags.person, "person", "", "id of a person in the roster: rows whose caption mentions the person")
	f.StringVar(&flags.roster, "roster", "", "roster with the person")
	f.BoolVar(&flags.yes, "yes", false, "do not ask")
	return cmd
}

// by is how the rows are chosen, as the audit record says it; "" when nothing was asked for.
func (f forgetFlags) by() (string, error) {
	var given []string
	for name, value := range map[string]string{"ids": f.ids, "urls": f.urls, "person": f.person} {
		if value != "" {
			given = append(given, name)
		}
	}
	switch {
	case len(given) > 1:
		return "", usagef("which rows? Give one of --ids, --urls and --person")
	case (f.person != "") != (f.roster != ""):
		return "", usagef("--person P and --roster F go together")
	case len(given) == 0:
		return "", nil
	}
	return given[0], nil
}

func (a *app) forget(ctx context.Context, name string, flags forgetFlags) error {
	by, err := flags.by()
	if err != nil {
		return err
	}
	dir, err := a.indexDir(name)
	if err != nil {
		return err
	}
	unfinished, err := vectors.Unfinished(dir)
	if err != nil {
		return err
	}
	if by == "" && unfinished == 0 {
		return usagef("which rows? Give --ids F, --urls F, or --person P with --roster F")
	}
	order := vectors.Order{By: by, Tool: toolVersion()}
	if by != "" {
		if order.IDs, err = a.toForget(ctx, dir, flags); err != nil {
			return err
		}
	}
	done, err := a.erase(ctx, dir, order)
	if err != nil {
		return err
	}
	return a.printForgotten(dir, done)
}

// toForget selects the rows, shows them and has them confirmed.
func (a *app) toForget(ctx context.Context, dir string, flags forgetFlags) (ids []int64, err error) {
	folder, err := vectors.Open(dir)
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	if ids, err = a.selectRows(ctx, folder, flags); err != nil {
		return nil, err
	}
	var shown []retriever.Row
	erased := 0 // that were before
	for some := range slices.Chunk(ids, rowsAtOnce) {
		rows, err := folder.Get(ctx, some)
		if err != nil {
			return nil, usageError{fmt.Errorf("nothing was erased: %w", err)}
		}
		rows = slices.DeleteFunc(rows, func(r retriever.Row) bool { return r.Erased })
		erased += len(some) - len(rows)
		shown = append(shown, rows[:min(shownRows-len(shown), len(rows))]...)
	}
	if len(ids) == erased {
		return nil, nil
	}
	return ids, a.confirm(dir, shown, len(ids)-erased, flags.yes)
}

// selectRows finds the rows that were asked for, each once, ascending.
func (a *app) selectRows(ctx context.Context, folder *vectors.Store, flags forgetFlags) (ids []int64, err error) {
	switch {
	case flags.ids != "":
		ids, err = readIDs(flags.ids)
	case flags.urls != "":
		ids, err = a.rowsOfURLs(ctx, folder, flags.urls)
	default:
		ids, err = a.rowsOfPerson(ctx, folder, flags)
	}
	slices.Sort(ids)
	return slices.Compact(ids), err
}

func (a *app) rowsOfURLs(ctx context.Context, folder *vectors.Store, path string) ([]int64, error) {
	urls, err := readLines(path)
	if err != nil {
		return nil, err
	}
	for i := range urls {
		urls[i] = strings.TrimSpace(urls[i])
	}
	ids, found, err := retriever.SelectURLs(ctx, folder, urls)
	if err != nil {
		return nil, err
	}
	missing := 0
	for i, url := range urls {
		if _, there := found[url]; there || url == "" {
			continue
		}
		found[url] = 0 // once is enough
		if missing++; missing <= shownRows {
			fmt.Fprintf(a.stderr, "warning: %s line %d: no row has that URL, or it was erased before\n", path, i+1)
		}
	}
	if missing > shownRows {
		fmt.Fprintf(a.stderr, "warning: %s: %d more URLs that no row has\n", path, missing-shownRows)
	}
	return ids, nil
}

func (a *app) rowsOfPerson(ctx context.Context, folder *vectors.Store, flags forgetFlags) ([]int64, error) {
	roster, err := a.readRoster(flags.roster)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(roster.Persons, func(p retriever.Person) bool { return p.ID == flags.person })
	if at < 0 {
		return nil, usagef("the roster %s has no person with id %q", flags.roster, flags.person)
	}
	if roster.Persons[at].Homonym {
		fmt.Fprintf(a.stderr, "warning: another person of the roster shares a name with %s: their rows are among these\n", flags.person)
	}
	return retriever.SelectPerson(ctx, folder, roster.Persons[at])
}

// readIDs reads one row number a line.
func readIDs(path string) ([]int64, error) {
	lines, err := readLines(path)
	if err != nil {
		return nil, err
	}
	var ids []int64
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		id, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			return nil, usagef("%s line %d: %q is no row number; nothing was erased", path, i+1, line)
		}
		ids = append(ids, id)
	}
	return ids, nil
}

const (
	shownRows  = 10     // of those to be erased, and of those that are not there
	rowsAtOnce = 10_000 // in memory
)

// confirm shows some of the rows that will be erased and asks, unless --yes was given.
func (a *app) confirm(dir string, shown []retriever.Row, rows int, yes bool) error {
	table := [][]string{{"row", "key", "caption", "url"}}
	for _, r := range shown {
		table = append(table, []string{strconv.FormatInt(r.ID, 10), shorten(r.Key, 20), shorten(r.Caption, 60), shorten(r.URL, 60)})
	}
	if !a.quiet {
		if err := writeTable(a.stderr, table); err != nil {
			return err
		}
		if more := rows - len(shown); more > 0 {
			fmt.Fprintf(a.stderr, "and %d more\n", more)
		}
	}
	if yes {
		return nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return usagef("%d rows of %s would be erased for good; nothing was erased: give --yes", rows, dir)
	}
	fmt.Fprintf(a.stderr, "Erase %d rows of %s for good? Type yes: ", rows, dir)
	answer, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(answer) != "yes" {
		return usagef("not confirmed: nothing was erased")
	}
	return nil
}

// erase removes rows from the folder and from Milvus where the index is published there, and
// finishes an erasure that was interrupted.
func (a *app) erase(ctx context.Context, dir string, order vectors.Order) (done []vectors.Erased, err error) {
	folder, err := vectors.Open(dir)
	if err != nil {
		return nil, usageError{err}
	}
	manifest := folder.Manifest()
	if err := folder.Close(); err != nil {
		return nil, err
	}
	if manifest != nil {
		// What a killed run left of the making of the index can hold copies of its rows.
		if _, err := indexer.Finish(ctx, dir, nil); err != nil {
			return nil, fmt.Errorf("nothing was erased: %w", err)
		}
	}
	if manifest == nil || manifest.Store.Kind != storeMilvus && manifest.Store.Pending == nil {
		return vectors.Forget(ctx, dir, order, func(ctx context.Context, ids []int64) error { return a.forgetEvidence(ctx, dir, ids) })
	}
	if half := manifest.Store.Pending; half != nil {
		return nil, fmt.Errorf("nothing was erased: Milvus at %s may hold rows of %s, which was being published there: run the same rollcall index command to finish that, or rollcall index --finish --store embedded --name %s to give it up",
			half.Address, dir, dir)
	}
	opened := &index{dir: dir, manifest: manifest}
	if err := a.openMilvus(ctx, opened); err != nil {
		return nil, fmt.Errorf("nothing was erased: %w", err)
	}
	remote, ok := opened.store.(*milvus.Store)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%s: the store cannot erase", dir), opened.close())
	}
	// Faces go as a whole: index --faces finds those of the other rows again.
	if err := remote.DropFaces(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("nothing was erased: %w", err), opened.close())
	}
	done, err = vectors.Forget(ctx, dir, order, func(ctx context.Context, ids []int64) error {
		if err := remote.Erase(ctx, ids); err != nil {
			return err
		}
		return a.forgetEvidence(ctx, dir, ids)
	})
	return done, errors.Join(err, opened.close())
}

// finishErasure finishes an erasure that was interrupted. The folder hides its rows in any case;
// Milvus does not, so without success an index there is not opened.
func (a *app) finishErasure(ctx context.Context, dir string, inMilvus bool) error {
	unfinished, err := vectors.Unfinished(dir)
	if err != nil || unfinished == 0 {
		return err
	}
	if _, err = a.erase(ctx, dir, vectors.Order{}); err == nil {
		fmt.Fprintf(a.stderr, "the removal of %d rows from %s, which was interrupted, is finished\n", unfinished, dir)
		return nil
	}
	if inMilvus {
		return fmt.Errorf("the removal of %d rows from %s was interrupted, and must be finished before it is read: %w", unfinished, dir, err)
	}
	fmt.Fprintf(a.stderr, "warning: the removal of %d rows from %s is not finished, though they are hidden: run rollcall forget %s: %v\n", unfinished, dir, dir, err)
	return nil
}

func (a *app) printForgotten(dir string, done []vectors.Erased) error {
	total := 0
	for _, e := range done {
		total += e.Count
	}
	if a.json {
		return a.printJSON(map[string]any{"dir": dir, "erased": total, "erasures": done})
	}
	fmt.Fprintf(a.stdout, "%s: %d rows erased\n", dir, total)
	if total > 0 {
		fmt.Fprintf(a.stdout, "  for the data set's owner: %s and %s\n", filepath.Join(dir, vectors.RemovedCSV), filepath.Join(dir, vectors.RemovedParquet))
		fmt.Fprintf(a.stdout, "  rollcall derive %s makes searches as fast as before; stored faces are gone, and rollcall index --faces finds them again\n", dir)
	}
	return nil
}
