"""Every option of preparation on public bones and the head of the shared scans: closed, exact sums, walls, fits.

    python Testing/Benchmarks/preparation_bones.py --bones FOLDER [--bone NAME]... [--tally FILE] [--seconds N] [--output FOLDER]

`bones.json` names the bones with address, commit and licence; FOLDER holds their files by their names. Those that are no
closed surface are repaired first. DICOM_TO_PRINT_DATA adds the head phantom and a vertebra of the shared scans. Each option
runs through the engine's own `prepare`, as `run` does it, under a process that bones are printed in. What is asked of a result:
- every part is closed, manifold, free of self-intersections and positive;
- parts of cuts and splits sum to the whole within 0.01 %; with joints, less by the gaps of the joints, and no two parts overlap;
- every part of a split fits the printer, and none is smaller than a crumb;
- a based model stands, on one piece; its text stands on the base;
- an engraved text leaves the process's wall behind it, by rays from its floor; a text reads as it was written;
- a wall that was thickened or hollowed has its width (5 % of the surface may have less).
A refusal is a sentence; every option that it names exists in `run`.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "DicomToPrint"), str(HERE)]

from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import DicomToPrintError, RefusedError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh, Provenance
from dicomtoprint.mesh.ray_casting import RayCaster
from dicomtoprint.mesh.thickness import thickness_field
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.pipeline import validate_preparation
from dicomtoprint.pipeline.preparation import prepare
from dicomtoprint.preparation.csg import to_manifold
from dicomtoprint.printability import LabelFrame, load_process
from dicomtoprint.printability.checks.text_label import classify_label
from dicomtoprint.printability.stable_pose import find_stable_pose
from dicomtoprint.reconstruction import SurfaceModel
from dicomtoprint.repair import repair_mesh

Outcome = tuple[str, str]  # first broken promise ('' for none), and what is told of it
TEXT = "Ärztin Ω 7"


def read_bone(file: Path, name: str, to_mm: float) -> Mesh:
    """A bone of a file in mm, repaired where it is no closed surface."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    reader = vtk.vtkXMLPolyDataReader() if file.suffix == ".vtp" else vtk.vtkSTLReader()
    reader.SetFileName(str(file))
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(reader.GetOutputPort())
    triangles.Update()
    data = triangles.GetOutput()
    points = vtk_to_numpy(data.GetPoints().GetData()).astype(np.float64) * to_mm
    cells = vtk_to_numpy(data.GetPolys().GetConnectivityArray()).reshape(-1, 3).astype(np.int64)
    return repair_mesh(tagged(Mesh(points.astype(np.float32), cells, name))).mesh


def tagged(mesh: Mesh) -> Mesh:
    return mesh.with_arrays(triangle_arrays={"Provenance": np.zeros(len(mesh.triangles), np.uint8)})


def bones(folder: Path) -> dict[str, Callable[[], Mesh]]:
    """The bones by name, read when asked for."""
    listed = json.loads((HERE / "bones.json").read_text(encoding="utf-8"))["bones"]
    made: dict[str, Callable[[], Mesh]] = {
        one["name"]: lambda one=one: read_bone(folder / one["file"], one["name"], one["to_mm"]) for one in listed
    }
    if os.environ.get("DICOM_TO_PRINT_DATA"):
        from preparation_solids import scanned

        scans = scanned()
        made |= {name: scans[name] for name in ("head phantom", "vertebra 22")}
    return made


def middle(mesh: Mesh) -> tuple[tuple[str, float], ...]:
    """A cut across the longest side, beside its middle."""
    low, high = np.asarray(mesh.bounds).reshape(3, 2).T
    axis = int(np.argmax(high - low))
    at = float((low[axis] + high[axis]) / 2.0) + 0.1234
    return ((("R", -at), ("A", -at), ("S", at))[axis],)


def room(mesh: Mesh) -> str:
    """A printer that holds 60 % of the bone along each side."""
    sides = np.maximum(0.6 * np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1).ravel() + 2.0, 12.0)
    return "x".join(f"{side:.1f}" for side in sides)


def hollow_wall(mesh: Mesh) -> float:
    """A hundredth of the longest side, 1.5 mm at least: the grid goes with the wall."""
    return max(1.5, round(0.01 * float(np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1).max()), 1))


