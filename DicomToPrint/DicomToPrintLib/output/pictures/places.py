"""A camera picture of every finding that has a place: where on the model it is, and the spot from near by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from gettext import gettext as _

import numpy as np

from ...findings import Finding, Outcome
from ...measure.rays import Rays
from ...mesh import Mesh, merged, to_polydata
from ...picture import Picture
from ...progress import Progress, part, silent
from .child import ColoredMesh, Scene, Shot, draw
from .maps import wall_map
from .svg import Element, drawing, image, picture, scale_bar, shape, text

_SIZE = 420
_RED = "#d0021b"
_WALLS = ("wall", "thin-area", "pins", "wall-recommended")
_GAPS = ("gap", "holes")
_NEAR = 0.09  # half of the near picture, as a share of the model's
_LEAST_MM = 6.0


@dataclass(frozen=True)
class _Look:
    """How a place is looked at: from `direction`, with what stands before it `cut` away where it is seen from nowhere."""

    rule: str
    place: np.ndarray
    direction: np.ndarray
    up: np.ndarray
    cut: bool

    @property
    def right(self) -> np.ndarray:
        """Unit vector to the right in the picture."""
        right = np.cross(self.up, self.direction)
        return right / np.linalg.norm(right)

    def half(self, bounds: np.ndarray) -> float:
        """Half the width in mm of a picture around the middle of the bounds (3, 2) that holds them."""
        corners = np.array([[x, y, z] for x in bounds[0] for y in bounds[1] for z in bounds[2]]) - bounds.mean(axis=1)
        axes = np.stack([self.right, np.cross(self.direction, self.right)], axis=1)
        return max(1.1 * float(np.abs(corners @ axes).max()), 0.5)


def finding_pictures(
    meshes: Sequence[Mesh], findings: Sequence[Finding], wall_limit_mm: float | None = None, progress: Progress = silent
) -> Mapping[str, Picture]:
    """Pictures by rule of the findings that did not pass and have a place in LPS mm: the first, which is the worst.

    Findings of walls are drawn on the map of thickness where the meshes have the point array ``Wall``; `wall_limit_mm` as in
    `wall_map`. Empty where this computer cannot draw. Raises what `progress` raises.
    """
    told = [item for item in findings if item.outcome in (Outcome.FAIL, Outcome.ASK) and item.places]
    if not told or not meshes:
        return {}
    whole = merged(list(meshes))
    bounds = np.array(whole.bounds).reshape(3, 2)
    half = 0.6 * float(np.linalg.norm(np.ptp(bounds, axis=1)))
    near = max(_NEAR * half, min(_LEAST_MM, half))
    looks = _looks(whole, told, half, near)
    scenes = _scenes(meshes, whole, looks, near, wall_limit_mm)
    drawn = draw(scenes, _SIZE, bounds.mean(axis=1), half, progress=part(progress, 0.1, 1.0))
    return {look.rule: _picture(look, drawn, bounds, near) for look in looks} if drawn else {}


def _looks(whole: Mesh, told: Sequence[Finding], half: float, near: float) -> list[_Look]:
    """For every finding the direction nearest to the surface's normal from which its place is seen."""
    rays, directions = Rays(whole, near), _directions()
    places = np.array([finding.places[0] for finding in told], dtype=np.float64)
    looks = []
    for finding, place, triangle in zip(told, places, _nearest_triangles(whole, places)):
        normal = rays.normals[triangle]
        # Places are rounded: a little off the surface a ray does not start inside it.
        origins = place + 0.03 * normal + 0.03 * directions
        free = np.minimum(*(rays.first(origins, directions, leaving, 2.0 * half).distance for leaving in (True, False)))
        seen = ~np.isfinite(free)
        # Into a gap one looks from its side; else straight on, and a little from above.
        towards = -np.abs(directions @ normal) if finding.rule in _GAPS else directions @ normal
        liking = towards + 0.15 * directions[:, 2] - np.where(seen, 0.0, 10.0)
        best = directions[int(np.argmax(liking))]
        up = np.array([0.0, 0.0, 1.0]) if abs(best[2]) < 0.9 else np.array([0.0, -1.0, 0.0])
        looks.append(_Look(finding.rule, place, best, up, not seen.any()))
    return looks


