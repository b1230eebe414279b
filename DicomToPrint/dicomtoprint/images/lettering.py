"""Letters as outlines: what a text on a model is cut from, and what its print is compared with."""

import unicodedata
from pathlib import Path
from typing import Any

import numpy as np

FONT = Path(__file__).resolve().parent.parent / "data" / "fonts" / "DejaVuSans-subset.ttf"
STROKE = 0.1  # of the height of capitals: what its thin strokes are wide, joints of strokes aside
SIZE = 200  # pixels that a letter is drawn at: outlines come in 64ths of them
RESOLUTION = 72  # dots per inch, at which a point is a pixel
VTK_FONT_FILE = 4  # vtkTextProperty: the font is that of a file
CURVE_STEPS = 6  # straight pieces of a curve of an outline


def normalize_text(text: str) -> str:
    """The text with letters and accents as one character each (Unicode NFC), as the font has them."""
    return unicodedata.normalize("NFC", text)


def undrawable_characters(text: str) -> tuple[str, ...]:
    """Characters of a text that the font has no outline for, each once, in their order; blanks need none."""
    seen = dict.fromkeys(letter for letter in normalize_text(text) if letter != " ")
    return tuple(letter for letter in seen if not letter.isprintable() or _path(letter).GetNumberOfPoints() == 0)


def outline_loops(text: str, height: float) -> list[np.ndarray]:
    """Closed loops (n, 2) of a text with capitals `height` high, x along the line, y up, from the baseline.

    What they wind around is filled.
    """
    capital = np.concatenate(_loops("H"))
    scale = height / np.ptp(capital[:, 1])
    return [scale * loop for loop in _loops(normalize_text(text))]


def rasterize_text(text: str, shape: tuple[int, int]) -> np.ndarray:
    """(rows, columns) 1.0 where the text is, drawn to fill the rectangle, row 0 at the top; 0.0 elsewhere."""
    loops = outline_loops(text, 1.0)
    winding = np.zeros(shape, dtype=np.int64)
    if not loops:
        return winding.astype(float)
    points = np.concatenate(loops)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0), 1e-9)
    rows, columns = shape
    x = (np.arange(columns) + 0.5) / columns
    y = 1.0 - (np.arange(rows) + 0.5) / rows
    for loop in loops:
        winding += _winding((loop - low) / size, x, y)
    return (winding != 0).astype(float)


def _winding(loop: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """(rows, columns) int: how often one closed loop (n, 2) winds around each point of the grid."""
    winding = np.zeros((len(y), len(x)), dtype=np.int64)
    for (x0, y0), (x1, y1) in zip(loop, np.roll(loop, -1, axis=0)):
        rows = np.flatnonzero((y0 > y) != (y1 > y))
        if len(rows):
            cross = x0 + (y[rows] - y0) * (x1 - x0) / (y1 - y0)
            winding[rows] += np.where(y1 > y0, 1, -1) * (x[None, :] < cross[:, None])
    return winding


def _path(text: str) -> Any:
    """The outline of a text as a vtkPath."""
    from vtkmodules.vtkCommonDataModel import vtkPath
    from vtkmodules.vtkRenderingCore import vtkTextProperty
    from vtkmodules.vtkRenderingFreeType import vtkFreeTypeTools

    style = vtkTextProperty()
    style.SetFontFamily(VTK_FONT_FILE)
    style.SetFontFile(str(FONT))
    style.SetFontSize(SIZE)
    path = vtkPath()
    vtkFreeTypeTools.GetInstance().StringToPath(style, text, RESOLUTION, path)
    return path


def _loops(text: str) -> list[np.ndarray]:
    """Loops (n, 2) in pixels, curves as straight pieces."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    path = _path(text)
    if path.GetNumberOfPoints() == 0:
        return []
    points = vtk_to_numpy(path.GetPoints().GetData())[:, :2].astype(np.float64)
    codes = vtk_to_numpy(path.GetCodes())
    starts = np.flatnonzero(codes == path.MOVE_TO)
    loops = [
        _flattened(points[first:last], codes[first:last], path)
        for first, last in zip(starts, [*starts[1:], len(codes)])
    ]
    return [loop for loop in loops if len(loop) > 2]


def _flattened(points: np.ndarray, codes: np.ndarray, path: Any) -> np.ndarray:
    """One loop with its conic and cubic pieces (two and three points each) drawn as short lines, without its repeated end."""
    drawn = [points[0]]
    at = 1
    while at < len(points):
        degree = {path.LINE_TO: 1, path.CONIC_CURVE: 2, path.CUBIC_CURVE: 3}[int(codes[at])]
        control = [drawn[-1], *points[at : at + degree]]
        drawn += _curve(control)
        at += degree
    loop = np.array(drawn)
    kept = np.linalg.norm(loop - np.roll(loop, 1, axis=0), axis=1) > 1e-6
    return loop[kept]


def _curve(control: list[np.ndarray]) -> list[np.ndarray]:
    """Points after the first on a Bezier curve, by de Casteljau's algorithm; a line gives its end alone."""
    if len(control) == 2:
        return [control[1]]
    made = []
    for share in np.linspace(0.0, 1.0, CURVE_STEPS + 1)[1:]:
        level = control
        while len(level) > 1:
            level = [(1.0 - share) * a + share * b for a, b in zip(level, level[1:])]
        made.append(level[0])
    return made
