#!/bin/bash
# One index made by the tasks of a Slurm job array in a folder that all nodes share.
#
#   sbatch --array=0-15 configs/slurm-array.sh
#
# A task that was cut off goes on where it was when it is submitted again (--requeue does it by
# itself); one that is done already ends at once. The task that ends last completes the index; if
# its node was lost just then, run: rollcall index --finish --name "$INDEX"
#SBATCH --job-name=rollcall-index
#SBATCH --cpus-per-task=8
#SBATCH --mem=8G
#SBATCH --time=24:00:00
#SBATCH --requeue
set -euo pipefail

DATA=${DATA:-/shared/cc3m} # a folder of tars, or any other input
MODEL=${MODEL:-/shared/models/vit-b-32}
INDEX=${INDEX:-/shared/indexes/cc3m}

# rollcall reads SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT. Equal flags for every task: other
# ones are refused.
exec rollcall index "$DATA" --name "$INDEX" --model "$MODEL" --threads "${SLURM_CPUS_PER_TASK:-1}"