# By name: the settings for a bone, and what is asked of the result beside being sound.
OPTIONS: dict[str, Callable[[Mesh], RunSettings]] = {
    "struts": lambda mesh: RunSettings(process="sla", struts=True),
    "base, plate": lambda mesh: RunSettings(process="fdm", base=True),
    "base, foot": lambda mesh: RunSettings(process="fdm", base=True, base_kind="foot"),
    "base, stand": lambda mesh: RunSettings(process="fdm", base=True, base_kind="stand"),
    "base with texts": lambda mesh: RunSettings(process="fdm", base=True, label=TEXT, scale_bar=20.0),
    "label": lambda mesh: RunSettings(process="sla", label="R 7"),
    "label, raised": lambda mesh: RunSettings(process="sla", label="R 7", label_raised=True),
    "scale bar": lambda mesh: RunSettings(process="sla", scale_bar=10.0),
    "cut": lambda mesh: RunSettings(process="sla", cuts=middle(mesh)),
    "split": lambda mesh: RunSettings(process="sla", split=True, printer=room(mesh)),
    "pins, sla": lambda mesh: RunSettings(process="sla", cuts=middle(mesh), pins=True),
    "pins, fdm": lambda mesh: RunSettings(process="fdm", cuts=middle(mesh), pins=True),
    "dowels": lambda mesh: RunSettings(process="fdm", cuts=middle(mesh), pins=True, joint="dowel"),
    "dovetail": lambda mesh: RunSettings(process="fdm", cuts=middle(mesh), pins=True, joint="dovetail"),
    "magnets": lambda mesh: RunSettings(process="sla", cuts=middle(mesh), magnets=(3.0, 1.0)),
    "split with pins": lambda mesh: RunSettings(process="sla", split=True, pins=True, printer=room(mesh)),
    "orient": lambda mesh: RunSettings(process="sla", orient=True),
    "orient, fdm": lambda mesh: RunSettings(process="fdm", orient=True),
    "wrap": lambda mesh: RunSettings(process="sla", wrap=True),
    "thicken": lambda mesh: RunSettings(process="sla", thicken=1.0),
    "hollow": lambda mesh: RunSettings(process="sla", hollow=hollow_wall(mesh)),
}


def judge(name: str, mesh: Mesh, settings: RunSettings, done: Any) -> Outcome:
    """First broken promise of a result, and what the steps told."""
    told = {step.name: step.effect for step in done.model.steps}
    parts = done.model.meshes
    said = "; ".join(effect.split("; volume")[0].split("; the surface")[0] for effect in told.values())
    for part in parts:
        found = analyse_topology(part)
        if not found.closed or found.nonmanifold_edges or found.nonmanifold_vertices or part.volume <= 0:
            return "not a closed solid", said
        if len(self_intersections(part)):
            return "self-intersections", said
    fault = ""
    if settings.cuts or settings.split:
        fault = judge_parts(mesh, parts, settings, told)
    if settings.base:
        fault = fault or judge_base(mesh, done, settings)
    if settings.label or settings.scale_bar:
        fault = fault or judge_texts(done, settings)
    if settings.thicken or settings.hollow:
        fault = fault or judge_walls(mesh, parts, settings)
    return fault, said


def judge_parts(mesh: Mesh, parts: tuple[Mesh, ...], settings: RunSettings, told: dict[str, str]) -> str:
    solids = [to_manifold(part).manifold for part in parts]
    total = sum(part.volume for part in parts)
    for first in range(len(solids)):
        for second in range(first + 1, len(solids)):
            if (solids[first] ^ solids[second]).volume() > 0.05:
                return "parts overlap"
    jointed = {"pins", "dowels", "dovetails", "magnets"} & set(told)
    if not jointed and abs(total / mesh.volume - 1.0) > 1e-4:
        return f"volumes off by {100 * (total / mesh.volume - 1.0):.3f} %"
    if jointed and not 0.0 < mesh.volume - total < 0.2 * mesh.volume:
        return "joints without a gap"
    if settings.split:
        sides = np.sort([float(side) for side in str(settings.printer).split("x")])
        for part in parts:
            if (np.sort(np.diff(np.asarray(part.bounds).reshape(3, 2), axis=1).ravel()) > sides + 1e-3).any():
                return "a part does not fit"
        crumb = min(0.005 * mesh.volume, 200.0)
        whole = {round(body.volume(), 1) for body in to_manifold(mesh).manifold.decompose()}
        small = [body.volume() for solid in solids for body in solid.decompose() if 0 < body.volume() < crumb]
        small = [one for one in small if round(one, 1) not in whole]
        if small and "broken off" not in told.get("crumbs", ""):
            return f"a crumb of {min(small):.2f} mm3 that is not told"
    return ""


