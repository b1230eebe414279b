"""Broken meshes of known truth: bases, defects, and how well `surface.repair` mends them.

    python Testing/Benchmarks/repair_corpus.py [--held-out] [--output Testing/Benchmarks/results]

10 bases x 13 defects. A result is valid when topology and self-intersection find nothing; faithful when its volume is
within 3 % of the truth and 95 % of the truth's points lie within 1 % of the diagonal. --held-out takes other bases,
sizes and seeds.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.components import nested_shell_triangles
from dicomtoprint.mesh.core import Mesh, concatenate
from dicomtoprint.mesh.isosurface import extract_isosurface
from dicomtoprint.mesh.scalar_field import ScalarField
from dicomtoprint.mesh.triangle_distance import nearest_triangles
from dicomtoprint.repair import repair_mesh


def implicit(function, cells: int = 28, reach: float = 1.3) -> Mesh:
    """Closed mesh of function(x, y, z) > 0 over a cube, 20 mm per unit."""
    axis = np.linspace(-reach, reach, cells)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    values = function(x, y, z).astype(np.float32) + np.float32(1.234e-6)
    step = 20.0 * (axis[1] - axis[0])
    affine = np.diag([step, step, step, 1.0])
    affine[:3, 3] = -20.0 * reach
    mesh, _ = extract_isosurface(ScalarField(values, 0.0, (0, 0, 0), values.shape, affine, True))
    return mesh


def bases(held_out: bool = False) -> dict[str, Mesh]:
    """Ten closed solids, each one part but the last two."""
    n = 24 if held_out else 28
    s = 0.93 if held_out else 1.0
    shapes = {
        "ball": lambda x, y, z: s - np.sqrt(x * x + y * y + z * z),
        "ellipsoid": lambda x, y, z: s - np.sqrt(x * x + 2 * y * y + 3 * z * z),
        "torus": lambda x, y, z: 0.3 * s - np.sqrt((np.sqrt(x * x + y * y) - 0.8) ** 2 + z * z),
        "capsule": lambda x, y, z: 0.4 * s - np.sqrt(x * x + y * y + (z - np.clip(z, -0.7, 0.7)) ** 2),
        "rounded cube": lambda x, y, z: 0.9 * s - (x**6 + y**6 + z**6) ** (1 / 6),
        "peanut": lambda x, y, z: (
            0.5 * s
            - np.minimum(np.sqrt((x - 0.5) ** 2 + y * y + z * z), np.sqrt((x + 0.5) ** 2 + y * y + z * z))
            + 0.05
        ),
        "saddle plate": lambda x, y, z: np.minimum(
            0.18 - np.abs(z - 0.3 * (x * x - y * y)), 0.95 * s - np.sqrt(x * x + y * y)
        ),
        "double torus": lambda x, y, z: (
            0.22 * s
            - np.minimum(
                np.sqrt((np.sqrt((x - 0.55) ** 2 + y * y) - 0.5) ** 2 + z * z),
                np.sqrt((np.sqrt((x + 0.55) ** 2 + y * y) - 0.5) ** 2 + z * z),
            )
        ),
        "shell": lambda x, y, z: 0.15 * s - np.abs(np.sqrt(x * x + y * y + z * z) - 0.9),
        "two balls": lambda x, y, z: (
            0.5 * s - np.minimum(np.sqrt((x - 0.6) ** 2 + y * y + z * z), np.sqrt((x + 0.6) ** 2 + y * y + z * z))
        ),
    }
    return {name: implicit(shape, n) for name, shape in shapes.items()}


def holes(mesh: Mesh, rng) -> Mesh:
    keep = np.ones(len(mesh.triangles), dtype=bool)
    centres = mesh.points[mesh.triangles].mean(axis=1)
    for seed in rng.integers(len(centres), size=4):
        keep[np.linalg.norm(centres - centres[seed], axis=1) < rng.uniform(1.0, 3.0)] = False
    return Mesh(mesh.points, mesh.triangles[keep])


def flips(mesh: Mesh, rng) -> Mesh:
    turned = rng.random(len(mesh.triangles)) < 0.3
    return Mesh(mesh.points, np.where(turned[:, None], mesh.triangles[:, ::-1], mesh.triangles))


def inside_out(mesh: Mesh, rng) -> Mesh:
    return Mesh(mesh.points, mesh.triangles[:, ::-1].copy())


def duplicates(mesh: Mesh, rng) -> Mesh:
    chosen = mesh.triangles[rng.integers(len(mesh.triangles), size=40)]
    return Mesh(mesh.points, np.concatenate([mesh.triangles, chosen, chosen[:10, ::-1]]))


def fins(mesh: Mesh, rng) -> Mesh:
    chosen = mesh.triangles[rng.integers(len(mesh.triangles), size=8)]
    tips = mesh.points[chosen].mean(axis=1) + rng.normal(scale=2.0, size=(8, 3))
    new = np.stack([chosen[:, 0], chosen[:, 1], len(mesh.points) + np.arange(8)], axis=1)
    return Mesh(np.concatenate([mesh.points, tips.astype(np.float32)]), np.concatenate([mesh.triangles, new]))


def pinches(mesh: Mesh, rng) -> Mesh:
    points = mesh.points.copy()
    for a in rng.integers(len(points), size=3):
        distance = np.linalg.norm(points - points[a], axis=1)
        points[np.argsort(distance)[12]] = points[a]
    return Mesh(points, mesh.triangles)


def overlap(mesh: Mesh, rng) -> Mesh:
    corner = mesh.points[rng.integers(len(mesh.points))]
    ball = implicit(lambda x, y, z: 0.2 - np.sqrt(x * x + y * y + z * z), 20, 0.4)
    return concatenate([mesh, Mesh((ball.points + corner).astype(np.float32), ball.triangles)])


def inner_shell(mesh: Mesh, rng) -> Mesh:
    ball = implicit(lambda x, y, z: 0.06 - np.sqrt(x * x + y * y + z * z), 14, 0.1)
    normals = Mesh(mesh.points, mesh.triangles).triangle_normals()
    at = rng.integers(len(normals))
    place = mesh.points[mesh.triangles[at]].mean(axis=0) - 1.9 * normals[at] / np.linalg.norm(normals[at])
    return concatenate([mesh, Mesh((ball.points + place).astype(np.float32), ball.triangles)])


def soup(mesh: Mesh, rng) -> Mesh:
    points = mesh.points[mesh.triangles].reshape(-1, 3) + rng.normal(scale=1e-5, size=(3 * len(mesh.triangles), 3))
    return Mesh(points, np.arange(len(points)).reshape(-1, 3))


def not_numbers(mesh: Mesh, rng) -> Mesh:
    points = mesh.points.copy()
    points[rng.integers(len(points), size=3)] = np.nan
    return Mesh(points, mesh.triangles)


def slivers(mesh: Mesh, rng) -> Mesh:
    chosen = rng.choice(len(mesh.triangles), size=10, replace=False)
    keep = np.delete(mesh.triangles, chosen, axis=0)
    corners = mesh.triangles[chosen]
    middle = (0.5 * (mesh.points[corners[:, 0]].astype(np.float64) + mesh.points[corners[:, 1]])).astype(np.float32)
    new = len(mesh.points) + np.arange(10)
    parts = [
        np.stack([corners[:, 0], new, corners[:, 2]], 1),
        np.stack([new, corners[:, 1], corners[:, 2]], 1),
        np.stack([corners[:, 0], corners[:, 1], new], 1),
    ]
    return Mesh(np.concatenate([mesh.points, middle]), np.concatenate([keep, *parts]))


def folds(mesh: Mesh, rng) -> Mesh:
    points = mesh.points.copy()
    chosen = rng.choice(len(points), size=5, replace=False)
    points[chosen] += rng.normal(scale=4.0, size=(5, 3)).astype(np.float32)
    return Mesh(points, mesh.triangles)


def metres(mesh: Mesh, rng) -> Mesh:
    small = holes(mesh, rng)
    return Mesh((small.points * 0.001).astype(np.float32), small.triangles)


DEFECTS = (
    holes,
    flips,
    inside_out,
    duplicates,
    fins,
    pinches,
    overlap,
    inner_shell,
    soup,
    not_numbers,
    slivers,
    folds,
    metres,
)


def truth_of(base: Mesh, broken: Mesh, defect) -> Mesh:
    """What the repaired mesh should look like."""
    if defect is metres:
        return Mesh((base.points * 0.001).astype(np.float32), base.triangles)
    if defect is overlap:
        from dicomtoprint.mesh.self_intersection import intersecting_pairs
        from dicomtoprint.repair.boolean_union import union_components

        return union_components(broken, intersecting_pairs(broken))
    return base


def faithful(result: Mesh, truth: Mesh) -> bool:
    """Volume within 3 %, and 95 % of the truth's points within 1 % of its diagonal of the result."""
    if abs(result.volume - truth.volume) > 0.03 * abs(truth.volume):
        return False
    low, high = truth.points.min(axis=0), truth.points.max(axis=0)
    distance = nearest_triangles(truth.points[::7], result)[1]
    return bool(np.percentile(distance, 95) < 0.01 * np.linalg.norm(high - low))


