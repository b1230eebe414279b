"""Repair on public meshes, beside pymeshfix.

    python Testing/Benchmarks/repair_public.py --repositories FOLDER [--list FILE] [--pymeshfix PYTHON] [--output FOLDER]

The meshes are listed by repository, commit, path and blob in `repair_public.csv`; FOLDER holds a git directory for each repository, as
OWNER+NAME or OWNER+NAME/repo. A mesh is invalid when topology, self-intersection or nesting find something. A result is valid when they
find nothing, and faithful when the distance from the source to it is below 0.5 % of the diagonal on average and below 2 % at 95 %, by
20,000 samples of the source. Beside the plain distance stands that without the surface inside the solid of overlapping shells.
PYTHON is one that has pymeshfix, which is only measured here: it is never used by the engine.
"""

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

LIMIT_S = 120  # wall seconds a mesh and a tool
_FIX = """
import sys, time, numpy as np, pymeshfix
d = np.load(sys.argv[1]); t = time.process_time()
f = pymeshfix.MeshFix(d["points"].astype(float), d["triangles"].astype(np.int32)); f.repair()
np.savez(sys.argv[2], points=np.asarray(f.points), triangles=np.asarray(f.faces), seconds=time.process_time() - t)
"""


def is_valid(mesh) -> bool:
    """Closed, oriented, two-manifold, without intersections and nested shells."""
    from dicomtoprint.mesh import analyse_topology, self_intersections
    from dicomtoprint.mesh.components import nested_shell_triangles

    if len(mesh.triangles) == 0 or not analyse_topology(mesh).closed:
        return False
    return len(self_intersections(mesh)) == 0 and len(nested_shell_triangles(mesh)) == 0


def loss(source, result) -> tuple[float, float]:
    """Mean and 95 % distance from the source's surface to the result, as shares of the diagonal."""
    from dicomtoprint.mesh.core import Mesh
    from dicomtoprint.mesh.topology import degenerate_triangles
    from dicomtoprint.mesh.triangle_distance import nearest_triangles

    triangles = source.triangles[~degenerate_triangles(source.points, source.triangles)]
    corners = source.points.astype(np.float64)[triangles]
    area = np.linalg.norm(Mesh(source.points, triangles).triangle_normals(), axis=1)
    rng = np.random.default_rng(1)
    at = rng.choice(len(area), 20_000, p=area / area.sum())
    u, v = np.sqrt(rng.random(len(at))), rng.random(len(at))
    places = np.einsum("ij,ijk->ik", np.stack([1 - u, u * (1 - v), u * v], axis=1), corners[at])
    distance = nearest_triangles(places, result)[1]
    diagonal = np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0))
    return float(distance.mean() / diagonal), float(np.percentile(distance, 95) / diagonal)


def fixed(mesh, python: str):
    """pymeshfix's result and its CPU seconds; None where it failed."""
    from dicomtoprint.mesh.core import Mesh

    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(given, points=mesh.points, triangles=mesh.triangles)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            subprocess.run([python, "-c", _FIX, given, made], timeout=LIMIT_S, check=True, capture_output=True)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            # What it had used when it was ended or failed; the wall time would count the waiting too.
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            return None, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found = np.load(made)
        return Mesh(found["points"], found["triangles"]), float(found["seconds"])