def judge_base(mesh: Mesh, done: Any, settings: RunSettings) -> str:
    made = done.model.meshes[0]
    if not find_stable_pose(made).stands:
        return "does not stand"
    before = sum(piece.volume() > 0 for piece in to_manifold(mesh).manifold.decompose())
    if sum(piece.volume() > 0 for piece in to_manifold(made).manifold.decompose()) > before:
        return "the base is loose"
    if (to_manifold(mesh).manifold - to_manifold(made).manifold).volume() > 1e-4 * mesh.volume:
        return "bone is missing"
    return ""


def judge_texts(done: Any, settings: RunSettings) -> str:
    made = done.model.meshes[0]
    for one in (one for one in done.labels if one.is_text):
        frame = LabelFrame(
            one.text, one.origin, one.right, one.up, one.outward, one.width, one.height, one.depth, one.uneven_mm
        )
        if classify_label(made, frame) != "legible":
            return f"'{one.text}' reads {classify_label(made, frame)}"
    if settings.label_raised or settings.base:
        return ""
    wall = load_process(settings.process).limit("wall_supported_mm") or 0.0
    left = wall_behind(made, done.labels[0]) if done.labels else float("inf")
    return f"{left:.2f} mm of wall behind the text" if left < wall - 0.02 else ""


def wall_behind(mesh: Mesh, label: Any) -> float:
    """The thinnest wall under a text, by rays into the model from the faces that face outward in its box."""
    axes = np.stack([label.right, label.up, label.outward])
    centres = mesh.points.astype(np.float64)[mesh.triangles].mean(axis=1)
    local = (centres - np.asarray(label.origin)) @ axes.T
    normals = mesh.triangle_normals()
    facing = normals @ np.asarray(label.outward) > 0.5 * np.linalg.norm(normals, axis=1)
    under = (np.abs(local[:, 0]) < label.width / 2) & (np.abs(local[:, 1]) < label.height / 2)
    under &= facing & (np.abs(local[:, 2]) < 3.0 * abs(label.depth) + label.uneven_mm + 0.5)
    points = centres[under]
    inward = np.broadcast_to(-np.asarray(label.outward), points.shape)
    if not len(points):
        return float("inf")
    return float(RayCaster(mesh, 10.0).first_hit(points + 1e-3 * inward, inward, True, 20.0).distance.min())


