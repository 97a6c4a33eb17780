package indexer

import "fmt"

// Task is the share of one of several runs that fill an index together, on one machine or on many
// with a common folder: partition p belongs to the task whose Index is p modulo Count. The zero
// value is one run that does everything.
//
// Row numbers, files and index.json do not depend on how many tasks there were, in which order they
// ran or how often: a partition is a range of the input, and the first finished copy of it counts.
type Task struct {
	Index int // from 0
	Count int
}

// String is the task as --task takes it, "2/8".
func (t Task) String() string { return fmt.Sprintf("%d/%d", t.Index, t.Count) }

// shared says whether other runs may be at work in the same folder.
func (t Task) shared() bool { return t.Count > 1 }

// owns says whether a partition is in the task's share.
func (t Task) owns(partition int64) bool {
	return !t.shared() || partition%int64(t.Count) == int64(t.Index)
}

// share is how many of the first partitions are the task's.
func (t Task) share(partitions int64) int64 {
	if !t.shared() {
		return partitions
	}
	return max(0, partitions+int64(t.Count-1-t.Index)) / int64(t.Count)
}

func (t Task) check() error {
	if t == (Task{}) || t.Index >= 0 && t.Index < t.Count {
		return nil
	}
	return fmt.Errorf("there is no task %s: tasks are counted from 0, so the last of n is n-1/n", t)
}
