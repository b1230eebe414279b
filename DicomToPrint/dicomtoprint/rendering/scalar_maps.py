"""Values on the surface as colours that colour-blind eyes can tell apart, with their legends."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ..images.svg import Element, add_shape, add_text
from ..mesh.core import Mesh, Provenance
from ..messages import _, translate

# Sequential: viridis (van der Walt, Smith; CC0), anchors at even steps; rising: a light ground that darkens;
# diverging: blue - white - orange.
_VIRIDIS = (
    (68, 1, 84),
    (72, 40, 120),
    (62, 73, 137),
    (49, 104, 142),
    (38, 130, 142),
    (31, 158, 137),
    (53, 183, 121),
    (109, 205, 89),
    (180, 222, 44),
    (253, 231, 37),
)
_RISING = ((244, 242, 236), (250, 214, 120), (245, 150, 60), (214, 60, 40), (110, 0, 60))
_DIVERGING = (
    (0, 70, 140),
    (70, 140, 200),
    (170, 205, 232),
    (243, 243, 243),
    (247, 205, 140),
    (226, 140, 30),
    (160, 80, 0),
)
_ORIGINS = {
    Provenance.MEASURED: (214, 211, 202),
    Provenance.BRIDGED: (230, 159, 0),
    Provenance.CUT: (0, 114, 178),
    Provenance.ADDED: (150, 60, 140),
    Provenance.MODELLED: (0, 158, 115),
}
_BELOW = (213, 60, 0)
_UNKNOWN = (120, 120, 120)


@dataclass(frozen=True)
class ScalarMap:
    """Colours of a map on a mesh: `colors` uint8 RGB, one row a point (`on_points`) or a triangle.

    `ramp` holds the colours of the legend from `low` to `high` (in `unit`), or `classes` its named colours.
    """

    name: str
    title: str
    colors: np.ndarray
    on_points: bool
    low: float = 0.0
    high: float = 1.0
    unit: str = "mm"
    ramp: tuple[tuple[int, int, int], ...] = ()
    classes: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)


def deviation_map(mesh: Mesh, name: str = "Deviation", most_mm: float | None = None) -> ScalarMap:
    """Distance of the surface from the boundary in the scan, in mm: signed (outside positive) or its size.

    The scale ends at `most_mm`, or at the 99th percentile rounded up. Raises KeyError without the point array.
    """
    values = np.asarray(mesh.point_arrays[name], dtype=np.float64)
    sizes = np.abs(values[np.isfinite(values)])
    most = most_mm or max(_round_up(float(np.percentile(sizes, 99)) if sizes.size else 1.0), 0.1)
    if np.nanmin(values, initial=0.0) < 0:
        return ScalarMap(
            "deviation",
            _("Distance from the scan's boundary (mm, + outside)"),
            _ramp(values, -most, most, _DIVERGING),
            True,
            -most,
            most,
            "mm",
            _DIVERGING,
        )
    return ScalarMap(
        "deviation",
        _("Distance from the boundary in the scan (mm)"),
        _ramp(values, 0.0, most, _RISING),
        True,
        0.0,
        most,
        "mm",
        _RISING,
    )


def lost_map(mesh: Mesh, name: str = "Deviation") -> ScalarMap:
    """Distance in mm of a given surface from what was made of it. Raises KeyError without the point array."""
    shown = deviation_map(mesh, name)
    return replace(shown, name="lost", title=_("Distance of the given surface from the result (mm)"))


def print_map(mesh: Mesh, name: str = "Deviation", most_mm: float | None = None) -> ScalarMap:
    """Signed distance in mm of a printed part from its model, up to `most_mm`. Raises KeyError without the point array."""
    shown = deviation_map(mesh, name, most_mm)
    return replace(shown, name="print", title=_("Distance of the print from the model (mm, + outside)"))


def wall_map(mesh: Mesh, limit_mm: float | None = None, name: str = "Wall") -> ScalarMap:
    """Wall thickness in mm; what is below `limit_mm`, the process's guideline, has one strong colour.

    Raises KeyError without the point array.
    """
    values = np.asarray(mesh.point_arrays[name], dtype=np.float64)
    finite = values[np.isfinite(values)]
    high = max(_round_up(4.0 * limit_mm) if limit_mm else 0.0, 1.0)
    if not limit_mm:
        high = _round_up(float(np.percentile(finite, 75)) if finite.size else 5.0)
    colors = _ramp(values, limit_mm or 0.0, high, _VIRIDIS)
    classes: dict[str, tuple[int, int, int]] = {}
    if limit_mm:
        colors[np.nan_to_num(values, nan=np.inf) < limit_mm] = _BELOW
        classes[_("below {limit:g} mm", limit=round(limit_mm, 2))] = _BELOW
    return ScalarMap("wall", _("Wall thickness (mm)"), colors, True, limit_mm or 0.0, high, "mm", _VIRIDIS, classes)


def provenance_map(mesh: Mesh, name: str = "Provenance") -> ScalarMap:
    """Origin of each triangle: measured, bridged, cut, added, modelled. Raises KeyError without the triangle array."""
    values = np.asarray(mesh.triangle_arrays[name]).astype(int)
    table = np.array([_ORIGINS[origin] for origin in Provenance] + [_UNKNOWN], dtype=np.uint8)
    colors = table[np.where((values >= 0) & (values < len(Provenance)), values, len(Provenance))]
    words = {
        Provenance.MEASURED: _("measured"),
        Provenance.BRIDGED: _("bridged"),
        Provenance.CUT: _("cut"),
        Provenance.ADDED: _("added"),
        Provenance.MODELLED: _("modelled"),
    }
    present = set(np.unique(values).tolist())
    classes = {words[origin]: _ORIGINS[origin] for origin in Provenance if int(origin) in present}
    return ScalarMap("provenance", _("Origin of the surface"), colors, False, classes=classes)


def add_legend(parent: Element, x: float, y: float, width: float, shown: ScalarMap) -> None:
    """The legend of a map: a ramp with figures, or named colours, under its title."""
    add_text(parent, x, y, shown.title, font_weight="bold", font_size=18)
    place = x
    if shown.ramp:
        length = width * (0.56 if shown.classes else 0.9)
        _add_ramp(parent, x + width - length if shown.classes else x, y + 12, length, shown)
    for words, color in shown.classes.items():
        add_shape(parent, "rect", x=place, y=y + 13, width=18, height=18, fill=_hex(color), stroke="#444444")
        add_text(parent, place + 25, y + 28, words, font_size=18)
        place += 46 + 10.5 * len(translate(words))


def _add_ramp(parent: Element, x: float, y: float, length: float, shown: ScalarMap) -> None:
    gradient = add_shape(parent, "linearGradient", id=f"ramp-{shown.name}")
    for index, color in enumerate(shown.ramp):
        add_shape(gradient, "stop", offset=index / (len(shown.ramp) - 1), stop_color=_hex(color))
    add_shape(parent, "rect", x=x, y=y, width=length, height=18, fill=f"url(#ramp-{shown.name})", stroke="#444444")
    for share in (0.0, 0.5, 1.0):
        value = shown.low + share * (shown.high - shown.low)
        anchor = {0.0: "start", 0.5: "middle", 1.0: "end"}[share]
        sign = "+" if shown.low < 0 < value else ""
        more = "≥ " if share == 1.0 and shown.low >= 0 else ""
        words = _("{more}{sign}{value:g}", more=more, sign=sign, value=round(value, 2))
        add_text(parent, x + share * length, y + 38, words, anchor=anchor, font_size=18)


def _ramp(values: np.ndarray, low: float, high: float, anchors: tuple[tuple[int, int, int], ...]) -> np.ndarray:
    table = np.array(anchors, dtype=np.float64)
    place = np.clip((np.nan_to_num(values, nan=low, posinf=high, neginf=low) - low) / max(high - low, 1e-9), 0, 1) * (
        len(table) - 1
    )
    below = np.minimum(place.astype(int), len(table) - 2)
    weight = (place - below)[:, None]
    colors = np.rint(table[below] * (1 - weight) + table[below + 1] * weight).astype(np.uint8)
    colors[~np.isfinite(values) & ~np.isposinf(values)] = _UNKNOWN
    return colors


def _round_up(value: float) -> float:
    choices = [base * 10.0**power for power in range(-3, 5) for base in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)]
    return min((choice for choice in choices if choice >= value), default=value)


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
