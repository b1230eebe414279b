"""Cut, hollow and thicken at half a million triangles: ours, trimesh with its boolean engine, and the voxel way, in one run.

    python Testing/Benchmarks/preparation_speed.py [--grid 180] [--voxel 0.4] [--steps cut,hollow,thicken] [--output FOLDER]

The solid is a bone-like lumpy shell 160 mm wide. trimesh has no hollowing: its users move the vertices along their normals and take
the difference; it has no thickening either. The voxel way is a mask of --voxel mm, SimpleITK's distance map and vtkFlyingEdges3D.
Every result is judged alike: closed and free of self-intersections, how far points of the outside moved (95 %, most, by VTK's exact
distance), the wall of the hollow at points of its inside (1, 50, 99 %), and what is still thinner than the minimum.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "DicomToPrint"), str(HERE)]

from preparation_solids import lumpy

from dicomtoprint import preparation as room
from dicomtoprint.mesh import analyse_topology, self_intersections
from dicomtoprint.mesh.core import Mesh, to_polydata
from dicomtoprint.mesh.grid import Grid, grid_around
from dicomtoprint.mesh.thickness import thickness_field
from dicomtoprint.mesh.voxelize import voxelize
from dicomtoprint.preparation.voxel_grid import isosurface_mesh

WALL, MINIMUM, ENGINE = 2.0, 2.0, "manifold"


def ours(mesh: Mesh, voxel: float) -> dict[str, Callable[[], list[Mesh]]]:
    return {
        "cut": lambda: list(room.cut(mesh, room.axis_plane("S", 80.0))),
        "hollow": lambda: [room.hollow(mesh, WALL, 0.0).mesh],
        "thicken": lambda: [room.thicken(mesh, MINIMUM).mesh],
    }


def by_trimesh(mesh: Mesh, voxel: float) -> dict[str, Callable[[], list[Mesh]]]:
    import trimesh

    whole = trimesh.Trimesh(mesh.points, mesh.triangles, process=False)

    def back(solid) -> Mesh:  # type: ignore[no-untyped-def]
        return Mesh(np.asarray(solid.vertices, np.float32), np.asarray(solid.faces).astype(np.int64))

    def cut() -> list[Mesh]:
        half = trimesh.creation.box(bounds=[[-1e3, -1e3, 80.0], [1e3, 1e3, 1e3]])
        return [
            back(trimesh.boolean.intersection([whole, half], engine=ENGINE)),
            back(trimesh.boolean.difference([whole, half], engine=ENGINE)),
        ]

    def hollow() -> list[Mesh]:
        inner = whole.copy()
        inner.vertices = whole.vertices - WALL * whole.vertex_normals
        return [back(trimesh.boolean.difference([whole, inner], engine=ENGINE, check_volume=False))]

    return {"cut": cut, "hollow": hollow}


def by_voxels(mesh: Mesh, voxel: float) -> dict[str, Callable[[], list[Mesh]]]:
    import SimpleITK as sitk

    grid = grid_around(mesh, voxel, 3.0)

    def depth(mask: np.ndarray) -> np.ndarray:
        image = sitk.GetImageFromArray(mask.view(np.uint8))
        found = sitk.GetArrayFromImage(
            sitk.SignedMaurerDistanceMap(image, insideIsPositive=True, squaredDistance=False)
        )
        return (found + np.where(mask, 0.5, -0.5).astype(np.float32)) * np.float32(voxel)

    def surface(field: np.ndarray, on: Grid = grid) -> Mesh:
        return isosurface_mesh(field, on, mesh)

    def cut() -> list[Mesh]:
        field = depth(voxelize(mesh, grid.affine, grid.shape))
        height = (grid.origin[2] + grid.spacing * np.arange(grid.shape[0]) - 80.0).astype(np.float32)[:, None, None]
        return [surface(np.minimum(field, height)), surface(np.minimum(field, -height))]

    def hollow() -> list[Mesh]:
        field = depth(voxelize(mesh, grid.affine, grid.shape))
        return [surface(np.minimum(field, np.float32(WALL) - field))]

    def thicken() -> list[Mesh]:
        mask = voxelize(mesh, grid.affine, grid.shape)
        field = depth(mask)
        half = 0.5 * MINIMUM
        opened = -depth(field > half) < half
        thin = mask & ~opened
        return [surface(np.maximum(field, depth(thin) + np.float32(half - 0.5 * voxel)))]

    return {"cut": cut, "hollow": hollow, "thicken": thicken}


def exact_distance(mesh: Mesh) -> Callable[[np.ndarray], np.ndarray]:
    """Signed distance of points (n, 3) to a mesh in mm by vtkImplicitPolyDataDistance, negative within."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk, vtk_to_numpy

    function = vtk.vtkImplicitPolyDataDistance()
    function.SetInput(to_polydata(Mesh(mesh.points, mesh.triangles)))

    def of(points: np.ndarray) -> np.ndarray:
        found = vtk.vtkDoubleArray()
        function.FunctionValue(numpy_to_vtk(np.ascontiguousarray(points, dtype=np.float64)), found)
        return vtk_to_numpy(found).copy()

    return of


