#!/bin/bash
# A batch as an array of SLURM tasks: sbatch --export=ALL,INPUTS=/shared/cases.csv,OUTPUT=/shared/out slurm-array.sh
# Every task runs the same command on the same folder and takes the cases that no other task holds, so that the number of tasks is
# free, and a task that is ended or started again loses and repeats nothing. Inputs and output stand on a file system that all nodes
# share and that knows flock. `scancel` and a time limit may end it at any moment.
#SBATCH --job-name=dicomtoprint
#SBATCH --array=1-2
#SBATCH --cpus-per-task=1
#SBATCH --output=dicomtoprint-%A_%a.log
set -u
dicomtoprint batch "$INPUTS" --output "$OUTPUT" --jobs "$SLURM_CPUS_PER_TASK"
code=$?
# 1 (some not ready) and 3 (some unreadable) are verdicts on cases, not a failure of the task.
case $code in 0 | 1 | 3) exit 0 ;; *) exit "$code" ;; esac
