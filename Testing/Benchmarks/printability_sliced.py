"""What is called ready is sliced by PrusaSlicer into a print that is not empty and as large as was told.

    python Testing/Benchmarks/printability_sliced.py FOLDER... [--bones FOLDER] [--tally FILE] [--seconds N] [--output FOLDER]

Judges every STL and 3MF file below the folders for the process `fdm` and its printer. Each that is ready, with warnings or without,
must be sliced with the printer's bed: filament is used, every object has the size told (0.02 mm), the print has the height of the
tallest (two layers less or more), and none is smaller than the process prints. What fits only when
turned, or one object after the other, is sliced as it is told to. `--bones` adds the bones of `bones.json`: each as it is, turned, on each
base and cut in two with pins.
Needs PrusaSlicer (Debian: prusa-slicer).
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "DicomToPrint"), str(HERE.parent), str(HERE)]

from dicomtoprint.errors import DicomToPrintError
from dicomtoprint.io import export_meshes
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.printability import Readiness, assess_file, load_printer, load_process
from dicomtoprint.printability.build_volume_fit import find_fitting_rotation
from dicomtoprint.reconstruction import SurfaceModel
from Phantoms.prusa_slicer import LAYER_MM, SLICER, sizes_read, sliced

PROCESS = "fdm"
BONE_OPTIONS = ("base, plate", "base, foot", "base, stand", "orient, fdm", "pins, fdm")


def given_files(folders: list[Path]) -> Iterator[tuple[str, Path]]:
    """Name and path of each STL and 3MF file below the folders."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in (".stl", ".3mf"):
                yield str(path.relative_to(folder)), path


def bone_files(bones_folder: Path, into: Path, known: set[str]) -> Iterator[tuple[str, Path]]:
    """The bones as STL and 3MF, as they are and prepared."""
    from preparation_bones import OPTIONS, bones

    for name, make in bones(bones_folder).items():
        if all(f"{name}, {option}.3mf" in known for option in ("plain", *BONE_OPTIONS)):
            continue
        mesh = make()
        for option in ("plain", *BONE_OPTIONS):
            if f"{name}, {option}.3mf" in known:
                continue
            try:
                settings = OPTIONS[option](mesh) if option != "plain" else None
                meshes = (
                    (mesh,)
                    if settings is None
                    else prepare(SurfaceModel((mesh,), ({},), (), ()), settings).model.meshes
                )
            except DicomToPrintError:
                continue
            folder = into / f"{name}-{option}".replace(" ", "_")
            folder.mkdir()
            formats = ("stl", "3mf") if option == "plain" else ("3mf",)
            files = export_meshes(tuple(meshes), folder, "bone", formats)
            yield from ((f"{name}, {option}{_number(file.path)}{file.path.suffix}", file.path) for file in files)


def _number(path: Path) -> str:
    tail = path.stem.partition("-")[2]
    return f" part {tail}" if tail else ""


def row_of(name: str, path: Path, gcode: Path) -> dict[str, Any]:
    """Verdict, what the slicer reads and makes, and what differs ('' for nothing)."""
    row: dict[str, Any] = {"file": name, "verdict": "", "why": ""}
    start = time.process_time()
    try:
        readiness = assess_file(path, PROCESS)
    except DicomToPrintError as error:
        return row | {"verdict": "not read", "said": str(error)}
    row |= {"verdict": readiness.verdict, "seconds": round(time.process_time() - start, 1)}
    if readiness.verdict == "not-ready":
        return row
    build = tuple(float(side) for side in load_printer(load_process(PROCESS).printer).usable_mm)
    each = np.array([np.ptp(mesh.points, axis=0) for mesh in readiness.meshes])
    whole = np.ptp(np.concatenate([mesh.points for mesh in readiness.meshes]), axis=0)
    sizes = sizes_read(path)
    told = each if len(sizes) == len(each) else whole[None]
    prints = as_told(readiness, path, gcode) or [(path, float(told[:, 2].max()))]
    made = [(sliced(one, gcode.with_suffix(f".{at}.gcode"), build), tall) for at, (one, tall) in enumerate(prints)]
    row |= {"filament_mm": [used for (used, _), _ in made], "height_mm": [height for (_, height), _ in made]}
    row |= {"told_mm": told.max(axis=0).round(3).tolist()}
    wrong = [f"{height} mm high, {tall:.2f} mm told" for (_, height), tall in made if abs(height - tall) > 2 * LAYER_MM]
    if any(used <= 0.0 for (used, _), _ in made):
        row["why"] = "no print"
    elif sizes.shape != told.shape or np.abs(sizes - told).max() > 0.02:
        row["why"] = f"{sizes.tolist()} mm read, {told.tolist()} mm told"
    elif wrong:
        row["why"] = "; ".join(wrong)
    elif (told.max(axis=1) < (load_process(PROCESS).limit("feature_mm") or 0.0)).any():
        row["why"] = "smaller than the process prints"
    return row


