package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"rollcall/indexer"
	"rollcall/internal/milvus"
	"rollcall/internal/vectors"
	"rollcall/retriever"
)

// verifiedIndex is what was found, as --json prints it.
type verifiedIndex struct {
	vectors.Report
	Milvus *verifiedStore `json:"milvus,omitempty"` // of an index that is published there
}

// verifiedStore says how Milvus' rows differ from the folder's.
type verifiedStore struct {
	Rows      int64               `json:"rows"`      // compared
	Different int64               `json:"different"` // rows, of which the first are shown
	Shown     []milvus.Difference `json:"shown"`
}

// shownDifferences is how many rows that differ are shown.
const shownDifferences = 20

func (a *app) verifyCommand() *cobra.Command {
	var store string
	cmd := &cobra.Command{
		Use:   "verify N",
		Short: "Check an index against its checksums, counts and norms",
		Long: `Checks every file of an index: checksums and row counts against index.json, vectors finite and of
length one, samples = rows + recorded failures, a ledger record with its reason for each of these,
and the fingerprint; what was derived must be what would be derived now, and stored faces must be
those of the index. Where the index is published to Milvus, every row there, with its vector and metadata, is
compared with the folder; --store embedded leaves that out.
Exit code 1 when something is wrong; each finding names the file or row and what to do.

` + exitCodesHelp,
		Example: "  rollcall verify lab",
		Args:    exactly(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if store != "" && store != storeEmbedded && store != storeMilvus {
				return usagef("--store %s: embedded or milvus", store)
			}
			return a.verify(cmd.Context(), args[0], store)
		},
	}
	a.addMilvus(cmd)
	cmd.Flags().StringVar(&store, "store", "", "check the files alone (embedded), or Milvus too (milvus; default: where the index is published)")
	return cmd
}

func (a *app) verify(ctx context.Context, name, store string) error {
	dir, err := a.indexDir(name)
	if err != nil {
		return err
	}
	var found verifiedIndex
	if found.Report, err = vectors.Verify(ctx, dir); err != nil {
		return err
	}
	if err := found.checkIndex(ctx, dir); err != nil {
		return err
	}
	if found.Milvus, err = a.verifyStore(ctx, dir, store); err != nil {
		return err
	}
	if a.json {
		err = a.printJSON(found)
	} else {
		err = a.printVerified(dir, found)
	}
	wrong := int64(len(found.Findings))
	if found.Milvus != nil {
		wrong += found.Milvus.Different
	}
	if err == nil && wrong > 0 {
		err = fmt.Errorf("%s: %d findings", dir, wrong)
	}
	return err
}

// checkIndex holds a complete index.json against itself and the ledgers.
func (found *verifiedIndex) checkIndex(ctx context.Context, dir string) error {
	if !found.Indexed {
		return nil
	}
	m, err := indexer.ReadManifest(dir)
	if err != nil || m.State != indexer.StateComplete {
		return err
	}
	if err := found.checkFaces(ctx, dir, m.Fingerprint); err != nil {
		return err
	}
	flaws, ledgers, err := m.Check(ctx, dir)
	found.Files += ledgers
	for _, f := range flaws {
		found.Findings = append(found.Findings, vectors.Finding{File: f.File, Problem: f.Problem, Action: f.Action})
	}
	return err
}

// verifyStore compares Milvus with the folder; nil when the index is not there, or is not to be
// looked at there.
func (a *app) verifyStore(ctx context.Context, dir, store string) (found *verifiedStore, err error) {
	if store == storeEmbedded {
		return nil, nil
	}
	folder, err := vectors.Open(dir)
	if err != nil {
		return nil, usageError{err}
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	opened := &index{dir: dir, manifest: folder.Manifest()}
	if opened.manifest == nil || opened.manifest.Store.Kind != storeMilvus {
		if store == storeMilvus {
			return nil, usagef("%s is not published to Milvus: %s does not say so", dir, indexer.ManifestName)
		}
		return nil, nil
	}
	if err := a.openMilvus(ctx, opened); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, opened.close()) }()
	remote, ok := opened.store.(*milvus.Store)
	if !ok {
		return nil, fmt.Errorf("%s: the store cannot be compared", dir)
	}
	found = &verifiedStore{Shown: []milvus.Difference{}}
	progress := a.newProgress("rows")
	defer progress.finish()
	found.Rows, err = remote.Verify(ctx, func(ctx context.Context, visit func(retriever.RowBatch) error) error {
		return folder.Batches(ctx, milvus.VerifyBatch, func(b retriever.RowBatch) error {
			progress.update(b.First, opened.manifest.Rows, found.Different)
			return visit(b)
		})
	}, func(d milvus.Difference) error {
		if found.Different++; found.Different <= shownDifferences {
			found.Shown = append(found.Shown, d)
		}
		return nil
	})
	return found, err
}

func (a *app) printVerified(dir string, found verifiedIndex) error {
	for _, finding := range found.Findings {
		fmt.Fprintln(a.stdout, finding)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %d rows in %d files checked, %d findings\n", dir, found.Rows, found.Files, len(found.Findings))
	if found.Milvus == nil || err != nil {
		return err
	}
	for _, d := range found.Milvus.Shown {
		fmt.Fprintln(a.stdout, d)
	}
	_, err = fmt.Fprintf(a.stdout, "Milvus: %d rows compared, %d different\n", found.Milvus.Rows, found.Milvus.Different)
	return err
}
