package config

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFindArrayTask(t *testing.T) {
	tests := []struct {
		name string
		env  map[string]string
		want ArrayTask
		fail string
	}{
		{name: "none"},
		{name: "slurm, --array=0-7", env: map[string]string{"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "0"},
			want: ArrayTask{3, 8, "SLURM_ARRAY_TASK_ID"}},
		{name: "slurm, --array=1-8", env: map[string]string{"SLURM_ARRAY_TASK_ID": "8", "SLURM_ARRAY_TASK_COUNT": "8", "SLURM_ARRAY_TASK_MIN": "1"},
			want: ArrayTask{7, 8, "SLURM_ARRAY_TASK_ID"}},
		{name: "slurm, --array=10-16:2", env: map[string]string{"SLURM_ARRAY_TASK_ID": "14", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "10", "SLURM_ARRAY_TASK_STEP": "2"},
			want: ArrayTask{2, 4, "SLURM_ARRAY_TASK_ID"}},
		{name: "slurm without a count", env: map[string]string{"SLURM_ARRAY_TASK_ID": "3"}, fail: "SLURM_ARRAY_TASK_ID is set: SLURM_ARRAY_TASK_COUNT is not"},
		{name: "slurm, --array=1,5", env: map[string]string{"SLURM_ARRAY_TASK_ID": "5", "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_ARRAY_TASK_MIN": "1"}, fail: "makes this task 4 of 2"},
		{name: "kubernetes", env: map[string]string{"JOB_COMPLETION_INDEX": "0", "JOB_COMPLETIONS": "5"}, want: ArrayTask{0, 5, "JOB_COMPLETION_INDEX"}},
		{name: "kubernetes without a count", env: map[string]string{"JOB_COMPLETION_INDEX": "0"}, fail: "JOB_COMPLETIONS is not"},
		{name: "no number", env: map[string]string{"JOB_COMPLETION_INDEX": "x", "JOB_COMPLETIONS": "5"}, fail: "JOB_COMPLETION_INDEX=x is no number"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_COUNT", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_STEP", "JOB_COMPLETION_INDEX", "JOB_COMPLETIONS"} {
				t.Setenv(name, test.env[name])
			}
			got, err := FindArrayTask()
			if test.fail != "" {
				require.ErrorContains(t, err, test.fail)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}
