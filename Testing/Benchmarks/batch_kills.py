"""Two hundred small cases, ten of them broken: through the default pool while its main process is killed, and through a Dask cluster of
two workers while workers are killed; then the outcomes of both are compared. Linux; needs distributed and psutil.

    python Testing/Benchmarks/batch_kills.py [--cases 200] [--models 8] [--kills 20] [--worker-kills 5] [--seed 0] [--keep FOLDER]

Asserts nothing lost (an outcome a case, with the verdict that was meant), nothing twice (an outcome that stood at a kill stands there
unchanged at the end), nothing partial (models have the hash that their record names, JSON parses, reports end, no draft is left), and the
same model bytes in both. Writes results/batch_kills.md.
"""

import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).parent))
from batch_cases import ROOT, write_cases

SCRIPT = ROOT / "DicomToPrint" / "Scripts" / "dicom_to_print.py"
# Without detectors on pixels and with a given threshold a run takes a third of the time; all that is refused is refused by its headers.
QUICK = ("--threshold", "300", "--no-pixels", "--format", "stl")


def command(source: Path, output: Path, *options: str) -> list[str]:
    """The batch over every input."""
    inputs = [str(path) for path in sorted(source.iterdir())]
    return [sys.executable, str(SCRIPT), "batch", *inputs, "--output", str(output), *QUICK, *options]


def outcomes(output: Path) -> dict[str, bytes]:
    """Bytes of each outcome that stands there, by case."""
    return {path.parent.name: path.read_bytes() for path in output.glob("cases/*/*/case.json")}


def partial_files(output: Path) -> list[str]:
    """Files under their final names that are not whole."""
    found = []
    for path in (path for path in output.rglob("*") if path.is_file() and ".making" not in path.parts):
        if path.suffix == ".json":
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found.append(str(path))
        elif path.suffix == ".html" and not path.read_text(encoding="utf-8").rstrip().endswith("</html>"):
            found.append(str(path))
    return found


def wrong_models(output: Path) -> list[str]:
    """Models whose bytes are not those that the outcome names."""
    import hashlib

    return [
        f"{path.parent.name}/{name}"
        for path in output.glob("cases/*/*/case.json")
        for name, sha256 in json.loads(path.read_text(encoding="utf-8"))["models"].items()
        if hashlib.sha256((path.parent / "result" / name).read_bytes()).hexdigest() != sha256
    ]


def with_kills(
    arguments: list[str], output: Path, kills: int, chance: random.Random, span: tuple[float, float]
) -> dict:
    """Runs the batch to its end, its main process killed so often at random moments; returns what was seen."""
    changed, kept, codes, partial, left = 0, {}, [], 0, 0
    begun = time.monotonic()
    for kill in range(kills + 1):
        process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            codes.append(process.wait(None if kill == kills else chance.uniform(*span)))
            if kill < kills:
                print(f"ended before kill {kill + 1}", flush=True)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            partial += len(partial_files(output)) if output.exists() else 0
        now = outcomes(output) if output.exists() else {}
        changed += sum(now.get(name) != content for name, content in kept.items())
        kept = now
        left = len(list(output.glob("cases/*/*/.making"))) if output.exists() else 0
        print(f"start {kill + 1}: {len(now)} finished, {left} half made", flush=True)
        if codes:
            break
    return {
        "changed": changed,
        "code": codes[-1],
        "partial": partial,
        "seconds": time.monotonic() - begun,
        "starts": kill + 1,
    }


def on_dask(arguments: list[str], output: Path, kills: int, chance: random.Random, folder: Path, median: float) -> dict:
    """Runs the batch on a cluster of two workers, one of which is killed every five medians or more."""
    begun, killed = time.monotonic(), 0
    engine = {**os.environ, "PYTHONPATH": str(ROOT / "DicomToPrint")}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": engine}
    file = folder / "scheduler.json"
    dask = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--scheduler-file",
        str(file),
        "--no-dashboard",
        "--port",
        "0",
    ]
    scheduler = subprocess.Popen([*dask, "--host", "127.0.0.1"], **quiet)
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file), "--nthreads", "1"]
    worker += [
        "--memory-limit",
        "0",
        "--resources",
        "MEMORY=8000000000",
        "--no-dashboard",
        "--local-directory",
        str(folder),
    ]
    workers = [subprocess.Popen(worker, **quiet) for _ in range(2)]
    time.sleep(20)
    try:
        process = subprocess.Popen([*arguments, "--scheduler", str(file)], stdout=subprocess.DEVNULL)
        due = time.monotonic() + chance.uniform(5, 8) * median
        while process.poll() is None:
            time.sleep(0.5)
            if killed < kills and time.monotonic() > due:
                nanny = psutil.Process(chance.choice(workers).pid)
                for child in nanny.children():
                    if "multiprocessing.spawn" in " ".join(child.cmdline()):
                        child.send_signal(signal.SIGKILL)
                        killed += 1
                        print(f"worker {child.pid} killed, {len(outcomes(output))} finished", flush=True)
                due = time.monotonic() + chance.uniform(5, 8) * median
        return {"code": process.returncode, "killed": killed, "seconds": time.monotonic() - begun}
    finally:
        for one in (*workers, scheduler):
            one.terminate()
            one.wait()


