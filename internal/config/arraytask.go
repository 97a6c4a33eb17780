package config

import (
	"fmt"
	"os"
	"strconv"
)

// ArrayTask is which one of several like processes a scheduler has made this one.
type ArrayTask struct {
	Index  int    // from 0
	Count  int    // 0: the process is none of several
	Source string // the variable that says so
}

// FindArrayTask reads what Slurm gives the tasks of a job array (whose numbers need not start at 0
// nor be consecutive), and Kubernetes the pods of an Indexed Job. Kubernetes does not say how many
// there are: JOB_COMPLETIONS has to be set in the pod's template.
func FindArrayTask() (ArrayTask, error) {
	if os.Getenv("SLURM_ARRAY_TASK_ID") != "" {
		return slurmTask()
	}
	if os.Getenv("JOB_COMPLETION_INDEX") != "" {
		return kubernetesTask()
	}
	return ArrayTask{}, nil
}

func slurmTask() (ArrayTask, error) {
	const name = "SLURM_ARRAY_TASK_ID"
	id, err := number(name, "")
	if err != nil {
		return ArrayTask{}, err
	}
	first, err := number("SLURM_ARRAY_TASK_MIN", "0")
	if err != nil {
		return ArrayTask{}, err
	}
	step, err := number("SLURM_ARRAY_TASK_STEP", "1")
	if err != nil {
		return ArrayTask{}, err
	}
	count, err := number("SLURM_ARRAY_TASK_COUNT", "")
	if err != nil {
		return ArrayTask{}, fmt.Errorf("%s is set: %w", name, err)
	}
	if step < 1 || (id-first)%step != 0 {
		return ArrayTask{}, fmt.Errorf("%s=%d is not among the tasks from %d in steps of %d: give --task i/n", name, id, first, step)
	}
	return inRange(ArrayTask{(id - first) / step, count, name})
}

func kubernetesTask() (ArrayTask, error) {
	const name = "JOB_COMPLETION_INDEX"
	index, err := number(name, "")
	if err != nil {
		return ArrayTask{}, err
	}
	count, err := number("JOB_COMPLETIONS", "")
	if err != nil {
		return ArrayTask{}, fmt.Errorf("%s is set: %w", name, err)
	}
	return inRange(ArrayTask{index, count, name})
}

func inRange(t ArrayTask) (ArrayTask, error) {
	if t.Count < 1 || t.Index < 0 || t.Index >= t.Count {
		return ArrayTask{}, fmt.Errorf("%s makes this task %d of %d: tasks are counted from 0; give --task i/n", t.Source, t.Index, t.Count)
	}
	return t, nil
}

// number reads a variable; otherwise is its value when it is not set, "" when it must be.
func number(name, otherwise string) (int, error) {
	text := os.Getenv(name)
	if text == "" {
		text = otherwise
	}
	if text == "" {
		return 0, fmt.Errorf("%s is not: set it to the number of tasks, or give --task i/n", name)
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0, fmt.Errorf("%s=%s is no number; give --task i/n", name, text)
	}
	return n, nil
}
