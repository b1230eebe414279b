"""The stages that close holes and give sheets a thickness, by the user's choices."""

from dataclasses import dataclass, replace

import numpy as np

from ..mesh.core import Mesh
from ..mesh.edge_table import build_edge_table, label_face_components
from ..mesh.merge_points import merged_mesh
from .capping import Cap, make_caps, vector_area, with_caps
from .choices import HOLE_CHOICES, require_choices
from .limits import RepairLimits
from .sheets import sheet_triangles, thicken_sheets
from .types import RepairOptions, SourceHole
from .welding import drop_unused_points
from .winding_number import encloses_solid


@dataclass(frozen=True)
class FilledHoles:
    """The mesh with its caps, the holes in order of size with what was done, and whether open sheets are left."""

    mesh: Mesh
    holes: tuple[SourceHole, ...]
    has_sheets: bool


def fill_holes(mesh: Mesh, limits: RepairLimits, options: RepairOptions) -> FilledHoles:
    """The mesh with its rims capped, but for those of sheets and those that the user keeps. Raises `UsageError` for a hole or choice that
    does not exist."""
    points, triangles, _ = merged_mesh(mesh)
    loops, caps = make_caps(points, triangles)
    chosen = require_choices(options.holes, "hole", HOLE_CHOICES, len(loops), mesh.name)
    if not loops:
        return FilledHoles(mesh, (), False)
    sheets = _without_solids(mesh, sheet_triangles(mesh, loops, caps, limits.area_per_cap), limits.rim_share)
    holes, number_of = _listed(points, triangles, loops)
    on_sheet = np.zeros(len(points), dtype=bool)
    on_sheet[triangles[sheets].ravel()] = True
    capped: set[int] = set()
    patches = []
    for cap in caps:
        words = {chosen.get(number_of[loop]) for loop in cap.loops}
        wanted = "cap" in words or not any(on_sheet[loops[loop][0]] for loop in cap.loops)
        if wanted and "keep" not in words:
            patches.append(cap)
            capped |= {number_of[loop] for loop in cap.loops}
    told = tuple(replace(hole, done="capped" if hole.number in capped else "kept") for hole in holes)
    area = np.linalg.norm(Mesh(points, triangles).triangle_normals(), axis=1)
    flakes = float(area[sheets].sum()) < limits.flakes_share * float(area.sum())
    left = [number_of[n] for n in range(len(loops)) if on_sheet[loops[n][0]] and number_of[n] not in capped]
    made = mesh
    if patches:
        # A soup: closing each flake by itself would make leaves, no surface.
        if _is_soup(loops, triangles):
            return FilledHoles(mesh, holes, False)
        made = drop_unused_points(*with_caps(points, triangles, loops, patches), mesh)
    sheets_left = bool(left) and not flakes and not _is_soup(loops, triangles) and not encloses_solid(mesh)
    return FilledHoles(made, told, sheets_left)


def _without_solids(mesh: Mesh, sheets: np.ndarray, rim_share: float) -> np.ndarray:
    """The triangles (m,) bool of sheets without those of shells that enclose a solid as they are, however large their holes, and are no
    sieves: then capping each hole by itself would not give the shape."""
    points, triangles, _ = merged_mesh(mesh)
    if not sheets.any():
        return sheets
    chosen = np.flatnonzero(sheets)
    count, part = label_face_components(triangles[chosen])
    kept = sheets.copy()
    for number in range(count):
        rows = chosen[part == number]
        rim = int((build_edge_table(triangles[rows]).count == 1).sum())
        if rim <= rim_share * len(rows) and encloses_solid(Mesh(points, triangles[rows])):
            kept[rows] = False
    return kept


def thicken_open_sheets(mesh: Mesh, limits: RepairLimits, options: RepairOptions) -> Mesh:
    """The mesh with its open sheets made solids of the thickness that the options give; the mesh itself where there is none."""
    points, triangles, _ = merged_mesh(mesh)
    loops, caps = make_caps(points, triangles)
    sheets = sheet_triangles(mesh, loops, caps, limits.area_per_cap)
    if not sheets.any() or not options.thicken_sheet_mm:
        return mesh
    return thicken_sheets(mesh, sheets, options.thicken_sheet_mm)


def _is_soup(loops: list[np.ndarray], triangles: np.ndarray) -> bool:
    return sum(len(loop) for loop in loops) > len(triangles)


def _listed(
    points: np.ndarray, triangles: np.ndarray, loops: list[np.ndarray]
) -> tuple[tuple[SourceHole, ...], list[int]]:
    """The holes, the largest first, and the number of each loop."""
    _, part = label_face_components(triangles)
    part_of_point = np.zeros(len(points), dtype=np.int64)
    part_of_point[triangles.ravel()] = np.repeat(part, 3)
    precise = points.astype(np.float64)
    areas = np.array([float(np.linalg.norm(vector_area(precise[loop]))) for loop in loops])
    order = np.argsort(-areas, kind="stable")
    number_of = [0] * len(loops)
    holes = []
    for number, index in enumerate(order, start=1):
        middle = precise[loops[index]].mean(axis=0)
        number_of[index] = number
        holes.append(
            SourceHole(
                number,
                int(part_of_point[loops[index][0]]) + 1,
                len(loops[index]),
                float(areas[index]),
                (float(middle[0]), float(middle[1]), float(middle[2])),
                "kept",
            )
        )
    return tuple(holes), number_of


__all__ = ["Cap", "FilledHoles", "fill_holes", "thicken_open_sheets"]
