"""What the batch itself costs: CPU time a case, memory of the main process, the page, and how busy it keeps two cores. Linux.

    python Testing/Benchmarks/batch_overhead.py [--small 10] [--many 10000] [--runs 12] [--chromium chromium] [--no-xargs]

Cases that do nothing have a child that only writes their outcome. Memory and the page are measured with outcomes that are
written without a child, each batch in a process of its own. The last part runs the same small scans (refused for the use) by the batch and
by `xargs -P 2`, in turns, and compares wall times. Writes results/batch_overhead.md.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from batch_cases import ROOT, write_cases

SCRIPT = ROOT / "DicomToPrint" / "Scripts" / "dicom_to_print.py"
CHILD = f"""
import json, sys
sys.path[0] = {str(ROOT / "DicomToPrint")!r}
from dicomtoprint.workers.process import read_message
job = json.loads(read_message(sys.stdin.buffer))
from pathlib import Path
import hashlib
case = json.loads(job["case"])
own = Path(job["root"]) / "cases" / hashlib.sha256(case["name"].encode()).hexdigest()[:2] / case["name"]
own.mkdir(parents=True, exist_ok=True)
(own / "case.json").write_text(json.dumps({{"schema": "dicom-to-print/batch-case/1", "case": case["name"], "verdict": "ready",
    "exit_code": 0, "settings_sha256": case["settings_sha256"]}}))
"""


def inputs(folder: Path, count: int) -> Path:
    """A table of so many cases on one small file each."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(count):
        (folder / f"{number}.nrrd").write_bytes(b"x")
        rows.append(f"{number}.nrrd")
    table = folder / "cases.csv"
    table.write_text("input\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return table


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def measure(kind: str, table: Path, output: Path, child: Path) -> None:
    """In a process of its own: runs the command in it, prints CPU seconds and peak memory of this process alone."""
    from dicomtoprint.batch import folder
    from dicomtoprint.batch.case import CaseOutcome
    from dicomtoprint.batch.pools import Pool
    from dicomtoprint.cli import batch_command
    from dicomtoprint.cli.main import main

    batch_command.ENTRY = child
    if kind == "memory":

        @contextmanager
        def written(*_arguments):
            def submit(case, memory):
                scan = {"verdict": "warn", "scanner": "Maker Model", "kernel": "B30", "month": "2026-01", "clauses": []}
                measures = dict.fromkeys(("triangles", "volume_mm3", "area_mm2", "min_wall_mm"), int(case.name[:6], 16))
                reason = (
                    f"The thinnest wall measures {int(case.name[:3], 16) / 1000} mm, below the guideline of 0.80 mm."
                )
                own = folder.case_folder(output, case.name)
                (own / "result").mkdir(parents=True)
                (own / "result" / "report.html").touch()
                made = CaseOutcome(
                    case.name, "warn", 0, reason, scan=scan, measures=measures, models={"bone.stl": "0" * 64}
                )
                (own / "case.json").write_text(made.to_text(), encoding="utf-8")
                done: Future[str] = Future()
                done.set_result("finished")
                return done

            yield Pool(submit, 2, None, "nowhere")

        batch_command.thread_pool = written
    before, begun = own_cpu(), time.monotonic()
    code = main(["batch", str(table), "--output", str(output)])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"code": code, "cpu": own_cpu() - before, "wall": time.monotonic() - begun, "peak_mb": peak}))


def measured(kind: str, table: Path, output: Path, child: Path) -> dict:
    words = [sys.executable, __file__, "--measure", kind, str(table), str(output), str(child)]
    said = subprocess.run(words, capture_output=True, text=True, check=True, encoding="utf-8").stdout
    return json.loads(said.splitlines()[-1])


def page_seconds(page: str, chromium: str) -> tuple[float, float, str]:
    """Wall and CPU seconds of a headless browser from its start to the finished page, and the page's elements then."""
    with tempfile.TemporaryDirectory() as profile:
        before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        words = [
            chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--dump-dom",
            page,
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=True, encoding="utf-8")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return time.monotonic() - begun, cpu, done.stdout


