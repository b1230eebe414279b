"""Slices of the scan in the patient's planes, with the contour of the model drawn where the surface cuts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ..images.image import ReportImage, png_image
from ..images.svg import add_image, add_outlined_text, add_shape, new_svg, scale_bar, to_report_image
from ..mesh.core import Mesh, concatenate, to_polydata
from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..volume import Volume

CONTOUR = "#ffd400"
_SIDE = 420  # pixels of the longer side of a picture


@dataclass(frozen=True)
class AnatomicalPlane:
    """A plane of the patient.

    `across` and `down` are LPS axes of the picture, with the letters at its left, right, top, bottom.
    """

    name: str
    normal: int
    across: tuple[int, int]
    down: tuple[int, int]
    letters: tuple[str, str, str, str]


def anatomical_planes() -> tuple[AnatomicalPlane, ...]:
    """Axial, coronal, sagittal as radiologists look at them: from the feet, from the front, from the left."""
    return (
        AnatomicalPlane(_("axial"), 2, (0, 1), (1, 1), ("R", "L", "A", "P")),
        AnatomicalPlane(_("coronal"), 1, (0, 1), (2, -1), ("R", "L", "S", "I")),
        AnatomicalPlane(_("sagittal"), 0, (1, 1), (2, -1), ("A", "P", "S", "I")),
    )


def render_slice_contours(
    volume: Volume,
    meshes: Sequence[Mesh],
    window: tuple[float, float] | None = None,
    progress: ProgressCallback = no_progress,
) -> tuple[ReportImage, ...]:
    """Nine pictures.

    Each plane at 30, 50 and 70 % of the model, grey values with the model's contour, letters and a scale bar.

    The volume is sampled in LPS mm with its true affine, so tilt and uneven voxels show as they are. `window` is
    (lowest, highest) grey value shown; by default 0.5 to 99.5 % of what lies in the model's box.
    """
    whole = concatenate(list(meshes))
    bounds = np.array(whole.bounds).reshape(3, 2)
    margin = 0.06 * float((bounds[:, 1] - bounds[:, 0]).max()) + 2.0
    polydata = to_polydata(whole)
    result: list[ReportImage] = []
    shown = window
    for index, plane in enumerate(anatomical_planes()):
        for step, share in enumerate((0.3, 0.5, 0.7)):
            progress((3 * index + step) / 9, _("drawing slices"))
            place = float(bounds[plane.normal, 0] + share * (bounds[plane.normal, 1] - bounds[plane.normal, 0]))
            grid, size_mm, pixel = _grid(plane, place, bounds, margin)
            values = _sampled(volume, grid)
            shown = shown or _window(volume, bounds)
            lines = _cut(polydata, plane, place)
            result.append(_picture(plane, place, values, shown, lines, grid, size_mm, pixel, step))
    return tuple(result)


def _grid(
    plane: AnatomicalPlane, place: float, bounds: np.ndarray, margin: float
) -> tuple[np.ndarray, tuple[float, float], float]:
    """(rows, columns, 3) LPS points, the picture's size in mm and the size of a pixel in mm."""
    (across, right), (down, below) = plane.across, plane.down
    width = bounds[across, 1] - bounds[across, 0] + 2 * margin
    height = bounds[down, 1] - bounds[down, 0] + 2 * margin
    pixel = max(width, height) / _SIDE
    columns, rows = max(round(width / pixel), 8), max(round(height / pixel), 8)
    points = np.zeros((rows, columns, 3))
    start_across = bounds[across, 0] - margin if right > 0 else bounds[across, 1] + margin
    start_down = bounds[down, 0] - margin if below > 0 else bounds[down, 1] + margin
    points[..., across] = start_across + right * pixel * (np.arange(columns)[None, :] + 0.5)
    points[..., down] = start_down + below * pixel * (np.arange(rows)[:, None] + 0.5)
    points[..., plane.normal] = place
    return points, (width, height), pixel


