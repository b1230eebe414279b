"""A page in which a model turns and can be cut: one HTML file that loads nothing, by the viewer of k3d."""

import html
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MissingDependencyError
from ..images.svg import format_number
from ..mesh.core import Mesh
from ..messages import _, translate
from .scalar_maps import ScalarMap

_UNKNOWN = 0x787878


def render_turning_page(maps: Sequence[tuple[Mesh, ScalarMap]], title: str) -> str:
    """The page: a map a time on its mesh (LPS mm), the first one shown, each to be chosen in the viewer's panel under Objects.

    Under Controls, Clipping planes the panel adds planes that cut the model. Raises `MissingDependencyError` without k3d.
    """
    k3d = require_viewer()
    plot = k3d.plot(grid_visible=False, background_color=0xFFFFFF, name=title, camera_fov=30.0)
    for number, (mesh, shown) in enumerate(maps):
        for drawn in _drawn(k3d, mesh, shown):
            drawn.visible = number == 0
            plot += drawn
    # A plane that cuts nothing yet, beyond the model's left side: its controls stand ready in the panel.
    corners = np.array([mesh.bounds for mesh, _shown in maps]).reshape(-1, 3, 2)
    low, high = corners[:, :, 0].min(axis=0), corners[:, :, 1].max(axis=0)
    plot.clipping_planes = [[1.0, 0.0, 0.0, 1.0 - float(low[0])]]
    far, middle = 1.6 * float(np.linalg.norm(high - low)), (low + high) / 2.0
    # From the front and a little from above, with the head up.
    eye = middle + far * np.array([0.25, -1.0, 0.35])
    plot.camera_auto_fit = False
    plot.camera = [*map(float, eye), *map(float, middle), 0.0, 0.0, 1.0]
    plot.snapshot_type = "full"
    page: str = plot.get_snapshot(9)
    return re.sub(r"<title>.*?</title>", lambda _found: f"<title>{html.escape(title)}</title>", page, count=1)


def require_viewer() -> Any:
    """The viewer's package. Raises `MissingDependencyError` with the way out."""
    try:
        import k3d
    except ImportError:
        raise MissingDependencyError(
            _(
                "The page that turns needs k3d, which this Python lacks: install it with 'python -m pip "
                "install k3d', or leave {--viewer} out."
            )
        ) from None
    return k3d


def _drawn(k3d: Any, mesh: Mesh, shown: ScalarMap) -> "list[Any]":
    """The objects of one map: with a ramp by its values, else in its named colours."""
    points = mesh.points.astype(np.float32)
    title = translate(shown.title)
    options = {"side": "double", "flat_shading": False, "name": title, "group": title}
    legend = k3d.text2d(_legend(shown), (0.02, 0.03), is_html=True, color=0, label_box=False, group=title)
    legend.name = translate(_("legend"))
    if not shown.on_points:
        # Colours belong to points: each triangle gets three of its own.
        own = points[mesh.triangles.ravel()]
        rows = np.arange(len(own), dtype=np.uint32).reshape(-1, 3)
        options["flat_shading"] = True
        return [k3d.mesh(own, rows, colors=np.repeat(_packed(shown.colors), 3), color=0xFFFFFF, **options), legend]
    colors = _packed(shown.colors)
    known = (colors[mesh.triangles] != _UNKNOWN).all(axis=1)
    objects = [k3d.mesh(points, mesh.triangles[known].astype(np.uint32), colors=colors, color=0xFFFFFF, **options)]
    if not known.all():
        options["name"] = translate(_("not known"))
        objects.append(k3d.mesh(points, mesh.triangles[~known].astype(np.uint32), color=_UNKNOWN, **options))
    return [*objects, legend]


def _legend(shown: ScalarMap) -> str:
    """Title and colours of a map as HTML."""
    rows = [f"<b>{html.escape(translate(shown.title))}</b>"]
    if shown.ramp:
        middle = format_number(0.5 * (shown.low + shown.high))
        bar = f"background:linear-gradient(90deg,{','.join(map(_hex, shown.ramp))});width:240px;height:14px"
        figures = "".join(
            f"<span>{text}</span>" for text in (format_number(shown.low), middle, format_number(shown.high))
        )
        rows.append(f'<div style="{bar}"></div><div style="display:flex;justify-content:space-between">{figures}</div>')
    rows += [
        f'<div><span style="background:{_hex(color)}">&emsp;</span> {html.escape(translate(name))}</div>'
        for name, color in shown.classes.items()
    ]
    return f'<div style="font:14px sans-serif;color:#1a1a1a;width:240px">{"".join(rows)}</div>'


def _packed(colors: np.ndarray) -> np.ndarray:
    red, green, blue = np.asarray(colors, np.uint32).T
    packed: np.ndarray = (red << 16) | (green << 8) | blue
    return packed.astype(np.uint32)


def _hex(color: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)