def _nearest_triangles(mesh: Mesh, places: np.ndarray) -> list[int]:
    import vtk

    locator = vtk.vtkStaticCellLocator()
    locator.SetDataSet(to_polydata(Mesh(mesh.points, mesh.triangles)))
    locator.BuildLocator()
    found, at, cell, sub, away = [], [0.0] * 3, vtk.reference(0), vtk.reference(0), vtk.reference(0.0)
    for place in places:
        locator.FindClosestPoint(place.tolist(), at, cell, sub, away)
        found.append(int(cell))
    return found


def _directions() -> np.ndarray:
    """(200, 3) even directions on the sphere (Fibonacci)."""
    index = np.arange(200) + 0.5
    polar, turn = np.arccos(1 - 2 * index / 200), np.pi * (1 + 5**0.5) * index
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def _scenes(
    meshes: Sequence[Mesh], whole: Mesh, looks: Sequence[_Look], near: float, wall_limit_mm: float | None
) -> list[Scene]:
    plain = tuple(
        ColoredMesh(mesh.points, mesh.triangles, np.clip(np.rint(255 * np.asarray(mesh.color)), 0, 255))
        for mesh in meshes
    )
    on_map = [look for look in looks if look.rule in _WALLS and "Wall" in whole.point_arrays]
    others = [look for look in looks if not any(look is item for item in on_map)]
    scenes = []
    if others:
        scenes.append(Scene(plain, tuple(shot for look in others for shot in _shots(look, whole, near))))
    if on_map:
        colored = ColoredMesh(whole.points, whole.triangles, wall_map(whole, wall_limit_mm).colors)
        scenes.append(Scene((colored,), tuple(shot for look in on_map for shot in _shots(look, whole, near))))
    return scenes


def _shots(look: _Look, whole: Mesh, near: float) -> tuple[Shot, Shot]:
    half = look.half(np.array(whole.bounds).reshape(3, 2))
    direction, up = tuple(look.direction.tolist()), tuple(look.up.tolist())
    return (
        Shot(f"{look.rule}-far", direction, up, half=half),
        Shot(f"{look.rule}-near", direction, up, tuple(look.place.tolist()), near, 0.02 * near if look.cut else None),
    )


def _picture(look: _Look, drawn: Mapping[str, bytes], bounds: np.ndarray, near: float) -> Picture:
    """The whole model and the spot side by side, the place ringed in both."""
    root = drawing(2 * _SIZE + 8, _SIZE)
    image(root, drawn[f"{look.rule}-far"], 0, 0, _SIZE, _SIZE)
    image(root, drawn[f"{look.rule}-near"], _SIZE + 8, 0, _SIZE, _SIZE)
    right, up = look.right, np.cross(look.direction, look.right)
    scale, offset = _SIZE / (2 * look.half(bounds)), look.place - bounds.mean(axis=1)
    _ring(root, _SIZE / 2 + scale * float(offset @ right), _SIZE / 2 - scale * float(offset @ up), 16.0)
    _ring(root, 1.5 * _SIZE + 8, _SIZE / 2, 34.0)
    shape(root, "rect", x=_SIZE + 2, y=0, width=4, height=_SIZE, fill="#c4c4c4")
    scale_bar(root, 14, _SIZE - 16, scale, 0.3 * _SIZE, font_size=20)
    scale_bar(root, _SIZE + 22, _SIZE - 16, _SIZE / (2 * near), 0.3 * _SIZE, font_size=20)
    if look.cut:
        text(root, _SIZE + 22, 28, _("cut open at the place"), font_size=20, font_weight="bold", fill="#1a1a1a")
    where = "({:.1f}, {:.1f}, {:.1f}) mm".format(*look.place)
    alt = _("The model with a ring around the place of the finding '{rule}' at {where}, and the place from near by.")
    return picture(f"place-{look.rule}", where, alt.format(rule=look.rule, where=where), root)


def _ring(root: Element, x: float, y: float, radius: float) -> None:
    for color, width in (("#ffffff", 7), (_RED, 3.5)):
        shape(root, "circle", cx=x, cy=y, r=radius, fill="none", stroke=color, stroke_width=width)
