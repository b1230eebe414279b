"""The plate as a solid, by manifold3d, with the frames of its texts."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..mesh.core import Mesh, Provenance
from ..preparation.csg import from_manifold, import_manifold3d
from ..preparation.text_label import text_outline
from ..printability import LabelFrame
from .plan import LETTER_STROKE, STEM_MM, CouponFeature, CouponLayout

SEGMENTS = 96  # of a round: a hole of 2 mm is 0.001 mm too narrow
OVER_MM = 0.5  # what is cut or joined reaches so far beyond the faces that it meets
COLOR = (0.75, 0.78, 0.82)


@dataclass(frozen=True)
class CouponSolid:
    """The plate as one mesh in the printer's axes (x, y, z for L, P, S), and the texts on it."""

    mesh: Mesh
    labels: tuple[LabelFrame, ...]


def build_solid(layout: CouponLayout, *, with_declared: bool = True) -> CouponSolid:
    """The plate of a layout. Without its declared features it has only what the process's guidelines allow.

    Raises `MissingDependencyError` without manifold3d.
    """
    module = import_manifold3d()
    kept = [feature for feature in layout.features if with_declared or not feature.is_declared]
    left_out = [feature for feature in layout.features if feature not in kept]
    width, depth, thickness = layout.size
    parts = [module.Manifold.cube((width, depth, thickness))]
    parts += [_box(module, _sunk(box)) for box in layout.carriers]
    # A slot that is left out is closed: what is beside it would be a wall too thin.
    parts += [_box(module, _sunk(_widened(feature.box))) for feature in left_out if feature.kind == "gap"]
    cuts: list[Any] = []
    labels: list[LabelFrame] = []
    for feature in kept:
        if feature.kind in ("engraved", "raised"):
            solid, label = _text_feature(module, feature, thickness)
            labels.append(label)
        else:
            solid = _feature(module, feature, layout)
        if solid is not None:
            (cuts if feature.kind in ("hole", "engraved") else parts).append(solid)
    for name in layout.names:
        solid, label = _text(module, name.text, name.height, (name.x, name.y), thickness, -layout.name_depth)
        cuts.append(solid)
        labels.append(label)
    whole = module.Manifold.batch_boolean(parts, module.OpType.Add)
    whole = whole - module.Manifold.batch_boolean(cuts, module.OpType.Add)
    like = Mesh(np.zeros((0, 3), np.float32), np.zeros((0, 3), np.int64), "coupon", COLOR)
    return CouponSolid(from_manifold(whole, [], Provenance.ADDED, like), tuple(labels))


def _box(module: Any, box: Sequence[float]) -> Any:
    low, high = np.array(box[:3]), np.array(box[3:])
    return module.Manifold.cube(tuple(high - low)).translate(tuple(low))


def _sunk(box: Sequence[float]) -> tuple[float, ...]:
    """The box with its foot in the plate."""
    return (*box[:2], box[2] - OVER_MM, *box[3:])


def _widened(box: Sequence[float]) -> tuple[float, ...]:
    return (box[0] - OVER_MM, *box[1:3], box[3] + OVER_MM, *box[4:])


def _feature(module: Any, feature: CouponFeature, layout: CouponLayout) -> Any:
    """The solid of a feature; None for a slot, which is what lies between its carriers."""
    x0, y0, z0, x1, y1, z1 = feature.box
    middle = ((x0 + x1) / 2.0, (y0 + y1) / 2.0)
    if feature.kind == "gap":
        return None
    if feature.kind in ("pin", "hole"):
        more = OVER_MM if feature.kind == "hole" else 0.0
        height = z1 - z0 + more + OVER_MM
        # Of a polygon the flats are nearer than the corners: the mean of both is the size that was asked for.
        radius = feature.nominal / (1.0 + math.cos(math.pi / SEGMENTS))
        rod = module.Manifold.cylinder(height, radius, radius, SEGMENTS)
        return rod.translate((*middle, z0 - OVER_MM))
    if feature.kind == "sphere":
        ball = module.Manifold.sphere(feature.nominal / 2.0, SEGMENTS)
        whole = ball.translate((*middle, z1 - feature.nominal / 2.0))
        return whole.trim_by_plane((0.0, 0.0, 1.0), layout.size[2] - OVER_MM)
    if feature.kind in ("overhang", "bridge"):
        return _profile(module, feature)
    reach = 0.0 if feature.kind != "wall-held" else OVER_MM
    low = z0 if feature.axis == "z" else z0 - OVER_MM
    return _box(module, (x0, y0 - reach, low, x1, y1 + reach, z1))


def _profile(module: Any, feature: CouponFeature) -> Any:
    """An overhang or a bridge: an outline in x and z, drawn along y."""
    x0, y0, z0, x1, y1, z1 = feature.box
    foot = z0 - OVER_MM
    if feature.kind == "bridge":
        side, under = feature.side, z1 - feature.side
        outline = [(x0, foot), (x0 + side, foot), (x0 + side, under), (x1 - side, under), (x1 - side, foot)]
        outline += [(x1, foot), (x1, z1), (x0, z1)]
    else:
        stem = x0 + feature.side
        rise = (x1 - stem) / math.tan(math.radians(feature.nominal))
        outline = [(x0, foot), (stem, foot), (stem, z0 + STEM_MM), (x1, z0 + STEM_MM + rise), (x1, z1), (x0, z1)]
    drawn = module.CrossSection([outline], module.FillRule.NonZero)
    # Extruded along z, then turned so that the outline's second axis points up and the length runs along y.
    return module.Manifold.extrude(drawn, y1 - y0).rotate((90.0, 0.0, 0.0)).translate((0.0, y1, 0.0))


def _text_feature(module: Any, feature: CouponFeature, top: float) -> tuple[Any, LabelFrame]:
    way = -1.0 if feature.kind == "engraved" else 1.0
    depth = way * (feature.second_nominal or 0.0)
    return _text(module, feature.name, feature.nominal / LETTER_STROKE, feature.box[:2], top, depth)


def _text(
    module: Any, text: str, height: float, corner: Sequence[float], top: float, depth: float
) -> tuple[Any, LabelFrame]:
    """Letters on the plate, `depth` high or (negative) deep, and their frame."""
    outline = text_outline(text, height)
    low_x, low_y, high_x, high_y = outline.bounds()
    drawn = outline.translate((corner[0] - low_x, corner[1] - low_y))
    low, high = (top + depth, top + OVER_MM) if depth < 0.0 else (top - OVER_MM, top + depth)
    solid = module.Manifold.extrude(drawn, high - low).translate((0.0, 0.0, low))
    width, tall = high_x - low_x, high_y - low_y
    middle = (corner[0] + width / 2.0, corner[1] + tall / 2.0, top)
    frame = LabelFrame(text, middle, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0), width, tall, depth)
    return solid, frame
