"""Preparation over a corpus of solids: is every result closed, manifold, free of self-intersections, positive and as expected?

    python Testing/Benchmarks/preparation_corpus.py [--tally FILE] [--solids FIRST:LAST] [--seconds N] [--output FOLDER]

Solids x operations, see `preparation_solids.py`; DICOM_TO_PRINT_DATA adds the bones of the shared scans. An operation may refuse
with a reason; then the input must be as it was. What is expected of a result, each to 1 % of the volume:
- cut, split, orient: parts together have the volume of the whole, and by exact CSG their symmetric difference with it is told;
  every part of a split fits the build volume;
- pins: the same but for sockets, whose parts must not overlap;
- hollow: nothing is added, and what was taken out is what lies deeper than the wall by VTK's exact distance at random points;
- thicken, base, struts, label (raised): nothing of the input is missing, and what is added lies where it was promised (within the
  minimum of the old surface, below the model's lower part, in bars of the length told, in the text's box);
- label, scale bar (engraved): nothing is added, what is missing lies in the text's box;
- wrap: holds the input.
Everywhere but in wrap and orient, surface that is neither cut nor added lies within 0.01 mm of where it was.
The tally keeps every finished operation, so that the run can go on where it was stopped (--seconds).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "DicomToPrint"), str(HERE)]

from preparation_solids import solids

from dicomtoprint import preparation as room
from dicomtoprint.errors import DicomToPrintError, RefusedError
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.mesh.grid import grid_around
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.mesh.voxelize import voxelize
from dicomtoprint.preparation.csg import import_manifold3d, to_manifold

Outcome = tuple[list[Mesh], str, float]  # results, first broken promise ('' for none), symmetric difference in per cent
LOST = 1e-4  # share of the volume that rounding may take


def difference(first: Any, second: Any) -> Any:
    return to_manifold(first).manifold - to_manifold(second).manifold


def halves(mesh: Mesh) -> tuple[room.Plane, Mesh, Mesh]:
    plane = room.axis_plane("S", (mesh.bounds[4] + mesh.bounds[5]) / 2.0 + 0.1234)
    return plane, *room.cut(mesh, plane)


def together(whole: Mesh, parts: list[Mesh]) -> tuple[str, float]:
    """Whether the parts' volumes sum to the whole's, and their symmetric difference with it in per cent."""
    module, solid = import_manifold3d(), to_manifold(whole).manifold
    union = module.Manifold.batch_boolean([to_manifold(part).manifold for part in parts], module.OpType.Add)
    apart = 100.0 * ((solid - union).volume() + (union - solid).volume()) / solid.volume()
    off = abs(sum(part.volume for part in parts) / whole.volume - 1.0)
    return (f"volume off by {100 * off:.2f} %" if off > 0.01 else ""), apart


def cut(mesh: Mesh) -> Outcome:
    _plane, *parts = halves(mesh)
    return parts, *together(mesh, parts)


def split(mesh: Mesh) -> Outcome:
    build = np.maximum(0.7 * np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1).ravel(), 7.0)
    parts = list(room.split_to_fit(mesh, build).parts)
    fault, apart = together(mesh, parts)
    for part in parts:
        size = np.diff(np.asarray(part.bounds).reshape(3, 2), axis=1).ravel()
        if (np.sort(size) > np.sort(build)).any():
            fault = "a part does not fit"
    return parts, fault, apart


def pins(mesh: Mesh) -> Outcome:
    plane, first, second = halves(mesh)
    size = room.ConnectorSize(3.0, 4.0, 0.3, 1.0)
    done = room.cut_pins(first, second, plane, size, smallest=1.0)
    size, gap = done.size, 0.3
    overlap = (to_manifold(done.first).manifold ^ to_manifold(done.second).manifold).volume()
    union = to_manifold(done.first).manifold + to_manifold(done.second).manifold
    whole, rim = to_manifold(mesh).manifold, ring_of(size.diameter / 2.0, gap) * 2.0 * size.length * len(done.places)
    missing = (whole - union).volume() + (union - whole).volume()
    fault = "parts overlap" if overlap > 0.05 else ""
    return [done.first, done.second], fault, 100.0 * max(missing - rim, 0.0) / whole.volume()


def ring_of(radius: float, gap: float) -> float:
    """Area of the clearance around a pin, the flat side counted as round."""
    return float(np.pi * ((radius + gap) ** 2 - (0.8 * radius) ** 2))


def nothing_lost(mesh: Mesh, result: Mesh) -> str:
    lost = difference(mesh, result).volume() / mesh.volume
    return f"{100 * lost:.3f} % of the input is missing" if lost > LOST else ""


def corners(solid: Any) -> np.ndarray:
    return np.asarray(solid.to_mesh64().vert_properties)[:, :3]


def thicken(mesh: Mesh) -> Outcome:
    done = room.thicken(mesh, 1.0)
    fault = nothing_lost(mesh, done.mesh)
    added = corners(difference(done.mesh, mesh)) if done.mesh is not mesh else np.zeros((0, 3))
    if len(added):
        # Half the minimum, beside a gap up to the minimum, and half a voxel; and no farther than what is told.
        away = float(nearest_triangles(added, mesh)[1].max())
        fault = fault or (f"added {away:.2f} mm away" if away > min(done.outward_mm + 0.05, 1.15) else "")
    return [done.mesh], fault, 0.0


def hollow(mesh: Mesh) -> Outcome:
    done = room.hollow(mesh, 2.0, 3.0)
    deep, small = deeper_than(mesh, 2.0, 113.0)
    drilled = len(done.holes) * np.pi * 1.5**2 * 3.0
    off = (done.removed_mm3 - drilled - deep) / mesh.volume
    fault = nothing_lost(done.mesh, mesh)
    # Cavities as small as the limit may count on one side only; the random points are good for 0.5 %.
    allowed = 0.01 + 0.005 + (small + 0.5 * drilled) / mesh.volume
    return [done.mesh], fault or (f"hollowed {100 * off:+.2f} % of the volume" if abs(off) > allowed else ""), 0.0


def deeper_than(mesh: Mesh, wall: float, smallest: float) -> tuple[float, float]:
    """Volumes in mm3: of all that lies deeper than the wall, by VTK's exact distance at random points of the voxels of 0.8 mm that may
    be either (their depth is known to a voxel's diagonal), and of parts of it that are smaller than about `smallest`."""
    import SimpleITK as sitk
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    from dicomtoprint.mesh.core import to_polydata

    grid = grid_around(mesh, 0.8, 2.0)
    image = sitk.GetImageFromArray(voxelize(mesh, grid.affine, grid.shape).view(np.uint8))
    depth = sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False) * grid.spacing
    rough = sitk.GetArrayFromImage(depth) - wall
    unsure = np.argwhere(np.abs(rough) <= 1.8 * grid.spacing)
    random = np.random.default_rng(1)
    chosen = unsure[random.permutation(len(unsure))[:60_000]]
    points = grid.points(chosen + random.uniform(-0.5, 0.5, chosen.shape))
    distance = vtk.vtkImplicitPolyDataDistance()
    distance.SetInput(to_polydata(Mesh(mesh.points, mesh.triangles)))
    found = vtk.vtkDoubleArray()
    distance.FunctionValue(numpy_to_vtk(points), found)
    count = (rough > 1.8 * grid.spacing).sum() + (vtk_to_numpy(found) < -wall).mean() * len(unsure)
    deep = float(count * grid.spacing**3)
    # Parts hang together by necks, which a map of voxels does not see as they are.
    if len(unsure) < 100_000:
        distance.FunctionValue(numpy_to_vtk(grid.points(unsure)), found)
        rough[tuple(unsure.T)] = -vtk_to_numpy(found) - wall
    parts = sitk.GetArrayFromImage(sitk.ConnectedComponent(sitk.GetImageFromArray((rough > 0).view(np.uint8))))
    sizes = np.bincount(parts.ravel())[1:] * grid.spacing**3
    return deep, float(sizes[sizes < 1.5 * smallest].sum())


