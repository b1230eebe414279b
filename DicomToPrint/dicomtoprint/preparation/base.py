"""What a model stands on: a plate, a foot of its own outline, or a stand with columns."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..mesh.sample_tree import build_sample_tree
from .csg import from_manifold, import_manifold3d, to_manifold

KINDS = ("plate", "foot", "stand")
SIDES = 48
STEPS = 6  # of a rounding
COLUMNS = 4
EMBED_MM = 1.5


@dataclass(frozen=True)
class AddedSolidResult:
    """The solid with what was added to it; `added_mm3` outside the model, and `count` bases or bars."""

    mesh: Mesh
    added_mm3: float
    count: int


@dataclass(frozen=True)
class BaseSize:
    """Sizes in mm of a base: its thickness, how far it reaches beyond the model, how deep the model sinks in, the rounding between them,
    and the width of a stand's columns. A run takes them from `data/plans/plan.json`."""

    thickness: float = 3.0
    rim: float = 3.0
    sink: float = 1.0
    fillet: float = 2.0
    column: float = 5.0


def add_base(mesh: Mesh, kind: str = "plate", size: BaseSize | None = None) -> AddedSolidResult:
    """A base under the model, which stays where it is; the base reaches below it. New faces are marked ADDED.

    ``plate``: the outline of the model's lowest part, rounded by the rim, its upper edge rounded, with a fillet
    where the model meets it. ``foot``: only what stands lowest, carried straight down to a flat face. ``stand``: a plate below
    the model and columns up to its underside. The model sinks into plate and foot. Raises `UsageError` for another
    kind, `RefusedError` where the model would tip over or no column finds a way.
    """
    if kind not in KINDS:
        raise UsageError(f"A base is a {', a '.join(KINDS[:-1])} or a {KINDS[-1]}, not '{kind}'.")
    solid = to_manifold(mesh)
    build = {"plate": _plate, "foot": _foot, "stand": _stand}[kind]
    added = build(import_manifold3d(), solid.manifold, mesh, size or BaseSize())
    joined = solid.manifold + added
    return AddedSolidResult(
        from_manifold(joined, [solid], Provenance.ADDED, mesh), joined.volume() - solid.manifold.volume(), 1
    )


def _plate(module: Any, solid: Any, mesh: Mesh, size: BaseSize) -> Any:
    low, height = mesh.bounds[4], mesh.bounds[5] - mesh.bounds[4]
    sink = min(size.sink, 0.3 * height)
    plan = _outline(solid, low, sink, height).hull().offset(size.rim, module.JoinType.Round)
    bottom = low + sink - size.thickness
    plate = _rounded(module, plan, size.thickness).translate((0.0, 0.0, bottom))
    return plate + _fillet(module, solid, plan.offset(-size.thickness / 3.0), low + sink, size.fillet)


def _outline(solid: Any, low: float, sink: float, height: float) -> Any:
    outline = solid.slice(low + sink)
    for share in (0.05, 0.1, 0.2):
        outline = outline + solid.slice(low + share * height)
    return outline


def _rounded(module: Any, plan: Any, thickness: float) -> Any:
    """Plate of a convex outline from z = 0 to `thickness`, its upper edge a quarter round of a third of the height."""
    radius = thickness / 3.0
    angles = np.linspace(0.0, np.pi / 2.0, STEPS + 1)
    layers = [
        module.Manifold.extrude(
            plan.offset(-radius * (1.0 - np.cos(angle)), module.JoinType.Round),
            thickness - radius * (1.0 - np.sin(angle)),
        )
        for angle in angles
    ]
    return module.Manifold.batch_hull([layer for layer in layers if not layer.is_empty()])


def _fillet(module: Any, solid: Any, within: Any, level: float, radius: float) -> Any:
    """Steps around the model above `level`, each narrower, as high as wide: the neck between model and plate, within its plan."""
    step = radius / STEPS
    section = solid.slice(level)
    layers = []
    for number in range(STEPS):
        rest = radius - (number + 0.5) * step
        width = radius - float(np.sqrt(max(radius**2 - rest**2, 0.0)))
        ring = section.offset(width, module.JoinType.Round) ^ within
        # Each layer starts below the one under it, so that no two faces merely touch.
        layers.append(module.Manifold.extrude(ring, (number + 1) * step + 0.4).translate((0.0, 0.0, level - 0.4)))
    return module.Manifold.batch_boolean([layer for layer in layers if not layer.is_empty()], module.OpType.Add)


