"""A camera picture of every finding that has a place: where on the model it is, and the spot from near by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..images.image import ReportImage
from ..images.svg import Element, add_image, add_shape, add_text, new_svg, nice_length, scale_bar, to_report_image
from ..mesh.core import Mesh, concatenate
from ..mesh.ray_casting import RayCaster
from ..mesh.triangle_distance import nearest_triangles
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from ..rules import Finding, Outcome
from .offscreen import CameraView, ColoredMesh, RenderScene, render_offscreen
from .scalar_maps import wall_map

_SIZE = 420
_LETTER = 38  # on paper the picture is a quarter as large
_RED = "#d0021b"
_RED_RGB = (208, 2, 27)
MAX_IMAGES = 40
_WALLS = ("wall", "thin-area", "pins", "wall-recommended")
_GAPS = ("gap", "holes")
_NEAR = 0.09  # half of the near picture, as a share of the model's
_MIN_MM = 6.0


@dataclass(frozen=True)
class _Look:
    """How a place is looked at: from `direction`, with what stands before it `cut` away where it is seen from nowhere.

    `number` counts the places of the rule from 1; `size` says how large the place is.
    """

    rule: str
    place: np.ndarray
    direction: np.ndarray
    up: np.ndarray
    cut: bool
    number: int = 1
    size: str = ""

    @property
    def name(self) -> str:
        """Name of the picture, and of its file."""
        return f"{self.rule}-{self.number}"

    @property
    def right(self) -> np.ndarray:
        """Unit vector to the right in the picture."""
        right = np.cross(self.up, self.direction)
        return right / np.linalg.norm(right)

    def half(self, bounds: np.ndarray) -> float:
        """Half the width in mm of a picture around the middle of the bounds (3, 2) that holds them."""
        corners = np.array([[x, y, z] for x in bounds[0] for y in bounds[1] for z in bounds[2]]) - bounds.mean(axis=1)
        axes = np.stack([self.right, np.cross(self.direction, self.right)], axis=1)
        return max(1.2 * float(np.abs(corners @ axes).max()), 0.5)


def render_finding_views(
    meshes: Sequence[Mesh],
    findings: Sequence[Finding],
    wall_limit_mm: float | None = None,
    progress: ProgressCallback = no_progress,
    shapes: Mapping[str, Sequence[Mesh]] = MappingProxyType({}),
    marked: Mapping[str, np.ndarray] = MappingProxyType({}),
) -> Mapping[str, tuple[ReportImage, ...]]:
    """Pictures by rule of the findings that did not pass and have a place in LPS mm: of the first place, which is the worst.

    Lost and added parts, whose `shapes` by rule are drawn in red, have a picture each, the largest first, as long as there are no more
    than `MAX_IMAGES` in all. Findings of walls are drawn on the map of thickness where the meshes have the point array ``Wall``;
    `wall_limit_mm` as in `wall_map`; of others the `marked` triangles, indices over all meshes by rule, are painted red. Empty where this
    computer cannot draw. Raises what `progress` raises.
    """
    shown = [item for item in findings if item.outcome in (Outcome.FAIL, Outcome.ASK) and item.places]
    if not shown or not meshes:
        return {}
    whole = concatenate(list(meshes))
    bounds = np.array(concatenate([whole, *(shape for parts in shapes.values() for shape in parts)]).bounds).reshape(
        3, 2
    )
    half = 0.6 * float(np.linalg.norm(np.ptp(bounds, axis=1)))
    near = max(_NEAR * half, min(_MIN_MM, half))
    looks = _looks(whole, shown, half, near, shapes)
    scenes = _scenes(meshes, whole, looks, bounds, near, wall_limit_mm, shapes, marked)
    drawn = render_offscreen(scenes, _SIZE, bounds.mean(axis=1), half, progress=subprogress(progress, 0.1, 1.0))
    pictures: dict[str, tuple[ReportImage, ...]] = {}
    for look in looks if drawn else ():
        pictures[look.rule] = (*pictures.get(look.rule, ()), _picture(look, drawn, bounds, near))
    return pictures


def _chosen(shown: Sequence[Finding], shapes: Mapping[str, Sequence[Mesh]]) -> list[tuple[Finding, int]]:
    """Which places are drawn: the first of every finding, then those of parts with a shape while pictures are left."""
    first = [(finding, 0) for finding in shown]
    more = [
        (finding, at)
        for finding in shown
        for at in range(1, min(len(shapes.get(finding.rule, ())), len(finding.places)))
    ]
    more.sort(key=lambda item: -item[0].sizes[item[1]] if item[1] < len(item[0].sizes) else 0.0)
    kept = [*first, *more[: max(MAX_IMAGES - len(first), 0)]]
    return sorted(kept, key=lambda item: (shown.index(item[0]), item[1]))


def _looks(
    whole: Mesh,
    shown: Sequence[Finding],
    half: float,
    near: float,
    shapes: Mapping[str, Sequence[Mesh]] = MappingProxyType({}),
) -> list[_Look]:
    """For every place that is drawn the direction nearest to the surface's normal from which it is seen."""
    rays, directions = RayCaster(whole, near), _directions()
    chosen = _chosen(shown, shapes)
    places = np.array([finding.places[at] for finding, at in chosen], dtype=np.float64)
    looks = []
    for (finding, at), place, triangle in zip(chosen, places, nearest_triangles(places, whole)[0].tolist()):
        normal = rays.normals[triangle]
        own = shapes.get(finding.rule, ())
        if at < len(own):  # from beyond the part itself, which may lie in the solid
            origins = place + (((own[at].points - place) @ directions.T).max(axis=0) + 0.5)[:, None] * directions
        else:  # Places are rounded: a little off the surface a ray does not start inside it.
            origins = place + 0.03 * normal + 0.03 * directions
        free = np.minimum(
            *(rays.first_hit(origins, directions, leaving, 2.0 * half).distance for leaving in (True, False))
        )
        seen = ~np.isfinite(free)
        # Into a gap one looks from its side; else straight on, and a little from above.
        towards = -np.abs(directions @ normal) if finding.rule in _GAPS else directions @ normal
        liking = towards + 0.15 * directions[:, 2] - np.where(seen, 0.0, 10.0)
        best = directions[int(np.argmax(liking))]
        up = np.array([0.0, 0.0, 1.0]) if abs(best[2]) < 0.9 else np.array([0.0, -1.0, 0.0])
        unit = {"mm2": "mm²", "mm3": "mm³"}.get(finding.size_unit, finding.size_unit)
        size = f"{finding.sizes[at]:.1f} {unit}" if at < len(finding.sizes) else ""
        looks.append(_Look(finding.rule, place, best, up, not seen.any(), at + 1, size))
    return looks


