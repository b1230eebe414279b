"""Verdicts on solids with known answers: false positives and negatives, beside PrusaSlicer's and admesh's opinion.

Run: python Testing/Benchmarks/printability_validators.py   (writes results/printability_validators.md)
"""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

from DicomToPrintLib.findings import Outcome, Severity
from DicomToPrintLib.printability import inspect
from measure.solids import write_stl
from printability.test_inspect import CLEAN, DEFECTS


def admesh(path: Path) -> str:
    """What admesh would mend, in its own words."""
    if not shutil.which("admesh"):
        return "not installed"
    text = subprocess.run(["admesh", str(path)], capture_output=True, text=True, timeout=120).stdout
    fixed = {
        name: int(number)
        for name, number in re.findall(
            r"(Edges fixed|Facets removed|Facets added|Facets reversed|Backwards edges|Degenerate facets)\s*:\s*(\d+)",
            text,
        )
    }
    wrong = [f"{name.lower()} {number}" for name, number in fixed.items() if number]
    return ", ".join(wrong) or "nothing to mend"


def prusa(path: Path) -> str:
    """Whether PrusaSlicer finds the mesh whole, and slices it."""
    if not shutil.which("prusa-slicer"):
        return "not installed"
    info = subprocess.run(["prusa-slicer", "--info", str(path)], capture_output=True, text=True, timeout=120).stdout
    whole = "manifold" if "manifold = yes" in info else "not manifold"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["prusa-slicer", "-g", "--center", "125,105", "-o", f"{folder}/a.gcode", str(path)],
            capture_output=True,
            text=True,
            timeout=300,
        )
        sliced = done.returncode == 0 and Path(folder, "a.gcode").exists()
    repaired = " after repair" if "auto-repaired" in done.stdout + done.stderr else ""
    return f"{whole}, {'sliced' + repaired if sliced else 'not sliced'}"


def rows():
    """One row a solid: expected rules, found ones, the others' opinion."""
    cases = {name: (mesh, set()) for name, mesh in CLEAN.items()}
    cases.update({name: (mesh, rules) for name, (mesh, rules, _) in DEFECTS.items()})
    with tempfile.TemporaryDirectory() as folder:
        for name, (mesh, expected) in cases.items():
            path = Path(folder) / "a.stl"
            write_stl(path, mesh)
            started = time.process_time()
            readiness = inspect(path, "fdm", "256x256x256")
            found = {
                item.rule
                for item in readiness.findings
                if item.outcome is Outcome.FAIL and item.severity in (Severity.REJECT, Severity.WARN)
            }
            yield name, expected, found, readiness.verdict, time.process_time() - started, prusa(path), admesh(path)


def main() -> None:
    lines = [
        "# Verdicts on solids with known answers",
        "",
        "`python Testing/Benchmarks/printability_validators.py`, process fdm, 256 mm cube.",
        "",
        "| solid | expected | also found | missed | verdict | CPU s | PrusaSlicer | admesh |",
        "|---|---|---|---|---|---|---|---|",
    ]
    positives = negatives = contradicted = clean = 0
    for name, expected, found, verdict, seconds, slicer, mended in rows():
        also, missed = found - expected, expected - found
        positives += bool(also) and not expected
        clean += not expected
        negatives += len(missed)
        contradicted += verdict == "ready" and ("not " in slicer.replace("not installed", "") or "repair" in slicer)
        words = [", ".join(sorted(item)) or "-" for item in (expected, also, missed)]
        lines.append(f"| {name} | {' | '.join(words)} | {verdict} | {seconds:.1f} | {slicer} | {mended} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        f"False positives on {clean} sound solids: {positives}. Defects missed: {negatives}. "
        f"Files called ready that PrusaSlicer contradicts: {contradicted}.",
        '"Also found" beside a defect are its true companions (a fin is open too; two touching gaps are narrow).',
    ]
    target = Path(__file__).parent / "results" / "printability_validators.md"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
