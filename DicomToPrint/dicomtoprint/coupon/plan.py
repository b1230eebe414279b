"""The test plate of a process: which features it has, and where each of them stands.

The axes are those of the printer as the file lies: x and y along the plate, z up from its underside. All lengths are in mm.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..config import resources
from ..errors import UsageError
from ..messages import _
from ..preparation import text_extent
from ..printability import Printer, PrintProcess

STEEPEST_DEG = 75.0  # a steeper overhang is a ceiling, which the bridges show
STEM_MM = 2.0  # below an overhang, so that its underside does not run out into the plate
LETTER_STROKE = 0.1  # of the height of capitals: their thin strokes, see images.lettering
GROWING_HARDER = ("overhang", "bridge")  # the larger, the harder to print; of all others the smaller


@dataclass(frozen=True)
class CouponFeature:
    """One feature of the plate.

    Attributes
    ----------
    name
        As it is engraved beside it, such as ``W3``.
    kind
        One of the ladders' kinds in ``data/coupon/schema.json``, ``block`` or ``sphere``.
    nominal
        Its size: mm, of overhangs degrees from the vertical.
    box
        x, y, z of its lower and of its upper corner.
    limit
        Name of the limit that it is about; empty for blocks and the sphere.
    limit_value
        That limit in the process, None where nobody publishes one.
    second, second_nominal
        A limit that goes along (depth or height of letters), and its size here.
    axis
        ``x``, ``y`` or ``z``, the direction in which a block is measured; empty for all others.
    is_measured
        Whether a length is asked for.
    is_declared
        Whether it lies beyond a guideline of the process, which it does on purpose.
    side
        Thickness of what carries an overhang or a bridge.
    """

    name: str
    kind: str
    nominal: float
    box: tuple[float, float, float, float, float, float]
    limit: str = ""
    limit_value: float | None = None
    second: str = ""
    second_nominal: float | None = None
    axis: str = ""
    is_measured: bool = False
    is_declared: bool = False
    side: float = 0.0

    @property
    def unit(self) -> str:
        """``mm`` or ``deg``."""
        return "deg" if self.kind == "overhang" else "mm"

    @property
    def is_asked(self) -> bool:
        """Whether it holds or not is asked; a block is only measured."""
        return bool(self.limit)


@dataclass(frozen=True)
class EngravedName:
    """A name on the plate: its text, capitals `height` high, the lower left corner of its first line."""

    text: str
    x: float
    y: float
    height: float


@dataclass(frozen=True)
class CouponLayout:
    """The plate of a process: its size, its features, the names beside them and what the features stand on or between (`carriers`, boxes).

    `process` is the one that it was drawn for.
    """

    process: PrintProcess
    size: tuple[float, float, float]
    features: tuple[CouponFeature, ...]
    names: tuple[EngravedName, ...]
    carriers: tuple[tuple[float, float, float, float, float, float], ...]
    name_depth: float


@dataclass(frozen=True)
class _Row:
    """Features side by side in a frame of their own, its lower left corner at 0."""

    width: float
    depth: float
    features: tuple[CouponFeature, ...]
    names: tuple[EngravedName, ...] = ()
    carriers: tuple[tuple[float, float, float, float, float, float], ...] = ()


@dataclass(frozen=True)
class _Sizes:
    """What every row is drawn with."""

    thickness: float
    margin: float
    space: float
    side: float
    height: float
    length: float
    name_height: float
    name_depth: float


def load_plan() -> Mapping[str, Any]:
    """The plan of plates, ``data/coupon/coupon.json``."""
    return resources.load_json_resource("coupon", "coupon")[0]


def lay_out(process: PrintProcess, printer: Printer, plan: Mapping[str, Any] | None = None) -> CouponLayout:
    """The plate of a process, as square as its rows allow and no larger than the printer's.

    Raises `UsageError` where the printer is too small for it.
    """
    plan = plan or load_plan()
    sizes = _sizes(process, plan)
    rows = [row for ladder in plan["ladders"] if (row := _ladder(ladder, process, sizes)) is not None]
    rows += _blocks(plan["blocks"], sizes)
    text = process.name
    width, _height = text_extent(text, sizes.name_height)
    rows.append(_Row(width, sizes.name_height, (), (EngravedName(text, 0.0, 0.0, sizes.name_height),)))
    room = [min(float(plan["plate"]["largest_mm"]), side) for side in printer.usable_mm[:2]]
    placed = _packed(rows, room, sizes.margin)
    if placed is None:
        raise UsageError(
            _(
                "The test plate of {process} does not fit on {printer}: name a larger printer with {--printer}.",
                process=process.title,
                printer=printer.title,
            )
        )
    size, shifts = placed
    moved = [_moved(row, x, y) for row, (x, y) in zip(rows, shifts)]
    return CouponLayout(
        process,
        (*size, sizes.thickness),
        tuple(feature for row in moved for feature in row.features),
        tuple(name for row in moved for name in row.names),
        tuple(box for row in moved for box in row.carriers),
        sizes.name_depth,
    )


def _sizes(process: PrintProcess, plan: Mapping[str, Any]) -> _Sizes:
    plate, names = plan["plate"], plan["names"]
    # Edges are judged as far behind them as the process says: nothing else may begin there.
    wall = max(process.limit("wall_supported_mm") or 0.0, process.limit("wall_unsupported_mm") or 0.0)
    stroke = max(process.limit(name) or 0.0 for name in ("emboss_width_mm", "clearance_mm"))
    height = max(names["stroke_share"] * stroke / LETTER_STROKE, names["height_mm"])
    deepest = max(names["depth_mm"], process.low_limit("emboss_height_mm") or 0.0)
    engraved = [max(ladder["factors"]) for ladder in plan["ladders"] if ladder["kind"] == "engraved"]
    cut = max([deepest, *(factor * (process.limit("emboss_height_mm") or 0.0) for factor in engraved)])
    return _Sizes(
        max(plate["thickness_mm"], cut + 1.5 * wall),
        max(plate["margin_mm"], process.judgement["edge_walls"] * (process.limit("wall_supported_mm") or 0.0) + 0.5),
        plate["space_mm"],
        max(plate["side_mm"], 1.5 * wall),
        plate["height_mm"],
        plate["length_mm"],
        height,
        deepest,
    )


def _ladder(ladder: Mapping[str, Any], process: PrintProcess, sizes: _Sizes) -> _Row | None:
    """The row of one limit; None where the process has none and the plan knows no other lengths."""
    limit = process.limit(ladder["limit"])
    if limit is None:
        nominal = list(ladder.get("otherwise", ()))
    elif "offsets" in ladder:
        nominal = sorted({min(limit + offset, STEEPEST_DEG) for offset in ladder["offsets"] if limit + offset > 0.0})
    else:
        nominal = [round(factor * limit, 4) for factor in ladder["factors"]]
    if not nominal:
        return None
    kind, letter = ladder["kind"], ladder["letter"]
    # A pin at its own guideline may still be thinner than the walls of the process, and is judged as one.
    bound = max(limit or 0.0, process.limit("wall_supported_mm") or 0.0) if kind == "pin" else limit
    second = process.limit(ladder["second"]) if "second" in ladder else None
    if "second" in ladder and second is None:  # letters of which nobody says how deep
        return None
    features = [
        CouponFeature(
            f"{letter}{number}",
            kind,
            value,
            (0.0,) * 6,
            ladder["limit"],
            limit,
            ladder.get("second", "") if second is not None else "",
            None if second is None or limit is None else round(second * value / limit, 4),
            is_measured=bool(ladder.get("is_measured")),
            is_declared=bound is None or (value > bound if kind in GROWING_HARDER else value < bound),
        )
        for number, value in enumerate(nominal, start=1)
    ]
    return _text_row(features, sizes) if kind in ("engraved", "raised") else _row(features, sizes)


def _row(features: Sequence[CouponFeature], sizes: _Sizes) -> _Row:
    """Features in cells side by side, each with its name in front of it."""
    kind = features[0].kind
    base, top = sizes.thickness, sizes.name_height + 1.0
    side = sizes.side if kind in ("wall-held", "gap") else 0.0
    at, placed, names, carriers = side, [], [], []
    depth = max(_footprint(feature, sizes)[1] for feature in features)
    for feature in features:
        width, length = _footprint(feature, sizes)
        text, _high = text_extent(feature.name, sizes.name_height)
        cell = max(width + sizes.space, text + 0.4 * sizes.name_height, width + 2.0 * side if kind == "gap" else 0.0)
        left = at + (cell - width) / 2.0
        front = top + side * (kind == "wall-held") + (depth - length) / 2.0
        low, high = (0.0, base) if kind == "hole" else (base, base + _height(feature, sizes))
        box = (left, front, low, left + width, front + length, high)
        placed.append(replace(feature, box=box, side=sizes.side))
        names.append(EngravedName(feature.name, at + (cell - text) / 2.0, 0.0, sizes.name_height))
        if kind == "gap":
            carriers += [(at, top, base, left, top + depth, base + sizes.height)]
            carriers += [(left + width, top, base, at + cell, top + depth, base + sizes.height)]
        at += cell
    if kind == "wall-held":
        for front in (top, top + side + depth):
            carriers.append((0.0, front, base, at + side, front + side, base + sizes.height))
        depth += 2.0 * side
    if kind == "gap":  # its ends
        carriers += [(0.0, top, base, side, top + depth, base + sizes.height)]
        carriers += [(at, top, base, at + side, top + depth, base + sizes.height)]
    return _Row(at + side, top + depth, tuple(placed), tuple(names), tuple(carriers))


def _footprint(feature: CouponFeature, sizes: _Sizes) -> tuple[float, float]:
    """Width and length on the plate."""
    size = feature.nominal
    if feature.kind in ("pin", "hole"):
        return size, size
    if feature.kind == "overhang":
        return sizes.side + sizes.height * math.tan(math.radians(size)), sizes.length
    if feature.kind == "bridge":
        return size + 2.0 * sizes.side, sizes.length
    return size, sizes.length


def _height(feature: CouponFeature, sizes: _Sizes) -> float:
    """Above the plate."""
    if feature.kind == "overhang":
        return STEM_MM + sizes.height + sizes.side
    return sizes.height + (sizes.side if feature.kind == "bridge" else 0.0)


def _text_row(features: Sequence[CouponFeature], sizes: _Sizes) -> _Row:
    """Letters that are the test themselves, as wide in their strokes as the feature says, behind their names."""
    at, front, placed, names = 0.0, sizes.name_height + 1.5, [], []
    for feature in features:
        height = feature.nominal / LETTER_STROKE
        width, high = text_extent(feature.name, height)
        text, _high = text_extent(feature.name, sizes.name_height)
        way = -1.0 if feature.kind == "engraved" else 1.0
        ends = sorted((sizes.thickness, sizes.thickness + way * (feature.second_nominal or 0.0)))
        placed.append(replace(feature, box=(at, front, ends[0], at + width, front + high, ends[1])))
        names.append(EngravedName(feature.name, at, 0.0, sizes.name_height))
        at += max(width, text) + 0.5 * sizes.name_height
    return _Row(at, max(feature.box[4] for feature in placed), tuple(placed), tuple(names))


def _blocks(blocks: Mapping[str, Any], sizes: _Sizes) -> list[_Row]:
    """Bars along x and y, towers and a sphere, each a row of its own."""
    base, side, rows = sizes.thickness, float(blocks["width_mm"]), []
    front = sizes.name_height + 1.0
    for axis in "xyz":
        for number, length in enumerate(map(float, blocks[f"{axis}_mm"]), start=1):
            size = {"x": (length, side), "y": (side, length), "z": (side, side)}[axis]
            high = length if axis == "z" else base + side
            name = f"{axis.upper()}{number}"
            box = (0.0, front, 0.0 if axis == "z" else base, size[0], front + size[1], high)
            block = CouponFeature(name, "block", length, box, axis=axis, is_measured=True)
            rows.append(_named(block, size, sizes))
    diameter = float(blocks["sphere_mm"])
    low = base - float(blocks["sunk_share"]) * diameter
    ball = CouponFeature(
        "S",
        "sphere",
        diameter,
        (0.0, front, max(low, 0.0), diameter, front + diameter, low + diameter),
        is_measured=True,
    )
    return [*rows, _named(ball, (diameter, diameter), sizes)]


def _named(feature: CouponFeature, size: tuple[float, float], sizes: _Sizes) -> _Row:
    width, _high = text_extent(feature.name, sizes.name_height)
    whole = max(size[0], width)
    shift = (whole - size[0]) / 2.0
    x0, y0, z0, x1, y1, z1 = feature.box
    name = EngravedName(feature.name, (whole - width) / 2.0, 0.0, sizes.name_height)
    return _Row(
        whole,
        sizes.name_height + 1.0 + size[1],
        (replace(feature, box=(x0 + shift, y0, z0, x1 + shift, y1, z1)),),
        (name,),
    )


def _packed(
    rows: Sequence[_Row], room: Sequence[float], margin: float
) -> tuple[tuple[float, float], list[tuple[float, float]]] | None:
    """Size of the plate and the lower left corner of each row on it; None where they do not fit.

    The deepest row first, each as far to the front and then to the left as what stands there allows (bottom-left rule), on plates of
    40 widths, of which the one with the shortest long side is taken.
    """
    order = sorted(range(len(rows)), key=lambda index: (-rows[index].depth, -rows[index].width))
    found = None
    widest = max(row.width for row in rows) + 2.0 * margin
    for step in range(40):
        width = widest + step * max(room[0] - widest, 0.0) / 39.0
        taken: list[tuple[float, float, float, float]] = []  # left, right, front, back
        shifts: list[tuple[float, float]] = [(0.0, 0.0)] * len(rows)
        for index in order:
            row = rows[index]
            x, y = _corner(row, taken, width, margin)
            taken.append((x, x + row.width + margin, y, y + row.depth + margin))
            shifts[index] = (x, y)
        height = max(box[3] for box in taken)
        if width <= room[0] and height <= room[1] and (found is None or max(width, height) < max(found[0])):
            found = ((width, height), shifts)
    return found


def _corner(
    row: _Row, taken: Sequence[tuple[float, float, float, float]], width: float, margin: float
) -> tuple[float, float]:
    """Where a row goes: the foremost free place, and of these the leftmost."""
    places = []
    for y in sorted({margin, *(box[3] for box in taken)}):
        for x in sorted({margin, *(box[1] for box in taken)}):
            right, back = x + row.width + margin, y + row.depth + margin
            is_free = all(x >= b[1] or right <= b[0] or y >= b[3] or back <= b[2] for b in taken)
            if right <= width + 1e-9 and is_free:
                places.append((y, x))
    y, x = min(places)
    return x, y


def _moved(row: _Row, x: float, y: float) -> _Row:
    def box(old: tuple[float, float, float, float, float, float]) -> tuple[float, float, float, float, float, float]:
        return (old[0] + x, old[1] + y, old[2], old[3] + x, old[4] + y, old[5])

    return replace(
        row,
        features=tuple(replace(feature, box=box(feature.box)) for feature in row.features),
        names=tuple(replace(name, x=name.x + x, y=name.y + y) for name in row.names),
        carriers=tuple(map(box, row.carriers)),
    )
