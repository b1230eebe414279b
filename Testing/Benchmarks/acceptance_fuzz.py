"""The long mutation fuzz of `check`: seeded, bounded in time and memory, in several processes.

    python Testing/Benchmarks/acceptance_fuzz.py [--files 200000] [--workers 2] [--seed 0] [--tally FILE] [--write]

With `--tally` every finished part is added to that file, a run continues where the last one with the same file
stopped, and its table covers all of them; a run that is ended loses a part or two, which are done again.

Every seed makes a small mutated series (see `Testing/Phantoms/mutation.py`), which is read and judged under both
built-in protocols as `check` does, every eighth with its pixels. A crash, more than 5 s of processor time, more than 1
GB, or an accept although an independent reader does not find a needed fact, is a failure and is listed with its seed.
"""

from __future__ import annotations

import argparse
import faulthandler
import itertools
import json
import multiprocessing
import multiprocessing.connection
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
from typing import Any

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS"):
    os.environ[name] = "1"
HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "DicomToPrint")]

SECONDS, GIGABYTE = 5.0, 2**30
WAIT_S = 60  # for what costs no time of the processor itself: waiting for anything
PIXELS_EVERY = 8
PART = 400  # seeds that a process does before it gives way to a new one


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
    first_seed: int = 0
    verdicts: Counter = field(default_factory=Counter)
    deeds: Counter = field(default_factory=Counter)
    failures: list = field(default_factory=list)


def _alarm(*_: object) -> None:
    raise Hang


def judge_seed(seed: int, folder: Path, protocols: list, tally: Tally) -> None:
    """Mutates, checks and judges one seed."""
    from dicomtoprint.acceptance import evaluate_study
    from dicomtoprint.dicom import read_study
    from dicomtoprint.errors import DicomToPrintError
    from Phantoms.case import SURGERY
    from Phantoms.mutation import facts_gone, mutated, write_mutated

    made = mutated(seed)
    write_mutated(made, folder)
    tally.files += made.mutated
    tally.checks += 1
    tally.deeds.update(made.deeds)
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    signal.setitimer(signal.ITIMER_REAL, WAIT_S)
    try:
        accepted = evaluate_study(
            read_study(folder), protocols, surgery_date=SURGERY, pixels=seed % PIXELS_EVERY == 0
        ).as_json(identified=False)
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
        signal.setitimer(signal.ITIMER_REAL, 0)
    tally.slowest = max(tally.slowest, time.process_time() - start)
    accepted_under = []
    for series in found:
        for protocol, result in series["protocols"].items():
            tally.verdicts[f"{protocol} {result['verdict']}"] += 1
            if result["verdict"] == "accept" and len(found) == 1:
                accepted_under.append(protocol)
    gone = facts_gone(made) if accepted_under else {}
    tally.failures += [(seed, "accepted", f"{one} without {gone[one]}") for one in accepted_under if gone[one]]


def work(first: int, protocols: list, answer: multiprocessing.connection.Connection) -> None:
    """A process of its own: the seeds of one part."""
    faulthandler.enable()
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_DATA, (GIGABYTE, GIGABYTE))
    signal.signal(signal.SIGPROF, _alarm)
    signal.signal(signal.SIGALRM, _alarm)
    tally = Tally(first_seed=first)
    room = "/dev/shm" if Path("/dev/shm").is_dir() else None
    for seed in range(first, first + PART):
        with tempfile.TemporaryDirectory(dir=room) as folder:
            judge_seed(seed, Path(folder), protocols, tally)
    tally.peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send(vars(tally))


def main() -> int:
    """Runs the fuzz and prints (or writes) its table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=200_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tally", type=Path, help="file that keeps the counts from run to run, one part a line")
    parser.add_argument("--write", action="store_true", help="write Testing/Benchmarks/results/acceptance_fuzz.md")
    options = parser.parse_args()
    parts = earlier(options.tally)
    run(parts, options)
    table = report(parts, options)
    print(table)
    if options.write:
        (HERE / "results" / "acceptance_fuzz.md").write_text(table, encoding="utf-8")
    return 1 if any(part["failures"] for part in parts) else 0


def earlier(tally: Path | None) -> list[dict]:
    """The parts of earlier runs."""
    lines = tally.read_text(encoding="utf-8").splitlines() if tally and tally.is_file() else []
    return [json.loads(line) for line in lines]


def run(parts: list[dict], options: argparse.Namespace) -> None:
    """Adds parts until all files are done. A process that dies is a failure of its part, whose seeds are given up."""
    from dicomtoprint.acceptance import load_protocol
    from Phantoms.case import PROTOCOLS

    protocols = [load_protocol(name) for name in PROTOCOLS]
    load_all(protocols)
    done = {part["first_seed"] for part in parts}
    starts = (first for first in itertools.count(options.seed, PART) if first not in done)
    running: dict = {}  # by the end of the pipe that answers
    while sum(part["files"] for part in parts) < options.files:
        while len(running) < options.workers:
            first, (ours, theirs) = next(starts), multiprocessing.Pipe(duplex=False)
            worker = multiprocessing.get_context("fork").Process(target=work, args=(first, protocols, theirs))
            worker.start()
            theirs.close()
            running[ours] = first, worker, time.monotonic()
        answered: list[Any] = multiprocessing.connection.wait(list(running))
        for answer in answered:
            first, worker, start = running.pop(answer)
            try:
                part = answer.recv()
            except EOFError:
                worker.join()
                part = vars(Tally(first_seed=first, failures=[(first, f"process ended ({worker.exitcode})", "")]))
            parts.append({**part, "seconds": time.monotonic() - start})
            if options.tally:
                with open(options.tally, "a", encoding="utf-8") as file:
                    file.write(json.dumps(parts[-1]) + "\n")
    for _, worker, _ in running.values():
        worker.kill()


def load_all(protocols: list) -> None:
    """Loads all that a check needs, so that the processes share it."""
    for seed in range(0, 8 * PIXELS_EVERY, PIXELS_EVERY):
        with tempfile.TemporaryDirectory() as folder:
            judge_seed(seed, Path(folder), protocols, Tally())


def report(parts: list[dict], options: argparse.Namespace) -> str:
    """The result as markdown."""
    verdicts: Counter = sum((Counter(part["verdicts"]) for part in parts), Counter())
    failures = sorted(tuple(failure) for part in parts for failure in part["failures"])
    seconds = sum(part["seconds"] for part in parts)
    died = [failure for failure in failures if str(failure[1]).startswith("process ended")]
    lines = [
        "# Mutation fuzz of check",
        "",
        "Repeat: `python Testing/Benchmarks/acceptance_fuzz.py --write` (200,000 files; a seed makes the same files "
        f"again). This table: seeds from {options.seed:,}.",
        "Bounds: 5 s of processor time a check (alarm; 60 s on the clock), 1 GB of data a process (RLIMIT_DATA).",
        "",
        "| measured | value |",
        "|---|---|",
        f"| mutated files | {sum(part['files'] for part in parts):,} |",
        f"| checks (folders) | {sum(part['checks'] for part in parts):,}, every {PIXELS_EVERY}th with pixels |",
        f"| time of all processes | {seconds:.0f} s, at the lowest priority with other work beside |",
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