def _sampled(volume: Volume, points: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    indices = volume.to_ijk(points.reshape(-1, 3))[:, ::-1].T
    # Only the box that the plane touches is turned into float: a whole volume of 4 GB would not fit twice.
    low = np.clip(np.floor(indices.min(axis=1)).astype(int) - 1, 0, np.array(volume.array.shape) - 1)
    high = np.clip(np.ceil(indices.max(axis=1)).astype(int) + 2, 1, np.array(volume.array.shape))
    box = volume.array[low[0] : high[0], low[1] : high[1], low[2] : high[2]].astype(np.float32)
    fill = float(box.min()) if box.size else 0.0
    values = ndimage.map_coordinates(box, indices - low[:, None], order=1, mode="constant", cval=fill, prefilter=False)
    return values.reshape(points.shape[:2])


def _window(volume: Volume, bounds: np.ndarray) -> tuple[float, float]:
    corners = np.array([[x, y, z] for x in bounds[0] for y in bounds[1] for z in bounds[2]])
    indices = volume.to_ijk(corners)[:, ::-1]
    low = np.clip(np.floor(indices.min(axis=0)).astype(int), 0, np.array(volume.array.shape) - 1)
    high = np.clip(np.ceil(indices.max(axis=0)).astype(int) + 1, low + 1, np.array(volume.array.shape))
    steps = np.maximum((high - low) // 64, 1)
    box = volume.array[low[0] : high[0] : steps[0], low[1] : high[1] : steps[1], low[2] : high[2] : steps[2]]
    darkest, brightest = (float(v) for v in np.percentile(box, (2.0, 99.7)))
    return darkest, max(brightest, darkest + 1.0)


def _cut(polydata: Any, plane: AnatomicalPlane, place: float) -> list[np.ndarray]:
    """Polylines, (n, 3) LPS mm, where the surface meets the plane."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    flat = vtk.vtkPlane()
    flat.SetNormal(*[1.0 if axis == plane.normal else 0.0 for axis in range(3)])
    # A plane through vertices would give doubled lines.
    flat.SetOrigin(*[place + 1e-5 if axis == plane.normal else 0.0 for axis in range(3)])
    cutter = vtk.vtkCutter()
    cutter.SetInputData(polydata)
    cutter.SetCutFunction(flat)
    joined = vtk.vtkStripper()
    joined.SetInputConnection(cutter.GetOutputPort())
    joined.SetMaximumLength(1_000_000)
    joined.Update()
    found = joined.GetOutput()
    if not found.GetNumberOfLines():
        return []
    points = vtk_to_numpy(found.GetPoints().GetData())
    offsets = vtk_to_numpy(found.GetLines().GetOffsetsArray())
    indices = vtk_to_numpy(found.GetLines().GetConnectivityArray())
    return [points[indices[start:end]].astype(np.float64) for start, end in pairwise(offsets)]


def _picture(
    plane: AnatomicalPlane,
    place: float,
    values: np.ndarray,
    window: tuple[float, float],
    lines: list[np.ndarray],
    grid: np.ndarray,
    size_mm: tuple[float, float],
    pixel: float,
    step: int,
) -> ReportImage:
    grey = np.clip((values - window[0]) / (window[1] - window[0]), 0.0, 1.0)
    png = png_image("", "", "", np.rint(255 * grey).astype(np.uint8)).data
    rows, columns = values.shape
    root = new_svg(columns, rows)
    add_image(root, png, 0, 0, columns, rows)
    path = "".join(_path(line, plane, grid, pixel) for line in lines)
    if path:
        add_shape(root, "path", d=path, fill="none", stroke=CONTOUR, stroke_width=1.3, stroke_linejoin="round")
    left, right, top, bottom = plane.letters
    add_outlined_text(root, 6, rows / 2 + 5, left)
    add_outlined_text(root, columns - 6, rows / 2 + 5, right, anchor="end")
    add_outlined_text(root, columns / 2, 16, top, anchor="middle")
    add_outlined_text(root, columns / 2, rows - 7, bottom, anchor="middle")
    scale_bar(root, 10, rows - 12, 1.0 / pixel, 0.25 * columns, "#ffffff")
    axis = "LPS"[plane.normal]
    caption = _(
        "{plane}, {axis} = {place:.1f} mm; the model's contour in yellow",
        plane=plane.name,
        axis=axis,
        place=float(place),
    )
    alt = _(
        "{plane} slice of the scan at {axis} = {place:.1f} mm with the outline of the model, in {count} lines.",
        plane=plane.name.capitalize(),
        axis=axis,
        place=float(place),
        count=len(lines),
    )
    return to_report_image(f"slice-{plane.normal}-{step}", caption, alt, root)


def _path(line: np.ndarray, plane: AnatomicalPlane, grid: np.ndarray, pixel: float) -> str:
    (across, right), (down, below) = plane.across, plane.down
    x = (line[:, across] - grid[0, 0, across]) * right / pixel + 0.5
    y = (line[:, down] - grid[0, 0, down]) * below / pixel + 0.5
    keep = _thinned(x, y)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x[keep], y[keep]))


def _thinned(x: np.ndarray, y: np.ndarray, least: float = 0.4) -> np.ndarray:
    """Indices of points at least `least` pixels along the line from the last kept one; the ends stay."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    bins = np.floor(along / least)
    keep = np.concatenate([[True], bins[1:] != bins[:-1]])
    keep[-1] = True
    return np.flatnonzero(keep)