def _directions() -> np.ndarray:
    """(200, 3) even directions on the sphere (Fibonacci)."""
    index = np.arange(200) + 0.5
    polar, turn = np.arccos(1 - 2 * index / 200), np.pi * (1 + 5**0.5) * index
    return np.stack([np.cos(turn) * np.sin(polar), np.sin(turn) * np.sin(polar), np.cos(polar)], axis=1)


def _scenes(
    meshes: Sequence[Mesh],
    whole: Mesh,
    looks: Sequence[_Look],
    bounds: np.ndarray,
    near: float,
    wall_limit_mm: float | None,
    shapes: Mapping[str, Sequence[Mesh]],
    marked: Mapping[str, np.ndarray],
) -> list[RenderScene]:
    """One scene for all places on the plain model, one on the map of thickness, one for each rule that has something to mark in red."""
    groups: dict[str, list[_Look]] = {}
    for look in looks:
        on_map = look.rule in _WALLS and "Wall" in whole.point_arrays
        own = bool(shapes.get(look.rule)) or len(marked.get(look.rule, ())) > 0
        groups.setdefault("map" if on_map else look.rule if own else "plain", []).append(look)
    plain = np.concatenate([np.broadcast_to(_plain(mesh), (len(mesh.triangles), 3)) for mesh in meshes])
    scenes = []
    for kind, group in groups.items():
        colors = wall_map(whole, wall_limit_mm).colors if kind == "map" else plain.copy()
        if kind == "added":
            colors[_near(whole, shapes[kind])] = _RED_RGB
        elif kind in marked:
            colors[marked[kind]] = _RED_RGB
        drawn = [ColoredMesh(whole.points, whole.triangles, colors)]
        if kind != "added":
            drawn += [ColoredMesh(shape.points, shape.triangles, np.array(_RED_RGB)) for shape in shapes.get(kind, ())]
        scenes.append(RenderScene(tuple(drawn), tuple(shot for look in group for shot in _shots(look, bounds, near))))
    return scenes