def base(mesh: Mesh) -> Outcome:
    done = room.add_base(mesh)
    high = difference(done.mesh, mesh).trim_by_plane((0.0, 0.0, 1.0), mesh.bounds[4] + 3.5).volume()
    return [done.mesh], nothing_lost(mesh, done.mesh) or ("base too high" if high > LOST * mesh.volume else ""), 0.0


def struts(mesh: Mesh) -> Outcome:
    done = room.add_struts(mesh, 2.0)
    if done.mesh is mesh:
        return [mesh], "", 0.0
    pieces = [piece for piece in to_manifold(done.mesh).manifold.decompose() if piece.volume() > 0]  # voids are none
    fault = "" if len(pieces) == 1 else "still in pieces"
    return [done.mesh], nothing_lost(mesh, done.mesh) or fault, 0.0


def text_box(done: room.LabelResult) -> Any:
    frame = np.column_stack([np.stack([done.right, done.up, done.outward], axis=1), done.origin])
    return (
        import_manifold3d()
        .Manifold.cube((done.width + 0.1, done.height + 0.1, 40.0), True)
        .transform(np.ascontiguousarray(frame))
    )


def engraved(done: room.LabelResult, mesh: Mesh) -> Outcome:
    fault = nothing_lost(done.mesh, mesh)
    box = text_box(done)
    cavity = difference(mesh, done.mesh)
    if (cavity ^ box).volume() < 0.05 * done.width * done.height * abs(done.depth):
        fault = "no text"
    elif (cavity - box).volume() > LOST * mesh.volume:
        fault = "text beside its place"
    return [done.mesh], fault, 0.0


