"""The long mutation fuzz of `check`: seeded, bounded in time and memory, in several processes.

    python Testing/Benchmarks/acceptance_fuzz.py [--files 200000] [--workers 2] [--seed 0] [--tally FILE] [--write]

With `--tally` the run continues where the last one with the same file stopped, and its table covers all of them.

Every seed makes a small mutated series (see `Testing/Phantoms/mutation.py`), which is read and judged under both
built-in protocols as `check` does, every eighth with its pixels. A crash, more than 5 s of processor time, more than 1
GB, or an accept although an independent reader does not find a needed fact, is a failure and is listed with its seed.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ[name] = "1"
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "DicomToPrint")]

SECONDS, GIGABYTE = 5.0, 2**30
PIXELS_EVERY = 8


class Hang(Exception):
    """A check took longer than it may."""


@dataclass
class Tally:
    """What a worker saw."""

    files: int = 0
    checks: int = 0
    told: int = 0
    slowest: float = 0.0
    peak_mb: float = 0.0
    next_seed: int = 0
    verdicts: Counter = field(default_factory=Counter)
    deeds: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)


def _alarm(*_: object) -> None:
    raise Hang


def judge_seed(seed: int, folder: Path, protocols: list, tally: Tally) -> None:
    """Mutates, checks and judges one seed."""
    from DicomToPrintLib.acceptance import accept
    from DicomToPrintLib.dicom import read_study
    from DicomToPrintLib.errors import DicomToPrintError
    from Phantoms.case import SURGERY
    from Phantoms.mutation import facts_gone, mutated, write_mutated

    made = mutated(seed)
    write_mutated(made, folder)
    tally.files += made.mutated
    tally.checks += 1
    tally.deeds.update(made.deeds)
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        accepted = accept(read_study(folder), protocols, surgery_date=SURGERY, pixels=seed % PIXELS_EVERY == 0).as_json(
            identified=False
        )
        json.dumps(accepted, allow_nan=False)
        found = accepted["series"]
    except DicomToPrintError:
        tally.told += 1
        found = []
    except Hang:
        tally.failures.append((seed, "hang", ""))
        found = []
    except BaseException as problem:  # a fuzz wants every failure, MemoryError too
        place = traceback.extract_tb(problem.__traceback__)[-1]
        tally.failures.append(
            (seed, type(problem).__name__, f"{Path(place.filename).name}:{place.lineno} {problem}"[:160])
        )
        found = []
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    tally.slowest = max(tally.slowest, time.process_time() - start)
    for series in found:
        for protocol, result in series["protocols"].items():
            tally.verdicts[f"{protocol} {result['verdict']}"] += 1
            if result["verdict"] == "accept" and len(found) == 1 and facts_gone(made)[protocol]:
                tally.failures.append((seed, "accepted", f"{protocol} without {facts_gone(made)[protocol]}"))


def work(first: int, step: int, files: int, answer: multiprocessing.Queue) -> None:
    """A worker: seeds first, first + step, ... until its share of files is done."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    from DicomToPrintLib.acceptance import load_protocol
    from Phantoms.case import PROTOCOLS

    protocols = [load_protocol(name) for name in PROTOCOLS]
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTE, GIGABYTE))
    signal.signal(signal.SIGPROF, _alarm)
    tally, seed = Tally(), first
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None
    while tally.files < files:
        with tempfile.TemporaryDirectory(dir=room) as folder:
            judge_seed(seed, Path(folder), protocols, tally)
        seed += step
    tally.next_seed = seed - first
    tally.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.put(vars(tally))


def main() -> int:
    """Runs the fuzz and prints (or writes) its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tally", type=Path, help="file that keeps the counts from run to run")
    parser.add_argument("--write", action="store_true", help="write Testing/Benchmarks/results/acceptance_fuzz.md")
    options = parser.parse_args()
    earlier = (
        json.loads(options.tally.read_text())
        if options.tally and options.tally.is_file()
        else {"parts": [], "seconds": 0}
    )
    first = options.seed + sum(part["next_seed"] for part in earlier["parts"])
    start = time.monotonic()
    parts, died = run(first, options)
    earlier["parts"] += parts
    earlier["seconds"] += time.monotonic() - start
    if options.tally:
        options.tally.write_text(json.dumps(earlier))
    table = report(earlier["parts"], died, earlier["seconds"], options)
    print(table)
    if options.write:
        (HERE / "results" / "acceptance_fuzz.md").write_text(table, encoding="utf-8")
    return 1 if died or any(part["failures"] for part in parts) else 0


def run(first: int, options: argparse.Namespace) -> tuple[list[dict], list]:
    """Tallies of the workers, and the exit codes of those that died."""
    answer: multiprocessing.Queue = multiprocessing.Queue()
    share = -(-options.files // options.workers)
    workers = [
        multiprocessing.Process(target=work, args=(first + at, options.workers, share, answer))
        for at in range(options.workers)
    ]
    for worker in workers:
        worker.start()
    parts: list[dict] = []
    while len(parts) < len(workers):
        if not answer.empty():
            parts.append(answer.get())
        elif not any(worker.is_alive() for worker in workers) and answer.empty():
            break
        time.sleep(0.2)
    return parts, [worker.exitcode for worker in workers if worker.exitcode not in (0, None)]


def report(parts: list[dict], died: list, seconds: float, options: argparse.Namespace) -> str:
    """The result as markdown."""
    verdicts: Counter = sum((Counter(part["verdicts"]) for part in parts), Counter())
    failures = sorted(tuple(failure) for part in parts for failure in part["failures"])
    lines = [
        "# Mutation fuzz of check",
        "",
        "Repeat: `python Testing/Benchmarks/acceptance_fuzz.py --write` (200,000 files; a seed makes the same files "
        f"again). This table: seeds from {options.seed:,}.",
        "Bounds: 5 s of processor time a check (alarm), 1 GB of data a process (RLIMIT_DATA).",
        "",
        "| measured | value |",
        "|---|---|",
        f"| mutated files | {sum(part['files'] for part in parts):,} |",
        f"| checks (folders) | {sum(part['checks'] for part in parts):,}, every {PIXELS_EVERY}th with pixels |",
        f"| wall time | {seconds:.0f} s in {options.workers} processes, other work beside |",
        f"| told in one sentence that nothing can be read | {sum(part['told'] for part in parts):,} |",
        f"| slowest check | {max((part['slowest'] for part in parts), default=0):.2f} s of processor time |",
        f"| peak memory of a process | {max((part['peak_mb'] for part in parts), default=0):.0f} MB |",
        f"| processes that died | {len(died)} |",
        f"| crashes, hangs and wrong accepts | {len(failures)} |",
        "",
        "| verdict | series |",
        "|---|---|",
        *(f"| {name} | {count:,} |" for name, count in sorted(verdicts.items())),
        "",
    ]
    if failures:
        lines += [
            "| seed | failure | where |",
            "|---|---|---|",
            *(f"| {a} | {b} | {c} |" for a, b, c in failures[:60]),
            "",
        ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