def _foot(module: Any, solid: Any, mesh: Mesh, size: BaseSize) -> Any:
    low, height = mesh.bounds[4], mesh.bounds[5] - mesh.bounds[4]
    sink = min(max(size.sink, 0.02 * height), 0.3 * height)
    plan = solid.slice(low + sink)
    for share in (0.25, 0.5, 0.75):
        plan = plan + solid.slice(low + share * sink)
    plan = plan.offset(0.5 * size.rim, module.JoinType.Round)
    if not _within(_middle(mesh), plan.hull()):
        raise RefusedError(f"'{mesh.name}' would tip over on a foot of its own outline: choose a plate or a stand.")
    return module.Manifold.extrude(plan, size.thickness).translate((0.0, 0.0, low + sink - size.thickness))


def _stand(module: Any, solid: Any, mesh: Mesh, size: BaseSize) -> Any:
    tops = _column_tops(solid, mesh, size.column)
    low = mesh.bounds[4]
    floor = low - max(2.0 * size.column, 0.1 * (mesh.bounds[5] - low))
    radius = size.column / 2.0
    columns, feet = [], []
    for x, y, z in tops:
        column = module.Manifold.cylinder(z + EMBED_MM - floor + 0.5, radius, radius, SIDES)
        columns.append(column.translate((x, y, floor - 0.5)))
        feet.append(module.CrossSection.circle(radius + size.rim, SIDES).translate((x, y)))
    middle = _middle(mesh)
    feet.append(module.CrossSection.circle(radius + size.rim, SIDES).translate((float(middle[0]), float(middle[1]))))
    plan = module.CrossSection.batch_boolean(feet, module.OpType.Add).hull()
    plate = _rounded(module, plan, size.thickness).translate((0.0, 0.0, floor - size.thickness))
    return module.Manifold.batch_boolean([plate, *columns], module.OpType.Add)


def _column_tops(solid: Any, mesh: Mesh, width: float) -> list[tuple[float, float, float]]:
    """Points on the underside that are visible from the plate, as far apart as there are, the lowest first.

    Raises `RefusedError` for fewer than three.
    """
    low, high = mesh.bounds[4], mesh.bounds[5]
    surface = build_sample_tree(mesh, max(width / 2.0, 0.02 * (high - low)))
    places, normals = np.asarray(surface.tree.data), mesh.triangle_normals()[surface.owner]
    steep = normals[:, 2] < -0.5 * np.linalg.norm(normals, axis=1)
    under = places[steep & (places[:, 2] < low + 0.5 * (high - low))]
    under = under[np.argsort(under[:, 2], kind="stable")]
    under = under[:: max(1, len(under) // 1500)]
    free = np.array(
        [
            point
            for point in under
            if not solid.ray_cast((point[0], point[1], point[2] - 0.05), (point[0], point[1], low - 1.0))
        ]
    ).reshape(-1, 3)
    chosen: list[np.ndarray] = []
    while len(free) and len(chosen) < COLUMNS:
        if not chosen:
            chosen.append(free[0])
            continue
        away = np.min([np.linalg.norm(free[:, :2] - one[:2], axis=1) for one in chosen], axis=0)
        if away.max() < 1.5 * width:
            break
        chosen.append(free[int(np.argmax(away))])
    if len(chosen) < 3:
        raise RefusedError(f"'{mesh.name}' has no three places for the columns of a stand: choose a plate.")
    return [(float(x), float(y), float(z)) for x, y, z in chosen]


def _middle(mesh: Mesh) -> np.ndarray:
    """(2,) L, P in mm of the centre of mass of the solid."""
    base = mesh.points.mean(axis=0).astype(np.float64)
    corners = mesh.points.astype(np.float64)[mesh.triangles] - base
    volumes = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
    return ((corners.sum(axis=1) / 4.0 * volumes[:, None]).sum(axis=0) / volumes.sum() + base)[:2]


def _within(point: np.ndarray, plan: Any) -> bool:
    module = import_manifold3d()
    dot = module.CrossSection.circle(0.05, 8).translate((float(point[0]), float(point[1])))
    return (dot - plan).is_empty()
