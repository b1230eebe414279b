"""Verdicts on solids with known answers: false positives and negatives; PrusaSlicer and admesh on every file called ready.

    python Testing/Benchmarks/printability_validators.py [--tally FILE] [--seconds N]

Writes results/printability_validators.md. With --tally a run that stopped itself after N seconds goes on where it was.

Real bones come from the folder that DICOM_TO_PRINT_DATA names: each goes through `run`, and every file written is judged, sliced and
asked about like the solids. The solids are those of the tests, series of plates, shells, wedges, rods, holes, gaps and overhangs around
the guidelines of fdm, walls that end free for sla, and the sound bases of the corpus of repair. Findings of information count
where a series is about them.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "DicomToPrint"), str(ROOT / "Testing")]

from mesh.test_thin_wall_support import joined
from printability.test_readiness import CLEAN, DEFECTS
from repair_corpus import bases
from scipy.spatial.transform import Rotation

from dicomtoprint import pipeline
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.mesh.core import concatenate
from dicomtoprint.printability import assess_file
from dicomtoprint.rules import Outcome, Severity
from Phantoms.solids import box, moved, rod, shell, table, tube, wedge, write_stl


def admesh(path: Path) -> str:
    """What admesh would mend, in its own words."""
    if not shutil.which("admesh"):
        return "not installed"
    text = subprocess.run(["admesh", str(path)], capture_output=True, text=True, timeout=120, encoding="utf-8").stdout
    fixed = {
        name: int(number)
        for name, number in re.findall(
            r"(Edges fixed|Facets removed|Facets added|Facets reversed|Backwards edges|Degenerate facets)\s*:\s*(\d+)",
            text,
        )
    }
    wrong = [f"{name.lower()} {number}" for name, number in fixed.items() if number]
    return ", ".join(wrong) or "nothing to mend"


def prusa(path: Path, *options: str) -> str:
    """Whether PrusaSlicer finds the mesh whole, and slices it."""
    if not shutil.which("prusa-slicer"):
        return "not installed"
    info = subprocess.run(
        ["prusa-slicer", "--info", str(path)], capture_output=True, text=True, timeout=120, encoding="utf-8"
    ).stdout
    whole = "manifold" if "manifold = yes" in info else "not manifold"
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["prusa-slicer", "-g", *options, "--center", "125,105", "-o", f"{folder}/a.gcode", str(path)],
            capture_output=True,
            text=True,
            timeout=300,
            encoding="utf-8",
        )
        sliced = done.returncode == 0 and Path(folder, "a.gcode").exists()
    repaired = " after repair" if "auto-repaired" in done.stdout + done.stderr else ""
    return f"{whole}, {'sliced' + repaired if sliced else 'not sliced'}"


def series():
    """(name, solid, expected rules, rules of information that count here)."""
    thin = {"wall", "thin-area"}
    for wall in (0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 1.0, 1.5, 2.0, 3.0):
        yield f"plate {wall} mm", box(30, 20, wall), thin if wall < 0.8 else set(), set()
    for wall in (0.3, 0.5, 0.7, 0.9, 1.0, 2.0):
        yield (
            f"shell {wall} mm",
            shell(10.0, 10.0 - wall, 40),
            (thin if wall < 0.8 else set()) | {"cavities"},
            {"cavities"},
        )
    for degrees in (5, 10, 20, 25, 30, 45, 60):  # the wall 1.6 mm behind the edge is below 0.8 mm up to 28 degrees
        yield f"wedge {degrees} degrees", wedge(degrees, 20.0, 20.0), thin if degrees < 28 else set(), set()
    for across in (0.5, 1.0, 2.0, 2.9, 3.0, 4.0):
        expected = ({"pins"} if across < 3.0 else set()) | (thin if across < 0.8 else set())
        yield f"rod {across} mm", rod(across / 2, 60.0), expected, set()
    for across in (0.5, 1.0, 1.5, 1.9, 2.0, 2.5, 4.0):
        yield f"hole {across} mm", tube(8.0, across / 2, 10.0), {"holes"} if across < 2.0 else set(), set()
    for width in (0.1, 0.2, 0.3, 0.4, 0.45, 0.5, 0.6, 1.0):
        pair = concatenate((box(20, 20, 20), box(20, 20, 20, at=(20 + width, 0, 0))))
        yield f"gap {width} mm", pair, {"gap"} if width < 0.5 else set(), set()
    for tilt in (0, 46, 60, 80):
        plate = moved(box(20, 3, 30), (0, 0, 0), Rotation.from_euler("x", -tilt, degrees=True).as_matrix())
        yield f"plate leaning {tilt} degrees", plate, {"overhang"} if tilt > 45 else set(), {"overhang"}
    for span in (5.0, 9.5, 11.0, 30.0):
        yield f"bridge of {span} mm", table(span, 20.0), {"bridge"} if span > 10 else set(), {"bridge"}
    for wall in (0.6, 0.9, 1.1):
        free = joined(box(30, 20, 4), box(20, wall, 10, at=(5, 10, 3.9)))
        held = joined(free, box(4, 6, 10, at=(2, 8, 3.9)), box(4, 6, 10, at=(24, 8, 3.9)))
        yield f"wall of {wall} mm that ends free, sla", free, {"wall-unsupported"} if wall < 1.0 else set(), set()
        yield f"wall of {wall} mm between posts, sla", held, set(), set()
    for held_out in (False, True):
        for name, mesh in bases(held_out).items():
            yield f"{name}{', held-out' if held_out else ''}", mesh, None, set()


def cases():
    for name, mesh in CLEAN.items():
        yield name, mesh, set(), set()
    for name, (mesh, rules, _) in DEFECTS.items():
        yield name, mesh, rules, set()
    yield from series()


def rows(tally: Path | None = None, most: float = float("inf")):
    """One row a solid: expected rules (None: not known), found ones, the others' opinion."""
    done = {}
    if tally is not None and tally.exists():
        done = {row["name"]: row for row in map(json.loads, tally.read_text(encoding="utf-8").splitlines())}
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for name, mesh, expected, informing in cases():
            if name in done:
                row = done[name]
                yield name, expected, set(row["found"]), row["verdict"], row["seconds"], row["prusa"], row["admesh"]
                continue
            if time.perf_counter() - begin > most:
                continue
            path = Path(folder) / "a.stl"
            write_stl(path, mesh)
            started = time.process_time()
            readiness = assess_file(path, "sla" if name.endswith(", sla") else "fdm", "256x256x256")
            seconds = time.process_time() - started
            found = {
                item.rule
                for item in readiness.findings
                if item.outcome is Outcome.FAIL
                and (item.severity in (Severity.REJECT, Severity.WARN) or item.rule in informing)
            }
            row = {"name": name, "found": sorted(found), "verdict": readiness.verdict, "seconds": seconds}
            ready = readiness.verdict == "ready"
            row |= {"prusa": prusa(path) if ready else "not asked", "admesh": admesh(path) if ready else "not asked"}
            if tally is not None:
                with tally.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
            yield name, expected, found, readiness.verdict, seconds, row["prusa"], row["admesh"]