def label(mesh: Mesh) -> Outcome:
    return engraved(room.add_label(mesh, "R 12", 5.0, 0.6, smallest=3.0), mesh)


def raised_label(mesh: Mesh) -> Outcome:
    done = room.add_label(mesh, "R 12", 5.0, 0.6, raised=True, smallest=3.0)
    fault = nothing_lost(mesh, done.mesh)
    added = difference(done.mesh, mesh)
    box = text_box(done)
    if (added ^ box).volume() < 0.05 * done.width * done.height * abs(done.depth):
        fault = fault or "no text"
    return [done.mesh], fault or ("text beside its place" if (added - box).volume() > LOST * mesh.volume else ""), 0.0


def scale_bar(mesh: Mesh) -> Outcome:
    return engraved(room.add_scale_bar(mesh, 10.0, 0.6), mesh)


def orient(mesh: Mesh) -> Outcome:
    done = room.orient(mesh)
    back = np.linalg.inv(done.transform)
    moved = np.abs(done.mesh.points @ back[:3, :3].T + back[:3, 3] - mesh.points).max()
    return [done.mesh], f"does not come back: {moved:.4f} mm" if moved > 1e-3 else "", 0.0


def wrap(mesh: Mesh) -> Outcome:
    done = room.shrink_wrap(mesh, 3.0)
    lost = difference(mesh, done.mesh).volume() / mesh.volume
    # The offset surface is sampled: it may cut the input by a share of a voxel.
    return [done.mesh], f"{100 * lost:.2f} % of the input is missing" if lost > 0.01 else "", 0.0


OPERATIONS: dict[str, Callable[[Mesh], Outcome]] = {
    "cut": cut,
    "split": split,
    "pins": pins,
    "hollow": hollow,
    "thicken": thicken,
    "base": base,
    "struts": struts,
    "label": label,
    "raised label": raised_label,
    "scale bar": scale_bar,
    "orient": orient,
    "wrap": wrap,
}


def unsound(parts: list[Mesh]) -> str:
    for mesh in parts:
        found = analyse_topology(mesh)
        if found.boundary_edges or found.nonmanifold_edges or found.nonmanifold_vertices or found.inverted:
            return "not a closed manifold"
        if len(self_intersections(mesh)):
            return "self-intersection"
        if mesh.volume <= 0 or len(mesh.triangles) == 0:
            return "empty or not positive"
    return ""