def judged(step: str, whole: Mesh, distance: Callable, parts: list[Mesh]) -> list[str]:  # type: ignore[type-arg]
    crossing = sum(len(self_intersections(part)) for part in parts)
    closed = all(analyse_topology(part).closed for part in parts)
    points = np.concatenate([part.points for part in parts])
    points = points[np.random.default_rng(1).permutation(len(points))[:60_000]]
    away = distance(points)
    if step == "cut":
        outer = away[np.abs(points[:, 2] - 80.0) > 0.6]
    else:
        outer = away[away > -0.5 * WALL] if step == "hollow" else away[np.abs(away) < 0.05 * MINIMUM]
    moved = np.percentile(np.abs(outer), (95, 100)) if len(outer) else (np.nan, np.nan)
    quality = ""
    if step == "hollow":
        inner = -away[away < -0.5 * WALL]
        quality = (
            "wall {:.2f} / {:.2f} / {:.2f} mm".format(*np.percentile(inner, (1, 50, 99))) if len(inner) else "no inside"
        )
    elif step == "thicken":
        field = thickness_field(parts[0], cap_mm=1.5 * MINIMUM)
        thin = field.samples.area[field.distance < 0.95 * MINIMUM].sum() / field.samples.area.sum()
        quality = f"{100 * thin:.2f} % of the surface thinner than {0.95 * MINIMUM:g} mm"
    return [
        "yes" if closed and not crossing else f"no ({crossing} crossing)" if closed else "no (open)",
        f"{moved[0]:.3f} / {moved[1]:.3f}",
        quality,
        f"{sum(len(part.triangles) for part in parts):,}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--grid", type=int, default=180)
    parser.add_argument("--voxel", type=float, default=0.4)
    parser.add_argument("--steps", default="cut,hollow,thicken")
    parser.add_argument("--output", type=Path, default=HERE / "results")
    asked = parser.parse_args()
    mesh = lumpy(asked.grid)
    mesh = Mesh(
        mesh.points + np.float32(80.0 - np.mean(mesh.bounds[4:])) * np.array([0, 0, 1], np.float32),
        mesh.triangles,
        "Shell",
        triangle_arrays=mesh.triangle_arrays,
    )
    distance = exact_distance(mesh)
    lines = [
        f"# Cut, hollow and thicken of {len(mesh.triangles):,} triangles",
        "",
        f"`python Testing/Benchmarks/preparation_speed.py --grid {asked.grid} --voxel {asked.voxel:g}`: wall and minimum of "
        f"{WALL:g} mm, voxels of {asked.voxel:g} mm. Wall-clock seconds on two shared cores and CPU seconds; compare rows of one "
        "step. Moved: 95 % and most of the outside, beside what was meant to change.",
        "",
        "| step | way | s | CPU s | valid | outside moved, mm | quality | triangles |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for step in asked.steps.split(","):
        for way, made in (("ours", ours), ("trimesh + manifold", by_trimesh), ("voxels", by_voxels)):
            work = made(mesh, asked.voxel).get(step)
            if work is None:
                continue
            wall, cpu = time.perf_counter(), time.process_time()
            parts = work()
            times = f"{time.perf_counter() - wall:.1f} | {time.process_time() - cpu:.1f}"
            lines.append(f"| {step} | {way} | {times} | " + " | ".join(judged(step, mesh, distance, parts)) + " |")
            print(lines[-1], flush=True)
            asked.output.mkdir(parents=True, exist_ok=True)
            (asked.output / "preparation_speed.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
