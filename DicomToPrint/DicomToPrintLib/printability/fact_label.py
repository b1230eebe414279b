"""The text on the model: does it read the right way round?"""

import numpy as np

from ..findings import Fact
from ..mesh import Mesh
from .reference import LabelPlace

_ROWS = 48


def label_fact(mesh: Mesh, labels: tuple[LabelPlace, ...]) -> Fact:
    """The worst of the labels: ``legible``, ``mirrored``, ``upside down``, ``missing`` or ``unclear``."""
    order = ("legible", "unclear", "missing", "upside down", "mirrored")
    judged = [(judge_label(mesh, label), label) for label in labels]
    value, label = max(judged, key=lambda item: order.index(item[0]))
    return Fact(
        "label",
        value,
        where="({:.1f}, {:.1f}, {:.1f}) mm".format(*label.origin),
        places=(label.origin,),
        parameters={"text": label.text},
    )


def judge_label(mesh: Mesh, label: LabelPlace) -> str:
    """Compare the relief at the label's place with the text drawn plain, mirrored and upside down.

    The relief is the height of the outermost surface over the label's rectangle; the drawing comes from vtkVectorText, scaled to the same
    rectangle. The drawing that correlates best decides, if it does so clearly.
    """
    relief = _relief(mesh, label)
    if label.uneven > 0:
        relief = _levelled(relief)
    drawn = _drawn(label.text, relief.shape)
    if relief.std() < 0.02 * max(abs(label.depth), 0.05) or drawn.std() == 0:
        return "missing"
    if label.depth < 0:
        relief = -relief
    variants = {"legible": drawn, "mirrored": drawn[:, ::-1], "upside down": drawn[::-1, ::-1]}
    scores = {name: float(np.corrcoef(relief.ravel(), picture.ravel())[0, 1]) for name, picture in variants.items()}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] < 0.3:
        return "unclear"
    same = np.corrcoef(variants[best].ravel(), drawn.ravel())[0, 1]
    return "legible" if same > 0.95 else best  # a text such as OHO reads the same both ways


def _relief(mesh: Mesh, label: LabelPlace) -> np.ndarray:
    """(rows, columns) height of the outermost surface along `outward`, row 0 at the top, by an orthographic depth of samples."""
    right, up, outward = (
        np.array(axis, dtype=np.float64) / np.linalg.norm(axis) for axis in (label.right, label.up, label.outward)
    )
    local = (mesh.points.astype(np.float64) - np.array(label.origin)) @ np.stack([right, up, outward], axis=1)
    reach = np.array([label.width, label.height]) / 2.0
    corners = local[mesh.triangles]
    deep = 3.0 * abs(label.depth) + 0.5 + label.uneven
    near = (
        np.all(corners.min(axis=1)[:, :2] <= reach, axis=1)
        & np.all(corners.max(axis=1)[:, :2] >= -reach, axis=1)
        & (corners[:, :, 2].max(axis=1) > -deep)
        & (corners[:, :, 2].min(axis=1) < deep)
    )
    corners = corners[near]
    columns = max(int(_ROWS * label.width / label.height), 8)
    height = np.full((_ROWS, columns), -deep)
    if len(corners) == 0:
        return height
    cell = label.height / _ROWS
    size = np.ptp(corners[:, :, :2], axis=1).max(axis=1)
    for step in range(int(np.ceil(np.log2(max(size.max() / cell, 1.0)))) + 2):
        count = 2**step
        chosen = corners[(size <= cell * count * 1.001) & (size > cell * count / 2.0 * (step > 0))]
        a, b = np.meshgrid(np.arange(2 * count + 1), np.arange(2 * count + 1))
        inside = a + b <= 2 * count
        u, v = (a[inside] / (2.0 * count))[:, None], (b[inside] / (2.0 * count))[:, None]
        for block in np.array_split(chosen, max(len(chosen) * len(u) // 2_000_000, 1)):
            points = (block[:, None, 0] * (1 - u - v) + block[:, None, 1] * u + block[:, None, 2] * v).reshape(-1, 3)
            column = np.floor((points[:, 0] / label.width + 0.5) * columns).astype(int)
            row = np.floor((0.5 - points[:, 1] / label.height) * _ROWS).astype(int)
            ok = (column >= 0) & (column < columns) & (row >= 0) & (row < _ROWS) & (np.abs(points[:, 2]) < deep)
            np.maximum.at(height, (row[ok], column[ok]), points[ok, 2])
    return height


def _levelled(relief: np.ndarray) -> np.ndarray:
    """The relief less the curvature of the place: the third-order surface that fits it best."""
    v, u = (axis.ravel() for axis in np.meshgrid(*(np.linspace(-1.0, 1.0, size) for size in relief.shape), indexing="ij"))
    terms = np.stack([u**a * v**b for a in range(4) for b in range(4 - a)], axis=1)
    fitted, *_ = np.linalg.lstsq(terms, relief.ravel(), rcond=None)
    return relief - (terms @ fitted).reshape(relief.shape)


def _drawn(text: str, shape: tuple[int, ...]) -> np.ndarray:
    """(rows, columns) 1 where the text is, drawn to fill the rectangle."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    source = vtk.vtkVectorText()
    source.SetText(text)
    triangles = vtk.vtkTriangleFilter()
    triangles.SetInputConnection(source.GetOutputPort())
    triangles.Update()
    polydata = triangles.GetOutput()
    picture = np.zeros(shape)
    if polydata.GetNumberOfCells() == 0:
        return picture
    points = vtk_to_numpy(polydata.GetPoints().GetData())[:, :2].astype(np.float64)
    cells = vtk_to_numpy(polydata.GetPolys().GetConnectivityArray()).reshape(-1, 3)
    low, size = points.min(axis=0), np.ptp(points, axis=0)
    corners = ((points - low) / size)[cells] * (np.array([shape[1], shape[0]]))
    centre = np.stack(np.meshgrid(np.arange(shape[1]) + 0.5, shape[0] - np.arange(shape[0]) - 0.5), axis=-1)
    for a, b, c in corners:
        sides = [
            (q[0] - p[0]) * (centre[..., 1] - p[1]) - (q[1] - p[1]) * (centre[..., 0] - p[0])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        picture[np.all([side >= 0 for side in sides], axis=0) | np.all([side <= 0 for side in sides], axis=0)] = 1.0
    return picture