def as_told(readiness: Readiness, path: Path, gcode: Path) -> list[tuple[Path, float]]:
    """The files to print, and the height of each, of what fits only when turned or one by one: as a user would, by the turns that are
    told; none where it fits as it stands."""
    fit = next(finding for finding in readiness.findings if finding.rule == "fit")
    room = np.array(readiness.printer.usable_mm)
    groups = [[mesh] for mesh in readiness.meshes]
    if fit.measured == "turned":
        groups = [list(readiness.meshes)]
    elif fit.measured != "each on its own":
        return []
    prints = []
    for at, group in enumerate(groups):
        turn = find_fitting_rotation(np.concatenate([mesh.points for mesh in group]), room)
        assert turn is not None and (turn.angle_deg == 0.0 or turn.words in fit.message)
        turned = concatenate([Mesh((m.points @ turn.matrix.T).astype(np.float32), m.triangles) for m in group])
        made = export_meshes((turned,), gcode.parent, f"{gcode.stem}-{at}", ("stl",))[0].path
        prints.append((made, float(np.ptp(turned.points[:, 2]))))
    return prints


def table(rows: list[dict[str, Any]]) -> str:
    """The result as Markdown."""
    counts = {word: sum(row["verdict"] == word for row in rows) for word in ("ready", "warn", "not-ready", "not read")}
    ready = [row for row in rows if row["verdict"] in ("ready", "warn")]
    wrong = [row for row in ready if row["why"]]
    lines = [
        "# Files called ready, sliced by PrusaSlicer",
        "",
        "`python Testing/Benchmarks/printability_sliced.py FOLDER... --bones FOLDER`; what is asked stands in the script.",
        "",
        f"{len(rows)} files: {counts['ready']} ready, {counts['warn']} ready with warnings, {counts['not-ready']} not ready, "
        f"{counts['not read']} not read. Of the {len(ready)} that are ready {len(ready) - len(wrong)} become a print of the size told.",
    ]
    lines += ["", "Not as told:", "", *(f"- {row['file']}: {row['why']}" for row in wrong)] if wrong else []
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument("--bones", type=Path, help="folder with the files that bones.json names")
    parser.add_argument("--tally", type=Path, default=Path("printability_sliced.jsonl"))
    parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after so many seconds")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    if SLICER is None:
        raise SystemExit("PrusaSlicer is not installed.")
    lines = asked.tally.read_text(encoding="utf-8").splitlines() if asked.tally.exists() else []
    rows = [json.loads(line) for line in lines]
    known, end = {row["file"] for row in rows}, time.perf_counter() + asked.seconds
    with tempfile.TemporaryDirectory() as scratch, asked.tally.open("a", encoding="utf-8") as tally:
        made = bone_files(asked.bones, Path(scratch), known) if asked.bones else ()
        for name, path in chain(given_files(asked.folders), made):
            if time.perf_counter() > end:
                break
            if name in known:
                continue
            rows.append(row_of(name, path, Path(scratch) / f"{len(rows)}.gcode"))
            print(rows[-1]["file"], rows[-1]["verdict"], rows[-1]["why"], flush=True)
            tally.write(json.dumps(rows[-1]) + "\n")
            tally.flush()
    asked.output.mkdir(parents=True, exist_ok=True)
    (asked.output / "printability_sliced.md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
