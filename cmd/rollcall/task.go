package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"rollcall/indexer"
	"rollcall/internal/config"
)

// taskFlags say which share of an index this process makes.
type taskFlags struct {
	task   string
	finish bool
}

func (t *taskFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&t.task, "task", "", "i/n: make every n-th partition, from i (0 to n-1), beside other tasks with the same folder; all: everything (default: what Slurm or a Kubernetes Indexed Job says, else all)")
	flags.BoolVar(&t.finish, "finish", false, "complete the index of tasks that are all done; takes no input and no model")
}

// parse finds the task: from the flag, else from the scheduler.
func (t taskFlags) parse() (indexer.Task, error) {
	if t.task == "all" {
		return indexer.Task{}, nil
	}
	if t.task == "" {
		found, err := config.FindArrayTask()
		if err != nil {
			return indexer.Task{}, usageError{err}
		}
		return indexer.Task{Index: found.Index, Count: found.Count}, nil
	}
	first, second, _ := strings.Cut(t.task, "/")
	index, err := strconv.Atoi(first)
	count, countErr := strconv.Atoi(second)
	if errors.Join(err, countErr) != nil || index < 0 || index >= count {
		return indexer.Task{}, usagef("--task %s: want i/n with i from 0 to n-1, or all", t.task)
	}
	return indexer.Task{Index: index, Count: count}, nil
}

// inputs checks that there is an input where one is needed.
func (t *taskFlags) inputs(cmd *cobra.Command, args []string) error {
	if !t.finish {
		return atLeast(1)(cmd, args)
	}
	if len(args) > 0 {
		return usagef("--finish reads no input; give --name N alone")
	}
	return nil
}

// finishIndex completes an index that tasks have made.
func (a *app) finishIndex(ctx context.Context, flags indexFlags) error {
	dir, err := a.newIndexDir(flags.name)
	if err != nil {
		return err
	}
	folder, closeFolder, err := openTarget(ctx, dir)
	if err != nil {
		return err
	}
	manifest, err := indexer.Finish(ctx, dir, folder)
	err = errors.Join(err, closeFolder())
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("there is no index at %s: give the name or the path that the tasks were given", dir)
	}
	if err != nil {
		return err
	}
	if err := a.publish(ctx, dir, manifest, flags); err != nil {
		return err
	}
	return a.printIndexed(dir, manifest)
}

// printShare says what a task has left for the others.
func (a *app) printShare(dir string, task indexer.Task, m *indexer.Manifest) error {
	if a.json {
		return a.printJSON(map[string]any{"dir": dir, "state": m.State, "task": task.String(), "samples": m.Samples, "rows": m.Rows, "failures": m.Failures, "partitions": len(m.Partitions)})
	}
	_, err := fmt.Fprintf(a.stdout, "%s: task %s is done; all tasks together have %d partitions by now, %d samples, %d rows, %d failures\n"+
		"  the task that ends last completes the index; if none did, run: rollcall index --finish --name %s\n", dir, task, len(m.Partitions), m.Samples, m.Rows, m.Failures, dir)
	return err
}