def corpus(held_out: bool = False):
    """Yields (name, base, broken, defect)."""
    for b, (name, base) in enumerate(bases(held_out).items()):
        for d, defect in enumerate(DEFECTS):
            rng = np.random.default_rng([b, d, 7 if held_out else 1])
            yield name, base, defect(base, rng), defect


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    table, failures = defaultdict(lambda: [0, 0, 0, 0.0]), []
    for name, base, broken, defect in corpus(options.held_out):
        start = time.process_time()
        result = repair_mesh(broken)
        seconds = time.process_time() - start
        valid = (
            analyse_topology(result.mesh).closed
            and len(self_intersections(result.mesh)) == 0
            and len(nested_shell_triangles(result.mesh)) == 0
        )
        assert valid == result.valid
        good = valid and faithful(result.mesh, truth_of(base, broken, defect))
        row = table[defect.__name__]
        row[0], row[1], row[2], row[3] = row[0] + 1, row[1] + valid, row[2] + good, max(row[3], seconds)
        if not good:
            failures.append(
                f"{name}, {defect.__name__}: {'valid' if valid else 'refused'}; "
                + "; ".join(f"{stage.name}" for stage in result.stages)
                + " "
                + " ".join(result.remaining)
            )
            print(failures[-1], flush=True)
    total = [sum(row[k] for row in table.values()) for k in range(3)]
    lines = ["| defect | meshes | valid | valid and faithful | slowest, CPU s |", "|---|---|---|---|---|"]
    lines += [f"| {name} | {row[0]} | {row[1]} | {row[2]} | {row[3]:.1f} |" for name, row in table.items()]
    lines += [f"| all | {total[0]} | {total[1]} | {total[2]} ({100 * total[2] / total[0]:.0f} %) | |"]
    kind = "held-out" if options.held_out else "development"
    text = (
        f"# Repair, {kind} corpus\n\nRepeat: `python Testing/Benchmarks/repair_corpus.py"
        f"{' --held-out' if options.held_out else ''}`\n\n"
        + "\n".join(lines)
        + "\n\nNot faithful or refused:\n\n"
        + "\n".join(f"- {line}" for line in failures)
        + "\n"
    )
    options.output.mkdir(parents=True, exist_ok=True)
    (options.output / f"repair_{kind}.md").write_text(text, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