def row_of(name: str, mesh: Mesh, operation: str) -> dict[str, Any]:
    """One operation on one solid, judged."""
    before = mesh.points.copy(), mesh.triangles.copy()
    row: dict[str, Any] = {
        "solid": name,
        "triangles": len(mesh.triangles),
        "operation": operation,
        "apart": 0.0,
        "why": "",
        "kept_moved_mm": 0.0,
    }
    start = time.process_time()
    try:
        parts, fault, row["apart"] = OPERATIONS[operation](mesh)
        fault = unsound(parts) or fault
        # What wrapping keeps lies within a fifth of a voxel, and turning moves everything.
        row["kept_moved_mm"] = (
            room.measure_displacement([mesh], parts).kept.most if operation not in ("wrap", "orient") else 0.0
        )
        fault = fault or (f"kept surface moved {row['kept_moved_mm']:.3f} mm" if row["kept_moved_mm"] >= 0.01 else "")
        row |= {"outcome": "fault" if fault else "valid", "why": fault}
    except RefusedError as error:
        row |= {"outcome": "refused", "why": str(error)}
    except (DicomToPrintError, ArithmeticError, ValueError, IndexError, RuntimeError, AssertionError) as error:
        row |= {"outcome": "fault", "why": f"{type(error).__name__}: {error}"}
    if not (np.array_equal(before[0], mesh.points) and np.array_equal(before[1], mesh.triangles)):
        row |= {"outcome": "fault", "why": "the input changed"}
    return row | {"seconds": round(time.process_time() - start, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tally", type=Path, default=Path("preparation_tally.jsonl"))
    parser.add_argument("--solids", default=":", help="FIRST:LAST of the list")
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    parser.add_argument("--seconds", type=float, default=1e9, help="start nothing after so many seconds")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    made = solids()
    first, last = (int(word) if word else None for word in asked.solids.split(":"))
    rows = (
        [json.loads(line) for line in asked.tally.read_text(encoding="utf-8").splitlines()]
        if asked.tally.exists()
        else []
    )
    done = {(row["solid"], row["operation"]) for row in rows}
    end = time.perf_counter() + asked.seconds
    for name in list(made)[first:last]:
        left = [operation for operation in asked.operations.split(",") if (name, operation) not in done]
        if not left or time.perf_counter() > end:
            continue
        mesh = made[name]()
        for operation in left:
            if time.perf_counter() > end:
                break
            rows.append(row_of(name, mesh, operation))
            if rows[-1]["outcome"] == "fault":
                print(f"{name}, {operation}: {rows[-1]['why']}", flush=True)
            with asked.tally.open("a", encoding="utf-8") as tally:
                tally.write(json.dumps(rows[-1]) + "\n")
    asked.output.mkdir(parents=True, exist_ok=True)
    (asked.output / "preparation_corpus.md").write_text(table(rows), encoding="utf-8")
    print(table(rows))


def table(rows: list[dict[str, Any]]) -> str:
    """The result as Markdown."""
    names = list(dict.fromkeys(row["solid"] for row in rows))
    largest = max(rows, key=lambda row: row["triangles"])
    data = "with" if any("head" in name or "vertebra" in name for name in names) else "without"
    lines = [
        f"# Preparation over {len(names)} solids",
        "",
        f"`python Testing/Benchmarks/preparation_corpus.py` ({data} the shared scans). "
        f"The largest has {largest['triangles']:,} triangles ({largest['solid']}). Valid: closed, manifold, no self-intersection, "
        "positive, and as expected (see the script: volumes within 1 %, nothing missing, additions where they were promised). "
        "Refused: with a sentence, the input unchanged. CPU seconds include the judging.",
        "",
        "| operation | valid | refused | fault | median s | most s |",
        "|---|---|---|---|---|---|",
    ]
    for operation in OPERATIONS:
        own = [row for row in rows if row["operation"] == operation]
        if own:
            count = [sum(row["outcome"] == word for row in own) for word in ("valid", "refused", "fault")]
            seconds = [row["seconds"] for row in own]
            lines.append(
                f"| {operation} | {count[0]} | {count[1]} | {count[2]} | {np.median(seconds):.1f} | {max(seconds):.1f} |"
            )
    apart = {
        word: max((row["apart"] for row in rows if row["operation"] == word), default=0.0)
        for word in ("cut", "split", "pins")
    }
    moved = max(row["kept_moved_mm"] for row in rows)
    lines += [
        "",
        f"Surface that a step keeps moved by at most {moved:.4f} mm (20,000 points a result, every step but wrap and orient).",
    ]
    lines += [
        "",
        "Parts put back together differ from the whole (volume of the symmetric difference) by at most "
        + ", ".join(f"{value:.4f} % ({word})" for word, value in apart.items())
        + ".",
        "",
        "Why operations were refused:",
        "",
    ]
    reasons: dict[str, int] = {}
    for row in rows:
        if row["outcome"] == "refused":
            words = f"{row['operation']}: {row['why'].replace(row['solid'], 'SOLID')}"
            reasons[words] = reasons.get(words, 0) + 1
    lines += [f"- {count} x {words}" for words, count in sorted(reasons.items(), key=lambda item: -item[1])[:20]]
    faults = [f"- {row['solid']}, {row['operation']}: {row['why']}" for row in rows if row["outcome"] == "fault"]
    lines += ["", "Faults:", "", *faults] if faults else ["", "No fault."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