VERTEBRA = "labels_vertebra/sub-ct_seg-vert_label-22_msk.nii.gz"
BONES = (
    ("skull of a head phantom", "philips_headphantom_1mm_UB", "", RunSettings(process="mjf", thicken=0.6)),
    (
        "skull of a head phantom, wrapped",
        "philips_headphantom_1mm_UB",
        "",
        RunSettings(process="sls", thicken=1.0, wrap=True),
    ),
    ("lumbar vertebra", "labels_vertebra/sub-ct_label-22_ct.nii.gz", VERTEBRA, RunSettings(process="mjf", thicken=0.9)),
    (
        "lumbar vertebra, wrapped",
        "labels_vertebra/sub-ct_label-22_ct.nii.gz",
        VERTEBRA,
        RunSettings(process="sls", thicken=1.0, wrap=True),
    ),
)


def one_label(source: Path, number: int, target: Path) -> Path:
    """The labels with this number alone."""
    import SimpleITK as sitk

    sitk.WriteImage(sitk.Cast(sitk.ReadImage(str(source)) == number, sitk.sitkUInt8), str(target))
    return target


def bones(tally: Path | None = None, most: float = float("inf")):
    """One row a bone: name, settings, triangles, verdict, what is told and the others' opinion; and whether they contradict."""
    data, begin = os.environ.get("DICOM_TO_PRINT_DATA", ""), time.perf_counter()
    done = {}
    if tally is not None and tally.exists():
        done = {
            row["name"]: row for row in map(json.loads, tally.read_text(encoding="utf-8").splitlines()) if "bone" in row
        }
    for name, scan, labels, settings in BONES if data else ():
        if name in done:
            yield done[name]["bone"], done[name]["doubt"]
            continue
        if time.perf_counter() - begin > most:
            continue
        with tempfile.TemporaryDirectory() as folder:
            settings = replace(settings, formats=("stl",))
            if labels:
                chosen = one_label(Path(data) / labels, 22, Path(folder) / "labels.nii.gz")
                settings = replace(settings, segmentation=str(chosen))
            result = pipeline.run(Path(data) / scan, Path(folder) / "out", settings)
            (written,) = (item.path for item in result.files)
            # A bone rests on points, on which no first layer is laid: a raft of one layer carries it.
            slicer, mended = prusa(written, "--raft-layers", "1"), admesh(written)
            told = ", ".join(item.rule for item in result.readiness.findings if item.outcome is Outcome.FAIL) or "-"
            bounds = result.readiness.mesh["bounds_mm"]
            size = " x ".join(f"{high - low:.0f}" for low, high in zip(bounds[::2], bounds[1::2]))
            options = f"--process {settings.process} --thicken {settings.thicken:g}{' --wrap' if settings.wrap else ''}"
            mesh, verdict = result.readiness.mesh, result.readiness.verdict
            whole = "not " not in slicer.replace("not installed", "") and "repair" not in slicer
            doubt = verdict != "not-ready" and not (whole and mended in ("nothing to mend", "not installed"))
            row = (
                f"| {name}, {size} mm | {options} | {mesh['triangles']:,} | {verdict} | {told} | {slicer} | {mended} |"
            )
        if tally is not None:
            with tally.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"name": name, "bone": row, "doubt": doubt}) + "\n")
        yield row, doubt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tally", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args()
    lines = [
        "# Verdicts on solids with known answers",
        "",
        "`python Testing/Benchmarks/printability_validators.py`, process fdm (sla where said), 256 mm cube.",
        "",
        "| solid | expected | also found | missed | verdict | CPU s | PrusaSlicer | admesh |",
        "|---|---|---|---|---|---|---|---|",
    ]
    positives = negatives = clean = broken = ready = unknown = 0
    contradicted: dict[str, list[str]] = {"PrusaSlicer": [], "admesh": []}
    for name, expected, found, verdict, seconds, slicer, mended in rows(options.tally, options.seconds):
        known = expected is not None
        also, missed = (found - expected, expected - found) if known else (set(), set())
        unknown += not known
        positives += known and not expected and bool(also)
        clean += known and not expected
        broken += bool(expected)
        negatives += bool(missed)
        ready += verdict == "ready"
        if verdict == "ready" and ("not " in slicer.replace("not installed", "") or "repair" in slicer):
            contradicted["PrusaSlicer"].append(name)
        if verdict == "ready" and mended not in ("nothing to mend", "not installed"):
            contradicted["admesh"].append(name)
        words = [", ".join(sorted(item)) or "-" for item in (expected or (), also if known else found, missed)]
        words[0] = words[0] if known else "not known"
        lines.append(f"| {name} | {' | '.join(words)} | {verdict} | {seconds:.1f} | {slicer} | {mended} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        f"False positives: {positives} of {clean} sound solids. False negatives: {negatives} of {broken} solids with defects. "
        f"{unknown} more have no table of answers and are here for the validators.",
        f"Files called ready: {ready}. Of them contradicted by "
        + "; by ".join(
            f"{tool}: {len(names)}{' (' + ', '.join(names) + ')' if names else ''}"
            for tool, names in contradicted.items()
        )
        + ". PrusaSlicer's repairs would be counted as contradiction.",
        '"Also found" beside a defect are its true companions (a fin is open too; two touching gaps are narrow).',
    ]
    real = list(bones(options.tally, options.seconds))
    if real:
        lines += [
            "",
            "## Real bones",
            "",
            "Files that `run` wrote, judged, then given to the slicers as they are. A raft carries them: bones rest on points.",
            "",
            "| bone | options | triangles | verdict | told | PrusaSlicer | admesh |",
            "|---|---|---|---|---|---|---|",
            *(line for line, _ in real),
            "",
            f"Contradicted: {sum(doubt for _, doubt in real)} of {len(real)}.",
        ]
    target = Path(__file__).parent / "results" / "printability_validators.md"
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
