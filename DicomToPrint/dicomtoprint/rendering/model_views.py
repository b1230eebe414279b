"""The model from six sides, its maps, and where to put the calipers: all drawn in one go by a child process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..accuracy.types import CaliperMeasurement
from ..images.image import ReportImage
from ..images.svg import Element, add_image, add_shape, add_text, new_svg, scale_bar, to_report_image
from ..mesh.core import Mesh, concatenate
from ..messages import _, join
from ..progress import ProgressCallback, no_progress
from .offscreen import CameraView, ColoredMesh, RenderScene, render_offscreen
from .scalar_maps import ScalarMap, add_legend

_SIZE = 560
_LETTER = 24  # the pictures stand three in a row on A4, so letters must be large
_INK = "#1a1a1a"


@dataclass(frozen=True)
class ModelViews:
    """Pictures of a model; all empty, and `note` a sentence, where this computer cannot draw."""

    views: tuple[ReportImage, ...] = ()
    maps: tuple[ReportImage, ...] = ()
    calipers: ReportImage | None = None
    note: str = ""


@dataclass(frozen=True)
class _Side:
    name: str
    title: str
    direction: tuple[float, float, float]
    up: tuple[float, float, float]
    letters: tuple[str, str, str, str]  # left, right, top, bottom

    @property
    def shot(self) -> CameraView:
        return CameraView(self.name, self.direction, self.up)


def _sides() -> tuple[_Side, ...]:
    up = (0.0, 0.0, 1.0)
    return (
        _Side("anterior", _("from the front"), (0, -1, 0), up, ("R", "L", "S", "I")),
        _Side("posterior", _("from behind"), (0, 1, 0), up, ("L", "R", "S", "I")),
        _Side("left", _("from the left"), (1, 0, 0), up, ("A", "P", "S", "I")),
        _Side("right", _("from the right"), (-1, 0, 0), up, ("P", "A", "S", "I")),
        _Side("superior", _("from above"), (0, 0, 1), (0, -1, 0), ("L", "R", "A", "P")),
        _Side("inferior", _("from below"), (0, 0, -1), (0, -1, 0), ("R", "L", "A", "P")),
    )


def _oblique() -> tuple[_Side, ...]:
    up = (0.0, 0.0, 1.0)
    return (
        _Side("front", _("from the front, left and above"), (0.75, -1.0, 0.45), up, ("", "", "", "")),
        _Side("back", _("from behind, right and below"), (-0.75, 1.0, -0.45), up, ("", "", "", "")),
    )


def render_model_views(
    meshes: Sequence[Mesh],
    maps: Sequence[tuple[Mesh, ScalarMap]] = (),
    calipers: Sequence[CaliperMeasurement] = (),
    progress: ProgressCallback = no_progress,
) -> ModelViews:
    """Six views of the meshes (LPS mm) in their colours, two views of each map with its legend, and the caliper points.

    The six sides have one scale, the slanted views another; each has a bar of a round length. Never raises for want of
    OpenGL: `note` then says so.
    Raises what `progress` raises.
    """
    bounds = np.array(concatenate(list(meshes)).bounds).reshape(3, 2)
    centre = bounds.mean(axis=1)
    straight = _half(bounds, _sides())
    slanted = _half(bounds, _oblique())
    drawn = render_offscreen(_scenes(meshes, maps, straight), _SIZE, centre, slanted, progress=progress)
    if not drawn:
        return ModelViews(
            note=_("The model could not be drawn: this computer has no working OpenGL. The files are not affected.")
        )
    views = tuple(_view(side, drawn[side.name], _SIZE / (2 * straight)) for side in _sides())
    pictures = tuple(
        _map_picture(shown, side, drawn[f"{shown.name}-{side.name}"], _SIZE / (2 * slanted))
        for _mesh, shown in maps
        for side in _oblique()
    )
    points = _caliper_picture(calipers, drawn, centre, _SIZE / (2 * straight)) if calipers else None
    return ModelViews(views, pictures, points)


def _scenes(meshes: Sequence[Mesh], maps: Sequence[tuple[Mesh, ScalarMap]], straight: float) -> list[RenderScene]:
    """The six sides, at `straight`, half their height in mm; then the maps, at the scale of the slanted views."""
    plain = tuple(
        ColoredMesh(mesh.points, mesh.triangles, np.clip(np.rint(255 * np.asarray(mesh.color)), 0, 255))
        for mesh in meshes
    )
    shots = tuple(replace(side.shot, half=straight) for side in _sides())
    scenes = [RenderScene(plain, shots)]
    for mesh, shown in maps:
        colored = ColoredMesh(mesh.points, mesh.triangles, shown.colors)
        scenes.append(
            RenderScene(
                (colored,),
                tuple(CameraView(f"{shown.name}-{side.name}", side.direction, side.up) for side in _oblique()),
            )
        )
    return scenes


def _half(bounds: np.ndarray, sides: Sequence[_Side]) -> float:
    """Half the height in mm of pictures that hold the box from all these sides, with a margin for the letters."""
    corners = np.array([[x, y, z] for x in bounds[0] for y in bounds[1] for z in bounds[2]])
    middle = bounds.mean(axis=1)
    most = max(
        abs(value)
        for side in sides
        for corner in corners
        for value in np.subtract(_projected(corner, side, middle, 1.0), _SIZE / 2)
    )
    return max(1.24 * float(most), 0.5)


def _frame(root: Element, side: _Side, png: bytes, scale: float, y: float = 0.0, x: float = 0.0) -> None:
    add_image(root, png, x, y, _SIZE, _SIZE)
    add_text(root, x + 12, y + 28, side.title, font_weight="bold", font_size=_LETTER, fill=_INK)
    left, right, top, bottom = side.letters
    middle = _SIZE / 2
    for letter, px, py, anchor in (
        (left, 10, middle, "start"),
        (right, _SIZE - 10, middle, "end"),
        (top, middle, 28, "middle"),
        (bottom, middle, _SIZE - 12, "middle"),
    ):
        if letter:
            add_text(root, x + px, y + py, letter, anchor=anchor, font_weight="bold", font_size=_LETTER, fill=_INK)
    scale_bar(root, x + 14, y + _SIZE - 18, scale, 0.3 * _SIZE, font_size=22)


def _view(side: _Side, png: bytes, scale: float) -> ReportImage:
    root = new_svg(_SIZE, _SIZE)
    _frame(root, side, png, scale)
    return to_report_image(
        f"view-{side.name}",
        _("The model {side}").format(side=side.title),
        _("The model seen {side}, with a scale bar and letters for the directions.").format(side=side.title),
        root,
    )


def _map_picture(shown: ScalarMap, side: _Side, png: bytes, scale: float) -> ReportImage:
    root = new_svg(_SIZE, _SIZE + 84)
    _frame(root, side, png, scale)
    add_legend(root, 12, _SIZE + 20, _SIZE - 24, shown)
    caption = _("{title}, {side}", title=shown.title, side=side.title)
    alt = _("The model seen {side}, coloured by: {title}.").format(side=side.title, title=shown.title)
    if shown.classes:
        alt += " " + _("Colours: {names}.").format(names=join(", ", shown.classes))
    return to_report_image(f"map-{shown.name}-{side.name}", caption, alt, root)


def _caliper_picture(
    calipers: Sequence[CaliperMeasurement], drawn: Mapping[str, bytes], centre: np.ndarray, scale: float
) -> ReportImage:
    """Three views side by side; each distance stands on the view that shows it longest."""
    sides = [side for side in _sides() if side.name in ("anterior", "left", "superior")]
    root = new_svg(_SIZE * len(sides), _SIZE)
    seats: dict[str, list[CaliperMeasurement]] = {side.name: [] for side in sides}
    for caliper in calipers:
        best = max(
            sides,
            key=lambda side: float(
                np.hypot(
                    *np.subtract(
                        _projected(np.array(caliper.end), side, centre, scale),
                        _projected(np.array(caliper.start), side, centre, scale),
                    )
                )
            ),
        )
        seats[best.name].append(caliper)
    for index, side in enumerate(sides):
        _frame(root, side, drawn[side.name], scale, x=index * _SIZE)
        for caliper in seats[side.name]:
            ends = [_projected(np.array(point), side, centre, scale) for point in (caliper.start, caliper.end)]
            (x0, y0), (x1, y1) = [(index * _SIZE + x, y) for x, y in ends]
            add_shape(root, "line", x1=x0, y1=y0, x2=x1, y2=y1, stroke="#ffffff", stroke_width=4, stroke_opacity=0.8)
            add_shape(
                root, "line", x1=x0, y1=y0, x2=x1, y2=y1, stroke="#0b3d91", stroke_width=1.6, stroke_dasharray="7 4"
            )
            for x, y in ((x0, y0), (x1, y1)):
                add_shape(root, "circle", cx=x, cy=y, r=15, fill="#ffffff", stroke="#0b3d91", stroke_width=2)
                add_text(
                    root,
                    x,
                    y + 7,
                    str(caliper.number),
                    anchor="middle",
                    font_weight="bold",
                    font_size=20,
                    fill="#0b3d91",
                )
    alt = _("Three views of the model with the end points of the distances to measure, numbered as in the table.")
    return to_report_image("calipers", _("Where to measure; points may lie behind the part in a view"), alt, root)


def _projected(point: np.ndarray, side: _Side, centre: np.ndarray, scale: float) -> tuple[float, float]:
    direction = np.array(side.direction, dtype=float)
    direction /= np.linalg.norm(direction)
    up = np.array(side.up, dtype=float)
    right = np.cross(up, direction)
    right /= np.linalg.norm(right)
    up = np.cross(direction, right)
    offset = point - centre
    return _SIZE / 2 + scale * float(offset @ right), _SIZE / 2 - scale * float(offset @ up)