def judged(output: Path, source: Path, expected: dict[str, tuple[str, ...]]) -> tuple[dict[str, dict], list[str]]:
    """Outcome of each input by its name, and the inputs whose verdict was not the one meant."""
    listed = subprocess.run(
        [*command(source, output), "--list"], capture_output=True, text=True, check=True, encoding="utf-8"
    )
    names = {Path(line.split(maxsplit=2)[2]).name: line.split()[0] for line in listed.stdout.splitlines()}
    found = {case: json.loads(content) for case, content in outcomes(output).items()}
    by_input = {name: found[case] for name, case in names.items() if case in found}
    wrong = [name for name, verdicts in expected.items() if by_input.get(name, {}).get("verdict") not in verdicts]
    return by_input, wrong


def report_text(options, expected, local, remote, killed, cluster, faults) -> str:
    """The table of results. `faults` are wrong verdicts here and there, files that are not whole, models that differ."""
    wrong, wrong_remote, bad, different = faults
    median = statistics.median(one["seconds"] for one in local.values())
    models = sum(len(one["models"]) for one in local.values())
    retried = sum(one["attempts"] > 1 for one in remote.values())
    made = sum("ready" in verdicts for verdicts in expected.values())
    return f"""# A batch, killed

{options.cases} small cases ({made} become a model, 10 are broken, each in another way, the others are
refused for the use), two at a time on two shared cores; the median case takes {median:.1f} s of wall time there.

| check | this machine's pool | Dask cluster of 2 workers |
|---|---|---|
| killed at random (SIGKILL) | main process, {killed["starts"] - 1} times | worker, {cluster["killed"]} times, at 5 medians or more |
| exit code of the last start (3: some are unreadable) | {killed["code"]} | {cluster["code"]} |
| cases with an outcome | {len(local)} | {len(remote)} |
| verdicts other than meant | {len(wrong)} | {len(wrong_remote)} |
| outcomes that changed after they stood there (made twice) | {killed["changed"]} | - |
| files under their final names that were partial, after every kill | {killed["partial"]} | - |
| partial files, models of other bytes than recorded, drafts left at the end | {len(bad)} | (both) |
| cases that a second attempt finished | - | {retried} |
| wall time, s | {killed["seconds"]:.0f} | {cluster["seconds"]:.0f} |

Models with other bytes in the two: {len(different)} of {models} files.

Repeat: `python Testing/Benchmarks/batch_kills.py --cases {options.cases} --models {options.models} --kills {options.kills}`
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    for name, value in (("cases", 200), ("models", 8), ("kills", 20), ("worker-kills", 5), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument(
        "--span", type=float, nargs=2, default=(5.0, 60.0), help="seconds between kills, least and most"
    )
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        source, threads, dask = folder / "in", folder / "threads", folder / "dask"
        expected = write_cases(Path(scratch) / "in" if source.exists() else source, options.cases, options.models)
        seen = folder / "threads.json"
        if not seen.exists():  # a kept folder goes on where it was
            killed = with_kills(command(source, threads), threads, options.kills, chance, tuple(options.span))
            seen.write_text(json.dumps(killed), encoding="utf-8")
        killed = json.loads(seen.read_text(encoding="utf-8"))
        print(killed, flush=True)
        local, wrong = judged(threads, source, expected)
        median = statistics.median(one["seconds"] for one in local.values())
        seen = folder / "dask.json"
        if not seen.exists():
            cluster = on_dask(command(source, dask), dask, options.worker_kills, chance, folder, median)
            seen.write_text(json.dumps(cluster), encoding="utf-8")
        cluster = json.loads(seen.read_text(encoding="utf-8"))
        print(cluster, flush=True)
        remote, wrong_remote = judged(dask, source, expected)
        different = [name for name in expected if local[name]["models"] != remote[name]["models"]]
        bad = [*partial_files(threads), *partial_files(dask), *wrong_models(threads), *wrong_models(dask)]
        drafts = [
            str(path)
            for path in folder.rglob("*")
            if path.name in (".making", ".before") or path.name.startswith(".partial-")
        ]
    text = report_text(
        options, expected, local, remote, killed, cluster, (wrong, wrong_remote, [*bad, *drafts], different)
    )
    print(text, wrong, wrong_remote, bad, drafts, different)
    (Path(__file__).parent / "results" / "batch_kills.md").write_text(text, encoding="utf-8")
    sys.exit(1 if wrong or wrong_remote or different or bad or drafts or killed["changed"] or killed["partial"] else 0)


if __name__ == "__main__":
    main()
