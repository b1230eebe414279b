"""Whole runs of the script on a small phantom: killed at random moments, repeated, and with 1 and 2 threads.

    python Testing/Benchmarks/output_runs.py [--kills 50] [--seed 0]

Checks after every kill that each file under its final name is whole (JSON parses, the report ends, meshes have the
bytes of an undisturbed run), then that a rerun succeeds and leaves nothing temporary. Writes results/output_runs.md.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "DicomToPrint" / "Scripts" / "dicom_to_print.py"
sys.path.insert(0, str(ROOT / "DicomToPrint"))

from dicomtoprint.io import sha256_of
from dicomtoprint.phantom import write_phantom_dicom

MESHES = (".stl", ".3mf", ".obj", ".ply")


def command(source: Path, output: Path) -> list[str]:
    return [
        sys.executable,
        str(SCRIPT),
        "run",
        str(source),
        "--output",
        str(output),
        "--format",
        "stl,3mf,ply",
        "--no-pixels",
    ]


def whole_run(source: Path, output: Path, threads: int) -> tuple[dict[str, str], float]:
    """Hashes of the meshes of an undisturbed run, and its seconds."""
    environment = {
        **os.environ,
        "VTK_SMP_MAX_THREADS": str(threads),
        "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": str(threads),
        "OMP_NUM_THREADS": str(threads),
        "OPENBLAS_NUM_THREADS": str(threads),
    }
    start = time.monotonic()
    done = subprocess.run(
        command(source, output), env=environment, capture_output=True, text=True, timeout=900, encoding="utf-8"
    )
    if done.returncode not in (0, 1):
        raise SystemExit(f"the run ended with {done.returncode}: {done.stderr}")
    return {
        path.name: sha256_of(path) for path in sorted(output.iterdir()) if path.suffix in MESHES
    }, time.monotonic() - start


def partial_files(folder: Path, hashes: dict[str, str]) -> list[str]:
    """Names of files that stand under their final name without being whole."""
    found = []
    for path in folder.glob("[!.]*"):
        if path.suffix == ".json":
            try:
                json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                found.append(path.name)
        elif path.suffix == ".html":
            found += [] if path.read_text(encoding="utf-8").rstrip().endswith("</html>") else [path.name]
        elif path.suffix in MESHES and sha256_of(path) != hashes[path.name]:
            found.append(path.name)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write_phantom_dicom(folder / "ct", shape=(32, 64, 64), spacing=(2.2, 2.2, 3.6))
        first, seconds = whole_run(folder / "ct", folder / "one", 1)
        second, _seconds = whole_run(folder / "ct", folder / "two", 1)
        threaded, _seconds = whole_run(folder / "ct", folder / "three", 2)
        print(
            f"undisturbed: {seconds:.1f} s, same twice: {first == second}, same with 2 threads: {first == threaded}",
            flush=True,
        )
        partial, with_files, left = [], 0, 0
        for kill in range(options.kills):
            process = subprocess.Popen(
                command(folder / "ct", folder / "killed"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            time.sleep(float(random.uniform(0.0, seconds)))
            process.send_signal(signal.SIGKILL)
            process.wait()
            if (folder / "killed").is_dir():
                partial += partial_files(folder / "killed", first)
                left += bool(list((folder / "killed").glob(".*")))
                with_files += bool(list((folder / "killed").glob("[!.]*")))
            print(f"kill {kill + 1}: partial {len(partial)}", flush=True)
        again, _seconds = whole_run(folder / "ct", folder / "killed", 2)
        stale = [path.name for path in (folder / "killed").glob(".partial-*")]
        names = sorted(path.name for path in (folder / "killed").iterdir())
    text = f"""# Whole runs, killed and repeated

Phantom of 32 x 64 x 64 voxels, formats STL, 3MF, PLY; one undisturbed run takes {seconds:.1f} s on this machine.

| check | result |
|---|---|
| meshes of two runs with one thread | {"the same to the byte" if first == second else "differ"} |
| meshes with one and with two threads | {"the same to the byte" if first == threaded else "differ"} |
| kills (SIGKILL) at random moments of a run | {options.kills} (seed {options.seed}) |
| kills after which files of this or an earlier try stood in the folder | {with_files} |
| kills that left temporary files behind | {left} |
| files under their final name that were partial | {len(partial)} |
| meshes of a rerun in the same folder | {"the same to the byte" if again == first else "differ"} |
| temporary files after the rerun | {len(stale)} |
| files after the rerun | {", ".join(names)} |

Repeat: `python Testing/Benchmarks/output_runs.py --kills {options.kills} --seed {options.seed}`
"""
    results = Path(__file__).parent / "results"
    results.mkdir(exist_ok=True)
    (results / "output_runs.md").write_text(text, encoding="utf-8")
    print(text)
    sys.exit(0 if not partial and first == second == threaded == again and not stale else 1)


if __name__ == "__main__":
    main()