def against_xargs(scratch: Path, runs: int) -> tuple[list[float], list[float]]:
    """Wall seconds of the batch and of xargs over the same runs, in turns."""
    source = scratch / "scans"
    expected = write_cases(source, 3 * runs, 1, broken=0)
    kept = [name for name, verdicts in expected.items() if verdicts == ("reject",) and name.startswith("case")][:runs]
    scans = [source / name for name in kept]
    batch, xargs = [], []
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "VTK_SMP_MAX_THREADS"), "1")
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {**os.environ, **threads}}
    for turn in range(3):
        begun = time.monotonic()
        words = [
            sys.executable,
            str(SCRIPT),
            "batch",
            *map(str, scans),
            "--output",
            str(scratch / f"batch{turn}"),
            "--jobs",
            "2",
        ]
        subprocess.run(words, **quiet)
        batch.append(time.monotonic() - begun)
        begun = time.monotonic()
        each = f"{sys.executable} {SCRIPT} run {{}} --output {scratch}/xargs{turn}/$(basename {{}})"
        listed = "\n".join(map(str, scans)).encode()
        subprocess.run(["xargs", "-P", "2", "-I", "{}", "sh", "-c", each], input=listed, **quiet)
        xargs.append(time.monotonic() - begun)
    return batch, xargs


def xargs_lines(scratch: Path, runs: int) -> list[str]:
    """Rows of the table on the same runs by the batch and by xargs."""
    batch, xargs = against_xargs(scratch, runs)
    ratio = statistics.median(theirs / ours for ours, theirs in zip(batch, xargs))
    told = ", ".join(f"{ours:.1f} / {theirs:.1f}" for ours, theirs in zip(batch, xargs))
    return [
        f"| {runs} runs by the batch / by xargs -P 2, three turns | {told} s |",
        f"| median of xargs' time over the batch's | {ratio:.2f} |",
    ]


def main() -> None:
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], *map(Path, sys.argv[3:]))
        return
    parser = argparse.ArgumentParser()
    for name, value in (("small", 10), ("many", 10_000), ("children", 60), ("runs", 24)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--chromium", default=shutil.which("chromium") or "")
    parser.add_argument("--no-xargs", action="store_true")
    options = parser.parse_args()
    lines = ["| what | figure |", "|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        child = scratch / "child.py"
        child.write_text(CHILD, encoding="utf-8")
        few = measured("children", inputs(scratch / "a", options.small), scratch / "few", child)
        more = measured("children", inputs(scratch / "b", options.small + options.children), scratch / "more", child)
        each = (more["cpu"] - few["cpu"]) / options.children
        lines.append(f"| CPU time of the main process, a case whose child does nothing | {each:.4f} s |")
        lines.append(
            f"| the same, start and pages of a batch of {options.small} cases in it | {few['cpu'] / options.small:.4f} s |"
        )
        small = measured("memory", inputs(scratch / "c", options.small), scratch / "small", child)
        many = measured("memory", inputs(scratch / "d", options.many), scratch / "many", child)
        again = measured("memory", scratch / "d" / "cases.csv", scratch / "many", child)
        lines.append(f"| peak memory of the main process, {options.small} cases | {small['peak_mb']:.0f} MB |")
        lines.append(f"| the same, {options.many} cases | {many['peak_mb']:.0f} MB |")
        lines.append(
            f"| CPU time a case of {options.many}, without a child, pages included | {many['cpu'] / options.many:.4f} s |"
        )
        lines.append(
            f"| {options.many} finished cases looked at again (CPU time, pages included) | {again['cpu']:.1f} s |"
        )
        size = (scratch / "many" / "index.html").stat().st_size / 1e6
        if options.chromium:
            empty = [page_seconds("about:blank", options.chromium) for _ in range(3)]
            page = (scratch / "many" / "index.html").as_uri()
            seen = [page_seconds(page, options.chromium) for _ in range(3)]
            for name, looks in (
                ("an empty page", empty),
                (f"the page with {options.many} cases ({size:.1f} MB)", seen),
            ):
                wall, cpu = (min(look[at] for look in looks) for at in (0, 1))
                lines.append(
                    f"| headless Chromium from its start to {name}: wall, CPU time | {wall:.2f} s, {cpu:.2f} s |"
                )
            rows = seen[0][2].count("<tr><th>")
            lines.append(f"| rows of cases in the finished page before 'show more' | {rows} |")
        if not options.no_xargs:
            lines += xargs_lines(scratch, options.runs)
    text = (
        "# What the batch itself costs\n\nMeasured on two cores shared with other work: CPU times count.\n\n"
        + "\n".join(lines)
    )
    text += "\n\nRepeat: `python Testing/Benchmarks/batch_overhead.py`\n"
    print(text)
    (Path(__file__).parent / "results" / "batch_overhead.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