def judge_walls(mesh: Mesh, parts: tuple[Mesh, ...], settings: RunSettings) -> str:
    if settings.thicken:
        thin = thickness_field(parts[0], cap_mm=2.0 * settings.thicken).percentile(5.0)
        return f"5 % of the walls have {thin:.2f} mm" if thin is not None and thin < 0.95 * settings.thicken else ""
    inner = parts[0].triangle_arrays["Provenance"] == Provenance.CUT
    centres = parts[0].points.astype(np.float64)[parts[0].triangles[inner]].mean(axis=1)
    # Faces of escape holes reach the outside; they are few.
    wall = float(np.median(nearest_triangles(centres[:: max(1, len(centres) // 20_000)], mesh)[1]))
    return f"a wall of {wall:.2f} mm" if wall < 0.95 * float(settings.hollow or 0.0) else ""


def row_of(name: str, mesh: Mesh, option: str) -> dict[str, Any]:
    """One option on one bone, judged."""
    row: dict[str, Any] = {"bone": name, "triangles": len(mesh.triangles), "option": option, "why": "", "said": ""}
    start = time.process_time()
    settings = OPTIONS[option](mesh)
    try:
        validate_preparation(settings)
        done = prepare(SurfaceModel((mesh,), ({},), (), ()), settings)
        row["why"], row["said"] = judge(name, mesh, settings, done)
        row["outcome"] = "fault" if row["why"] else "valid"
    except RefusedError as error:
        unknown = set(re.findall(r"--[a-z][a-z-]+", str(error))) - options_of_run()
        row |= {"outcome": "fault" if unknown else "refused", "why": str(error)}
    except (DicomToPrintError, ArithmeticError, ValueError, IndexError, RuntimeError, AssertionError) as error:
        row |= {"outcome": "fault", "why": f"{type(error).__name__}: {error}"}
    return row | {"seconds": round(time.process_time() - start, 2)}


def options_of_run() -> set[str]:
    from dicomtoprint.cli.parser import build_parser

    commands = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return set(commands.choices["run"]._option_string_actions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bones", type=Path, required=True, help="folder with the files that bones.json names")
    parser.add_argument("--tally", type=Path, default=Path("preparation_bones.jsonl"))
    parser.add_argument("--bone", action="append", help="this one only (repeatable)")
    parser.add_argument("--option", action="append", choices=list(OPTIONS), help="this one only (repeatable)")
    parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after so many seconds")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    rows = (
        [json.loads(line) for line in asked.tally.read_text(encoding="utf-8").splitlines()]
        if asked.tally.exists()
        else []
    )
    done, end = {(row["bone"], row["option"]) for row in rows}, time.perf_counter() + asked.seconds
    made = {name: make for name, make in bones(asked.bones).items() if not asked.bone or name in asked.bone}
    for options in (list(OPTIONS)[:-3], list(OPTIONS)[-3:]):  # those on grids take longest
        for name, make in made.items():
            left = [one for one in options if (name, one) not in done and (not asked.option or one in asked.option)]
            if not left or time.perf_counter() > end:
                continue
            mesh = make()
            for option in left:
                if time.perf_counter() > end:
                    break
                rows.append(row_of(name, mesh, option))
                if rows[-1]["outcome"] == "fault":
                    print(f"{name}, {option}: {rows[-1]['why']}", flush=True)
                with asked.tally.open("a", encoding="utf-8") as tally:
                    tally.write(json.dumps(rows[-1]) + "\n")
    asked.output.mkdir(parents=True, exist_ok=True)
    (asked.output / "preparation_bones.md").write_text(table(rows), encoding="utf-8")
    print(table(rows))


def table(rows: list[dict[str, Any]]) -> str:
    """The result as Markdown."""
    names = list(dict.fromkeys(row["bone"] for row in rows))
    lines = [
        f"# Every option of preparation on {len(names)} bones",
        "",
        "`python Testing/Benchmarks/preparation_bones.py --bones FOLDER`; what is asked of a result stands in the script, "
        f"where the bones are from in `bones.json`: {', '.join(names)}. Valid: closed, free of self-intersections, and all that the "
        "script asks. Refused: with a sentence whose options exist. CPU seconds include the judging.",
        "",
        "| option | valid | refused | fault | median s | most s |",
        "|---|---|---|---|---|---|",
    ]
    for option in OPTIONS:
        own = [row for row in rows if row["option"] == option]
        if own:
            counts = [sum(row["outcome"] == word for row in own) for word in ("valid", "refused", "fault")]
            seconds = [row["seconds"] for row in own]
            lines.append(
                f"| {option} | {' | '.join(map(str, counts))} | {np.median(seconds):.1f} | {max(seconds):.1f} |"
            )
    joints = [
        row
        for row in rows
        if row["option"] in ("pins, sla", "pins, fdm", "dowels", "dovetail") and row["outcome"] == "valid"
    ]
    lines += ["", "What joined the halves of each bone:", ""]
    lines += [f"- {row['bone']}, {row['option']}: {row['said'].partition('; ')[2] or row['said']}" for row in joints]
    lines += ["", "Refused:", ""]
    lines += [f"- {row['bone']}, {row['option']}: {row['why']}" for row in rows if row["outcome"] == "refused"]
    faults = [f"- {row['bone']}, {row['option']}: {row['why']}" for row in rows if row["outcome"] == "fault"]
    lines += ["", "Faults:", "", *faults] if faults else ["", "No fault."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
