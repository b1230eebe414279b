"""Files per second of our header check against dciodvfy and dcm2niix, on the same files in one run; detectors; memory.

    python Testing/Benchmarks/acceptance_speed.py [--files 500] [--write]

Both programs see every file once before the clock starts. dciodvfy is started once a file, as its manual has it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent.parent / "DicomToPrint")]

import numpy as np
import pydicom
from scipy import ndimage

from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
from Phantoms import pixels as phantom
from Phantoms.case import PROTOCOLS, SURGERY
from Phantoms.files import write_files
from Phantoms.series import renamed, series

SIDE, PROCESS_FILES = 512, 280


def make(folder: Path, count: int, name: str = "speed") -> Path:
    """A classic series of 512 x 512 slices."""
    noise = np.random.default_rng(1).integers(0, 2000, SIDE * SIDE, dtype=np.uint16).tobytes()
    files = series(name=name, pixels=[noise] * count, count=count, size=(SIDE, SIDE), pixel=(0.45, 0.45))
    return write_files(renamed(files, name), folder)


def head(folder: Path) -> int:
    """A series of 512 x 512 slices with a head in it; returns the number of slices."""
    volume = ndimage.zoom(phantom.head(), (2, 4, 4), order=1)
    stored = phantom.stored(volume)
    size = phantom.PIXEL / 4
    write_files(series(name="head", pixels=stored, count=len(stored), size=(SIDE, SIDE), pixel=(size, size)), folder)
    return len(stored)


def check(folder: Path, pixels: bool = False) -> float:
    """Seconds of our check in this process."""
    protocols = [load_protocol(name) for name in PROTOCOLS]
    start = time.perf_counter()
    evaluate_study(read_study(folder), protocols, surgery_date=SURGERY, pixels=pixels).as_json(identified=False)
    return time.perf_counter() - start


def dciodvfy(paths: list[Path]) -> float:
    """Seconds of dciodvfy on all files."""
    start = time.perf_counter()
    for path in paths:
        subprocess.run(["dciodvfy", str(path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - start


def plain_pydicom(paths: list[Path]) -> float:
    """Seconds of pydicom reading the headers and nothing else."""
    start = time.perf_counter()
    for path in paths:
        pydicom.dcmread(path, stop_before_pixels=True)
    return time.perf_counter() - start


@dataclass(frozen=True)
class ProcessTime:
    """Seconds of a whole process, start included: least of several runs, since other work only adds."""

    processor: float
    clock: float


def process_time(command: list[str], runs: int = 7) -> ProcessTime:
    """Processor time (user and system) and clock of a command."""
    processor, clock = [], []
    for _ in range(runs):
        start = time.perf_counter()
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, used = os.wait4(child.pid, 0)
        child.returncode = 0
        clock.append(time.perf_counter() - start)
        processor.append(used.ru_utime + used.ru_stime)
    return ProcessTime(min(processor), min(clock))


def processes(folder: Path, out: Path) -> list[str]:
    """Rows of a table: `check` of a folder and of one file of it as processes, against dcm2niix on the folder."""
    script = str(HERE.parent.parent / "DicomToPrint" / "Scripts" / "dicom_to_print.py")
    one = str(next(folder.rglob("*.dcm")))
    out.mkdir()
    commands = {
        "check, both protocols": [sys.executable, script, "check", str(folder), "--no-pixels"],
        "check of one file": [sys.executable, script, "check", one, "--no-pixels"],
        "Python with numpy alone": [sys.executable, "-c", "import numpy"],
        "dcm2niix -b o": ["dcm2niix", "-b", "o", "-o", str(out), str(folder)],
    }
    times = {name: process_time(words) for name, words in commands.items() if shutil.which(words[0])}
    peer = times.get("dcm2niix -b o", ProcessTime(float("nan"), float("nan")))
    return [
        f"| {name} | {own.processor:.2f} | {own.clock:.2f} | {own.processor / peer.processor:.1f} | {own.clock / peer.clock:.1f} |"
        for name, own in times.items()
    ]


# VmHWM starts anew with each program; the ru_maxrss of a child would carry its parent's peak over.
MEMORY = """
import re, sys
sys.path[:0] = {paths!r}
from pathlib import Path
from dicomtoprint.acceptance import evaluate_study, load_protocol
from dicomtoprint.dicom import read_study
evaluate_study(read_study(Path(sys.argv[1])), [load_protocol(n) for n in ("3dsystems-ortho", "exoplan-import")],
       pixels=sys.argv[2] == "pixels").as_json(identified=False)
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024)
"""


def memory(folder: Path, mode: str) -> float:
    """Peak MB of a fresh process that checks a folder."""
    code = MEMORY.format(paths=sys.path[:2])
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), mode], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    return float(done.stdout)


def main() -> int:
    """Measures and prints (or writes) the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--write", action="store_true", help="write Testing/Benchmarks/results/acceptance_speed.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        table = measure(Path(name), options.files)
    print(table)
    if options.write:
        (HERE / "results" / "acceptance_speed.md").write_text(table, encoding="utf-8")
    return 0