def judge(row: dict, folder: Path, python: str | None) -> dict:
    """One mesh: what it was, what each tool made of it."""
    from dicomtoprint.errors import DicomToPrintError
    from dicomtoprint.io import read_mesh_file
    from dicomtoprint.mesh.core import concatenate
    from dicomtoprint.mesh.merge_points import merge_duplicate_points
    from dicomtoprint.repair import repair_mesh

    git = folder / row["repository"].replace("/", "+")
    git = git / "repo" if (git / "repo").is_dir() else git
    data = subprocess.run(["git", "--git-dir", git, "cat-file", "blob", row["blob"]], capture_output=True, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / Path(row["path"]).name.lower()
        path.write_bytes(data.stdout)
        mesh = merge_duplicate_points(concatenate(list(read_mesh_file(path).meshes)))
    found = {"mesh": f"{row['repository']}/{row['path']}", "triangles": len(mesh.triangles), "given": is_valid(mesh)}
    start = time.process_time()
    try:
        result = repair_mesh(mesh)
    except DicomToPrintError as error:
        return {**found, "seconds": time.process_time() - start, "outcome": "refused", "reason": str(error)}
    found["seconds"] = time.process_time() - start
    found["outcome"] = "valid" if result.valid else "refused"
    found["reason"] = " ".join((*result.remaining, *result.notes))
    found["stages"] = [stage.name for stage in result.stages]
    if result.valid:
        assert is_valid(result.mesh)
        found["after"] = len(result.mesh.triangles)
        found["loss"] = loss(mesh, result.mesh)
        if result.measures is not None:
            measures = result.measures
            diagonal = max(measures.diagonal_mm, 1e-12)
            found["told"] = (measures.loss.mean_mm / diagonal, measures.loss.p95_mm / diagonal)
            found["swallowed"] = measures.swallowed_area_mm2 / max(measures.area_before_mm2, 1e-12)
            found["lost"] = measures.lost_area_mm2 / max(measures.area_before_mm2, 1e-12)
    if python:
        other, seconds = fixed(mesh, python)
        found["fix_seconds"], found["fix"] = seconds, "refused"
        if other is not None and len(other.triangles):
            found["fix"] = "valid" if is_valid(other) else "refused"
            found["fix_loss"] = loss(mesh, other)
    return found


def _faithful(pair) -> bool:
    return pair is not None and pair[0] < 0.005 and pair[1] < 0.02


def summary(found: list[dict]) -> str:
    """The table of the results file."""
    invalid = [item for item in found if not item["given"]]
    count = max(len(invalid), 1)
    valid = [item for item in invalid if item["outcome"] == "valid"]
    plain = [item for item in valid if _faithful(item["loss"])]
    told = [item for item in valid if _faithful(item["loss"]) or _faithful(item.get("told"))]
    refused = [item for item in invalid if item["outcome"] == "refused"]
    silent = [
        item for item in valid if not _faithful(item["loss"]) and not item.get("swallowed") and not item.get("lost")
    ]
    fix_valid = [item for item in invalid if item.get("fix") == "valid"]
    fix_plain = [item for item in fix_valid if _faithful(item.get("fix_loss"))]
    both = [item for item in found if "fix_seconds" in item]
    same = [item for item in found if item["given"] and item["outcome"] == "valid" and not item["stages"]]
    own, fix = (sum(item[key] for item in both) / max(len(both), 1) for key in ("seconds", "fix_seconds"))
    share = lambda some: f"{len(some)} ({100 * len(some) / count:.0f} %)"  # noqa: E731
    # A part of the list may have been run without the other tool: its shares are of those that it was given.
    given = max(sum("fix" in item for item in invalid), 1)
    other = lambda some: f"{len(some)} of {given} ({100 * len(some) / given:.0f} %)"  # noqa: E731
    lines = [
        f"{len(found)} meshes, {len(invalid)} of them invalid.",
        "",
        "| of the invalid ones | this repair | pymeshfix |",
        "|---|---|---|",
        f"| valid after repair | {share(valid)} | {other(fix_valid)} |",
        f"| valid and faithful, plain distance | {share(plain)} | {other(fix_plain)} |",
        f"| valid and faithful, without surface inside overlapping solids | {share(told)} | |",
        f"| refused, with a reason | {share(refused)} | |",
        f"| valid but lossy, not said | {share(silent)} | |",
        f"| mean CPU seconds a mesh, all {len(both)} | {own:.2f} | {fix:.2f} |",
        "",
        f"Valid meshes that came back unchanged: {len(same)} of {len(found) - len(invalid)}. pymeshfix did not end within {LIMIT_S} s "
        f"or failed on {sum('fix_loss' not in item for item in both)}; its CPU until then is counted.",
        "",
        "Refused or not faithful:",
        "",
    ]
    lines += [f"- {i['mesh']} ({i['triangles']}): {i['reason'][:200]}" for i in refused]
    lines += [
        f"- {i['mesh']} ({i['triangles']}): loss {i['loss']}, told {i.get('told')}" for i in valid if i not in plain
    ]
    return "\n".join(lines)


def main() -> None:
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=Path, required=True)
    parser.add_argument("--list", type=Path, default=here / "repair_public.csv")
    parser.add_argument("--pymeshfix", metavar="PYTHON")
    parser.add_argument("--every", type=int, default=1, help="only every N-th mesh")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--details", type=Path, help="one JSON line a mesh; those that stand there are not done again")
    parser.add_argument("--skip", type=int, default=0, help="the first meshes of the list to leave out")
    parser.add_argument(
        "--limit", type=int, help="end after so many more meshes; --details lets the next run go on from there"
    )
    parser.add_argument("--output", type=Path, default=here / "results")
    options = parser.parse_args()
    listed = list(csv.DictReader(options.list.read_text(encoding="utf-8").splitlines()))
    rows = listed[options.skip :: options.every]
    found = []
    if options.details and options.details.exists():
        found = [json.loads(line) for line in options.details.read_text(encoding="utf-8").splitlines()]
    done = {item["mesh"] for item in found}
    left = [row for row in rows if f"{row['repository']}/{row['path']}" not in done][: options.limit]
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(judge, row, options.repositories, options.pymeshfix) for row in left]
        for row, future in zip(left, waiting):
            try:
                item = future.result()
            except Exception as error:
                print(row["path"], type(error).__name__, error, flush=True)
                continue
            found.append(item)
            if options.details:
                with options.details.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(item) + "\n")
    print(Counter(item["outcome"] for item in found))
    which = "all" if options.every == 1 else f"every {options.every}th (from number {options.skip + 1} on)"
    head = f"# Repair of public meshes\n\nThe list: `Testing/Benchmarks/repair_public.csv`, {which} of its {len(listed)} meshes"
    ended = len(found) - len(rows)
    head += f" ({-ended} of these were not judged)" if ended else ""
    head += ". Repeat: `python Testing/Benchmarks/repair_public.py --repositories FOLDER --pymeshfix PYTHON`."
    text = f"{head}\n\n{summary(found)}\n"
    (options.output / "repair_public.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