def _plain(mesh: Mesh) -> np.ndarray:
    return np.clip(np.rint(255 * np.asarray(mesh.color)), 0, 255)


def _near(mesh: Mesh, shapes: Sequence[Mesh]) -> np.ndarray:
    """(m,) bool: triangles within the size of a voxel of the shapes."""
    from scipy.spatial import cKDTree

    points = np.concatenate([shape.points for shape in shapes])
    sides = np.concatenate(
        [shape.points[shape.triangles[:, 0]] - shape.points[shape.triangles[:, 1]] for shape in shapes]
    )
    reach = 1.5 * float(np.percentile(np.linalg.norm(sides, axis=1), 95))
    away, _unused = cKDTree(points).query(
        mesh.points[mesh.triangles].mean(axis=1), distance_upper_bound=reach, workers=-1
    )
    return np.isfinite(away)


def _shots(look: _Look, bounds: np.ndarray, near: float) -> tuple[CameraView, CameraView]:
    half = look.half(bounds)
    direction, up = tuple(look.direction.tolist()), tuple(look.up.tolist())
    return (
        CameraView(f"{look.name}-far", direction, up, tuple(bounds.mean(axis=1).tolist()), half),
        CameraView(
            f"{look.name}-near", direction, up, tuple(look.place.tolist()), near, 0.02 * near if look.cut else None
        ),
    )


def _picture(look: _Look, drawn: Mapping[str, bytes], bounds: np.ndarray, near: float) -> ReportImage:
    """The whole model and the spot side by side, the place ringed in both."""
    root = new_svg(2 * _SIZE + 8, _SIZE)
    add_image(root, drawn[f"{look.name}-far"], 0, 0, _SIZE, _SIZE)
    add_image(root, drawn[f"{look.name}-near"], _SIZE + 8, 0, _SIZE, _SIZE)
    right, up = look.right, np.cross(look.direction, look.right)
    scale, offset = _SIZE / (2 * look.half(bounds)), look.place - bounds.mean(axis=1)
    _ring(root, _SIZE / 2 + scale * float(offset @ right), _SIZE / 2 - scale * float(offset @ up), 18.0)
    _ring(root, 1.5 * _SIZE + 8, _SIZE / 2, 34.0)
    add_shape(root, "rect", x=_SIZE + 2, y=0, width=4, height=_SIZE, fill="#c4c4c4")
    _bar(root, 14, scale)
    _bar(root, _SIZE + 22, _SIZE / (2 * near))
    if look.cut:
        rim = {"stroke": "#ffffff", "stroke_width": 5, "paint_order": "stroke"}
        add_text(root, _SIZE + 22, 44, _("cut open"), font_size=_LETTER, font_weight="bold", fill="#1a1a1a", **rim)
    x, y, z = (float(coordinate) for coordinate in look.place)
    where = _("({x:.1f}, {y:.1f}, {z:.1f}) mm", x=x, y=y, z=z)
    alt = _("The model with a ring around the place of the finding '{rule}' at {where}, and the place from near by.")
    caption = join(", ", (part for part in (where, look.size) if part))
    return to_report_image(f"place-{look.name}", caption, alt.format(rule=look.rule, where=where), root)


def _bar(root: Element, left: float, scale: float) -> None:
    """A bar of a round length from `left` on; its words, which may be longer than it, stay within the picture."""
    length = nice_length(0.4 * _SIZE / scale)
    words = 0.62 * _LETTER * len(f"{length:g} mm")
    scale_bar(root, left + max(0.0, (words - length * scale) / 2.0), _SIZE - 16, scale, 0.4 * _SIZE, font_size=_LETTER)


def _ring(root: Element, x: float, y: float, radius: float) -> None:
    for color, width in (("#ffffff", 10), (_RED, 5)):
        add_shape(root, "circle", cx=x, cy=y, r=radius, fill="none", stroke=color, stroke_width=width)