def measure(folder: Path, count: int) -> str:
    """The whole measurement as markdown."""
    scan = make(folder / "scan", count)
    paths = sorted(path for path in scan.rglob("*.dcm"))
    for path in paths:
        path.read_bytes()
    check(scan)
    ours = statistics.median(check(scan) for _ in range(5))
    theirs = dciodvfy(paths) if shutil.which("dciodvfy") else float("nan")
    plain = plain_pydicom(paths)
    shutil.rmtree(scan)
    started = processes(make(folder / "series", PROCESS_FILES), folder / "out")
    shutil.rmtree(folder / "series")
    slices = head(folder / "head")
    headers = statistics.median(check(folder / "head") for _ in range(3))
    detectors = (statistics.median(check(folder / "head", pixels=True) for _ in range(3)) - headers) / slices
    growth = []
    for number in (1, 12):
        study = folder / f"study{number}"
        for at in range(number):
            make(study, 40, f"s{at}")
        growth.append((number, memory(study, "headers"), memory(study, "pixels")))
        shutil.rmtree(study)
    return report(count, ours, theirs, plain, started, detectors, growth)


def report(
    count: int, ours: float, theirs: float, plain: float, started: list[str], detectors: float, growth: list
) -> str:
    """The figures as markdown."""
    lines = [
        "# Speed of check",
        "",
        f"Repeat: `python Testing/Benchmarks/acceptance_speed.py --files {count} --write`. {count} classic CT files of "
        f"512 x 512, files in the cache, Python {platform.python_version()}, {os.cpu_count()} cores shared with "
        f"other work.",
        "Ours is timed in a running Python (start not counted); dciodvfy is started once a file, as its manual has it.",
        "",
        "| headers only | seconds | files/s | ratio to dciodvfy |",
        "|---|---|---|---|",
        f"| check, both protocols | {ours:.2f} | {count / ours:.0f} | {theirs / ours:.1f} |",
        f"| dciodvfy | {theirs:.2f} | {count / theirs:.0f} | 1.0 |",
        f"| pydicom, headers read and nothing judged | {plain:.2f} | {count / plain:.0f} | {theirs / plain:.1f} |",
        "",
        f"As processes, start included, on {PROCESS_FILES} files; least of seven runs:",
        "",
        "| headers only | processor (s) | clock (s) | processor, ratio to dcm2niix | clock, ratio |",
        "|---|---|---|---|---|",
        *started,
        "",
        f"Pixel detectors: {1000 * detectors:.1f} ms a slice of 512 x 512 (all detectors, reading included).",
        "",
        "| series of 40 slices in the study | peak memory, headers (MB) | peak memory, pixels (MB) |",
        "|---|---|---|",
        *(f"| {number} | {low:.0f} | {high:.0f} |" for number, low, high in growth),
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
