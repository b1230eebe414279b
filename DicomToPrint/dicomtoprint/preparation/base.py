"""What a model stands on: a plate, a foot of its own outline, or a stand with columns; and what carries it there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..messages import _, join
from .base_columns import column_solid, find_column_tops, hull_holds
from .base_label import LabelSlot, label_slots, slots_outline
from .csg import from_manifold, import_manifold3d, remove_small_voids, to_manifold

KINDS = ("plate", "foot", "stand")
STEPS = 6  # of a rounding
DEEPEST_SINK = 0.1  # share of the height that goes into a base
SINK_STEPS = 8  # from the usual depth to the deepest
BEHIND_LABEL = 1.0  # mm of the rim between the model and the letters on its base
THINNER_COLUMNS = (0.7, 0.5)  # of a stand's columns, for bones of the hand
NUDGES_MM = (0.0, 0.11, 0.23)  # deeper by so much where faces of model and base nearly coincide


@dataclass(frozen=True)
class AddedSolidResult:
    """The solid with what was added to it; `added_mm3` outside the model, and `count` bases or bars.

    Of a base, `slots` are the places for texts on it, in the order in which they were asked for, `columns` how many carry the model
    beside or instead of the place where it is sunk in, `sunk_mm` how deep that is (0 for a stand), and `held` whether what carries
    the model lies around its centre of mass.
    """

    mesh: Mesh
    added_mm3: float
    count: int
    slots: tuple[LabelSlot, ...] = ()
    columns: int = 0
    sunk_mm: float = 0.0
    held: bool = True


@dataclass(frozen=True)
class BaseSize:
    """Sizes in mm of a base: its thickness, how far it reaches beyond the model, how deep the model sinks in, the rounding between them,
    and the width of a stand's columns; `tilt` in degrees that the model may be tilted by before it falls, and `neck`, the least
    section where the model meets the plate, as a share of its volume to the power of 2/3. A run takes them from
    `data/plans/plan.json`."""

    thickness: float = 3.0
    rim: float = 3.0
    sink: float = 1.0
    fillet: float = 2.0
    column: float = 5.0
    tilt: float = 10.0
    neck: float = 0.05


@dataclass(frozen=True)
class _Built:
    """A base before it is joined: its solid, its outline on the ground, and what `AddedSolidResult` tells of it."""

    solid: Any
    outline: Any
    slots: tuple[LabelSlot, ...]
    columns: int = 0
    sunk_mm: float = 0.0
    held: bool = True


@dataclass(frozen=True)
class _Model:
    """What the builders ask of a model: its solid (manifold3d.Manifold), lowest and highest z, centre of mass (3,), sizes, and the
    (width, height) of the texts that the base shall carry; all mm, LPS."""

    solid: Any
    mesh: Mesh
    low: float
    high: float
    centre: np.ndarray
    size: BaseSize
    texts: tuple[tuple[float, float], ...]


def add_base(
    mesh: Mesh, kind: str = "plate", size: BaseSize | None = None, *, texts: tuple[tuple[float, float], ...] = ()
) -> AddedSolidResult:
    """A base under the model, which stays where it is; the base reaches below it. New faces are marked ADDED.

    ``plate``: the outline of the model's lowest part, rounded by the rim, its upper edge rounded, with a fillet
    where the model meets it. ``foot``: only what stands lowest, carried straight down to a flat face. ``stand``: a plate below
    the model and columns up to its underside. The model sinks into plate and foot: into the plate as deep as its neck needs
    (`BaseSize.neck`), and where it would still hang over what it is sunk in by, columns carry it too.

    Plate and stand reach so far around the point below the centre of mass that the model may be tilted by `BaseSize.tilt` degrees.
    `texts` are (width, height) in mm of texts that shall find room on the base's upper side, in front (anterior) of the model, one
    below the other; a foot carries none. Raises `UsageError` for another kind, `RefusedError` where the model would
    tip over or no column finds a way.
    """
    if kind not in KINDS:
        raise UsageError(
            _(
                "A base is a {kinds} or a {kinds2}, not '{kind}'.",
                kinds=join(_(", a "), KINDS[:-1]),
                kinds2=KINDS[-1],
                kind=kind,
            )
        )
    source = to_manifold(mesh)
    build: Callable[[_Model, float], _Built] = {"plate": _plate, "foot": _foot, "stand": _stand}[kind]
    model = _Model(
        source.manifold, mesh, mesh.bounds[4], mesh.bounds[5], _centre_of_mass(mesh), size or BaseSize(), texts
    )
    for nudge in NUDGES_MM:
        built = build(model, nudge)
        joined = source.manifold + built.solid
        try:
            made = from_manifold(joined, [source], Provenance.ADDED, mesh)
        except RefusedError as error:
            if nudge == NUDGES_MM[-1]:
                raise RefusedError(
                    _(
                        "A {kind} cannot be joined to '{mesh}' without faults: choose another base ({others}).",
                        kind=kind,
                        mesh=mesh.name,
                        others=_other_kinds(kind),
                    )
                ) from error
            continue
        break
    made = remove_small_voids(made, float("inf") if kind == "foot" else _vent_from(model))
    _refuse_unsteady(model, _centre_of_mass(made), built.outline, kind)
    added = joined.volume() - source.manifold.volume()
    return AddedSolidResult(made, added, 1, built.slots, built.columns, built.sunk_mm, built.held)


def _vent_from(model: _Model) -> float:
    """Voids between model and base up to this volume in mm3 are filled: too small to be anatomy that was hollow before."""
    return float((4.0 * model.size.thickness) ** 3)


def _refuse_unsteady(model: _Model, centre: np.ndarray, outline: Any, kind: str) -> None:
    if not hull_holds(outline, centre):
        raise RefusedError(
            _(
                "'{mesh}' would tip over on a {kind}: choose another base ({others}).",
                mesh=model.mesh.name,
                kind=kind,
                others=_other_kinds(kind),
            )
        )


def _other_kinds(kind: str) -> str:
    return join(" or ", (_("{--base-kind:{other}}", other=other) for other in KINDS if other not in (kind, "foot")))


def _plate(model: _Model, nudge: float) -> _Built:
    module, size = import_manifold3d(), model.size
    sink = _sink(model) + nudge
    level, bottom = model.low + sink, model.low - (size.thickness - size.sink)
    neck = model.solid.slice(level)
    wide = _outline(model, sink).hull().offset(size.rim, module.JoinType.Round)
    tops: list[tuple[float, float, float]] = []
    held = hull_holds(neck, model.centre)
    if not held:
        tops, held = find_column_tops(model.solid, model.mesh, size.column, model.centre, neck)
    feet = [_disc(top, size.column / 2.0 + size.rim) for top in tops]
    plan = module.CrossSection.batch_boolean([wide, _ground(model, bottom), *feet], module.OpType.Add).hull()
    plan, slots = _with_slots(plan, model, level)
    plate = _rounded(module, plan, level - bottom, size.thickness / 3.0).translate((0.0, 0.0, bottom))
    around = _fillet(module, model.solid, plan.offset(-size.thickness / 3.0) - slots_outline(slots), level, size.fillet)
    columns = [column_solid(model.solid, top, bottom + 0.5, size.column / 2.0) for top in tops]
    solid = module.Manifold.batch_boolean([plate, around, *columns], module.OpType.Add)
    return _Built(solid, plan, slots, len(tops), sink, held)


def _sink(model: _Model) -> float:
    """How deep the model sinks in: the usual depth, or as much more, up to a tenth of its height, as makes the neck thick enough."""
    usual = min(model.size.sink, 0.3 * (model.high - model.low))
    needed = model.size.neck * model.solid.volume() ** (2.0 / 3.0)
    deepest = max(usual, min(DEEPEST_SINK * (model.high - model.low), 2.0 * model.size.thickness))
    for depth in np.linspace(usual, deepest, SINK_STEPS):
        if model.solid.slice(model.low + float(depth)).area() >= needed:
            return float(depth)
    return float(deepest)


def _outline(model: _Model, sink: float) -> Any:
    outline = model.solid.slice(model.low + sink)
    for share in (0.05, 0.1, 0.2):
        outline = outline + model.solid.slice(model.low + share * (model.high - model.low))
    return outline


def _ground(model: _Model, floor: float) -> Any:
    """What the base must cover around the point below the centre of mass, so that the model may be tilted and does not fall."""
    reach = (model.centre[2] - floor) * np.tan(np.radians(model.size.tilt))
    return _disc(model.centre, max(model.size.rim, float(reach)))


def _disc(place: Any, radius: float) -> Any:
    return import_manifold3d().CrossSection.circle(radius, 48).translate((float(place[0]), float(place[1])))


def _with_slots(plan: Any, model: _Model, level: float) -> tuple[Any, tuple[LabelSlot, ...]]:
    """The outline with room for the texts in front of the model, and where they go at the height `level`."""
    if not model.texts:
        return plan, ()
    # What stands on the plate must not cover the letters, seen from above.
    front = min(float(model.mesh.bounds[2]), plan.bounds()[1])
    slots = label_slots(model.texts, float(model.centre[0]), front - BEHIND_LABEL, level)
    grown = plan + slots_outline(slots).offset(model.size.rim, import_manifold3d().JoinType.Round)
    return grown.hull(), slots


def _rounded(module: Any, plan: Any, thickness: float, radius: float) -> Any:
    """Plate of a convex outline from z = 0 to `thickness`, its upper edge a quarter round of `radius`."""
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


def _foot(model: _Model, nudge: float) -> _Built:
    module, size = import_manifold3d(), model.size
    height = model.high - model.low
    sink = min(max(size.sink, 0.02 * height), 0.3 * height) + nudge
    plan = model.solid.slice(model.low + sink)
    for share in (0.25, 0.5, 0.75):
        plan = plan + model.solid.slice(model.low + share * sink)
    plan = plan.offset(0.5 * size.rim, module.JoinType.Round)
    _refuse_unsteady(model, model.centre, plan, "foot")
    foot = module.Manifold.extrude(plan, size.thickness).translate((0.0, 0.0, model.low + sink - size.thickness))
    return _Built(foot, plan, (), 0, sink)


def _stand(model: _Model, nudge: float) -> _Built:
    module, size = import_manifold3d(), model.size
    for width in (size.column, *(share * size.column for share in THINNER_COLUMNS)):
        tops, held = find_column_tops(model.solid, model.mesh, width, model.centre)
        if len(tops) >= 3:
            break
    else:
        raise RefusedError(
            _(
                "'{mesh}' has no three places for the columns of a stand: choose {--base-kind} plate.",
                mesh=model.mesh.name,
            )
        )
    floor = model.low - max(2.0 * size.column, 0.1 * (model.high - model.low)) - nudge
    radius = width / 2.0
    columns = [column_solid(model.solid, top, floor - 0.5, radius) for top in tops]
    feet = [_disc(top, radius + size.rim) for top in tops]
    feet.append(_ground(model, floor - size.thickness))
    plan = module.CrossSection.batch_boolean(feet, module.OpType.Add).hull()
    plan, slots = _with_slots(plan, model, floor)
    plate = _rounded(module, plan, size.thickness, size.thickness / 3.0).translate((0.0, 0.0, floor - size.thickness))
    solid = module.Manifold.batch_boolean([plate, *columns], module.OpType.Add)
    return _Built(solid, plan, slots, len(tops), 0.0, held)


def _centre_of_mass(mesh: Mesh) -> np.ndarray:
    """(3,) LPS mm of the centre of mass of the solid."""
    base = mesh.points.mean(axis=0).astype(np.float64)
    corners = mesh.points.astype(np.float64)[mesh.triangles] - base
    volumes = np.einsum("ij,ij->i", corners[:, 0], np.cross(corners[:, 1], corners[:, 2]))
    return (corners.sum(axis=1) / 4.0 * volumes[:, None]).sum(axis=0) / volumes.sum() + base
