"""A Dask cluster on SLURM by dask-jobqueue, for `dicomtoprint batch --scheduler`: pip install 'dicomtoprint[dask]' dask-jobqueue.

    python dask_slurm.py /shared/scheduler.json &
    dicomtoprint batch /shared/cases.csv --output /shared/out --scheduler /shared/scheduler.json

The cluster ends with this program (Ctrl-C). Scheduler, workers and the command need the same DicomToPrint, and see inputs and output
under the same paths. Workers offer the resource MEMORY in bytes, of which a case takes what it may use. Set jobs, cores, memory,
queue and walltime as your site wants them.
"""

import signal
import sys
from pathlib import Path

from dask_jobqueue import SLURMCluster

MEMORY_GB, CORES, JOBS = 4, 1, 2

if __name__ == "__main__":
    with SLURMCluster(
        cores=CORES,
        processes=1,
        memory=f"{MEMORY_GB}GiB",
        walltime="24:00:00",
        # The memory of a case is bounded by the batch; the worker itself only waits for it.
        worker_extra_args=["--resources", f"MEMORY={MEMORY_GB * 2**30}", "--memory-limit", "0"],
        scheduler_options={"dashboard_address": None},
    ) as cluster:
        cluster.scale(jobs=JOBS)
        Path(sys.argv[1]).write_text(f'{{"address": "{cluster.scheduler_address}"}}\n', encoding="utf-8")
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        signal.pause()
