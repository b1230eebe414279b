"""The text on the model: does it read the right way round?"""

from dataclasses import dataclass

import numpy as np

from ...images.lettering import rasterize_text
from ...mesh.core import Mesh
from ...mesh.ray_casting import RayCaster
from ...messages import _
from ...rules import Fact
from ..scan_reference import LabelFrame

_ROWS = 48
_BESIDE_MM = 0.1  # around a text, where triangles still are its own
_FINE_MM, _FINE_ROWS = 0.05, 160  # size of a cell, and most rows, where strokes are measured
_KEPT_SHARE, _WIDTH_HALVINGS = 0.8, 12


def label_facts(mesh: Mesh, labels: tuple[LabelFrame, ...]) -> dict[str, Fact]:
    """How the texts read, the worst of them, and of those that can be read the narrowest strokes and the least height or depth."""
    facts = {"label": _legible(mesh, labels)}
    reliefs = [(found, label) for label in labels if (found := measure_relief(mesh, label)) is not None]
    if reliefs:
        for name in ("emboss_width_mm", "emboss_height_mm"):
            found, label = min(reliefs, key=lambda item: getattr(item[0], name))
            way = _("high") if label.depth > 0 else _("deep")
            facts[name] = _placed(name, round(getattr(found, name), 3), label, way=way)
    return facts


def label_triangles(mesh: Mesh, labels: tuple[LabelFrame, ...]) -> np.ndarray:
    """(m,) bool: triangles of letters and of what lies between them, which have findings of their own; the wall behind is none of them."""
    found = np.zeros(len(mesh.triangles), dtype=bool)
    centres = mesh.points.astype(np.float64)[mesh.triangles].mean(axis=1)
    normals = mesh.triangle_normals()
    lengths = np.maximum(np.linalg.norm(normals, axis=1), 1e-30)
    for label in labels:
        axes = np.array([label.right, label.up, label.outward], dtype=np.float64)
        local = (centres - np.array(label.origin)) @ axes.T
        reach = np.array([label.width, label.height]) / 2.0 + _BESIDE_MM
        beside = (np.abs(local[:, :2]) <= reach).all(axis=1)
        beside &= np.abs(local[:, 2]) <= abs(label.depth) + label.uneven + _BESIDE_MM
        found |= beside & (normals @ axes[2] > -0.1 * lengths)
    return found


def _placed(name: str, value: object, label: LabelFrame, **more: object) -> Fact:
    return Fact(
        name,
        value,
        where="({:.1f}, {:.1f}, {:.1f}) mm".format(*label.origin),
        places=(label.origin,),
        parameters={"text": label.text, **more},
        area_mm2=round(label.width * label.height, 2),
    )


def _legible(mesh: Mesh, labels: tuple[LabelFrame, ...]) -> Fact:
    """The worst of the labels: ``legible``, ``mirrored``, ``upside down``, ``missing`` or ``unclear``."""
    order = (_("legible"), _("unclear"), _("missing"), _("upside down"), _("mirrored"))
    judged = [(classify_label(mesh, label), label) for label in labels]
    value, label = max(judged, key=lambda item: order.index(item[0]))
    return _placed("label", value, label)


@dataclass(frozen=True)
class ReliefSize:
    """Text as it stands on the model, in mm: the width that nearly all of its strokes have, and its height or depth."""

    emboss_width_mm: float
    emboss_height_mm: float


def measure_relief(mesh: Mesh, label: LabelFrame) -> ReliefSize | None:
    """Strokes and height of a text from the relief at its place; None where nothing stands out there.

    The height is the median difference between strokes and the nearest surface beside them.
    """
    from scipy import ndimage

    rows = int(np.clip(label.height / _FINE_MM, _ROWS, _FINE_ROWS))
    relief = _relief(mesh, label, rows) * (1.0 if label.depth > 0 else -1.0)
    solid = np.abs(relief) < _depth_looked_at(label)  # beyond the model's edge nothing is met
    level = _levelled(relief) if label.uneven > 0 else relief
    if not solid.any():
        return None
    low, high = np.percentile(level[solid], (5.0, 95.0))
    strokes = solid & (level > (low + high) / 2.0)
    beside = solid & ~strokes
    if high - low < 0.02 or not strokes.any() or not beside.any():
        return None
    nearest = ndimage.distance_transform_edt(~beside, return_distances=False, return_indices=True)
    height = float(np.median((relief - relief[tuple(nearest)])[strokes]))
    width = stroke_width(strokes)
    return ReliefSize(float(width * label.height / rows), height)


def stroke_width(strokes: np.ndarray) -> float:
    """Diameter in cells of the largest disc by which the strokes may be opened and keep four fifths of their area; ends, corners and
    joints of strokes are the rest.

    References
    ----------
    Granulometry by openings: Soille, Morphological Image Analysis, 2004, 10.1.
    """
    from scipy import ndimage

    inside = ndimage.distance_transform_edt(np.pad(strokes, 1))
    area, low, high = strokes.sum(), 0.5, float(inside.max())
    for _unused in range(_WIDTH_HALVINGS):
        radius = (low + high) / 2.0
        opened = ndimage.distance_transform_edt(inside < radius) < radius
        low, high = (radius, high) if opened.sum() >= _KEPT_SHARE * area else (low, radius)
    # From the middle of a cell to the middle of the first cell beyond the edge, at a line that lies on a cell or between two.
    return 2.0 * low - 0.5


def classify_label(mesh: Mesh, label: LabelFrame) -> str:
    """Compare the relief at the label's place with the text drawn plain, mirrored and upside down.

    The relief is the height of the outermost surface over the label's rectangle; the drawing has the outlines that the text was cut
    from, scaled to the same rectangle. The drawing that correlates best decides, if it does so clearly.
    """
    relief = _relief(mesh, label, _ROWS)
    if label.uneven > 0:
        relief = _levelled(relief)
    drawn = rasterize_text(label.text, relief.shape)
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


def _depth_looked_at(label: LabelFrame) -> float:
    return 3.0 * abs(label.depth) + 0.5 + label.uneven


def _relief(mesh: Mesh, label: LabelFrame, rows: int) -> np.ndarray:
    """(rows, columns) height of the outermost surface along `outward`, row 0 at the top, looked down at straight on; where there is
    no surface, as deep as is looked."""
    axes = np.array([label.right, label.up, label.outward], dtype=np.float64)
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    local = (mesh.points.astype(np.float64) - np.array(label.origin)) @ axes.T
    reach = np.array([label.width, label.height]) / 2.0
    corners = local[mesh.triangles]
    deep = _depth_looked_at(label)
    low, high = corners.min(axis=1), corners.max(axis=1)
    near = np.all((low[:, :2] <= reach) & (high[:, :2] >= -reach), axis=1) & (high[:, 2] > -deep) & (low[:, 2] < deep)
    columns = max(int(rows * label.width / label.height), 8)
    height = np.full(rows * columns, -deep)
    if near.any():
        across = ((np.arange(columns) + 0.5) / columns - 0.5) * label.width
        upwards = (0.5 - (np.arange(rows) + 0.5) / rows) * label.height
        above = np.stack([*np.broadcast_arrays(across[None, :], upwards[:, None], deep)], axis=-1).reshape(-1, 3)
        downwards = np.broadcast_to(np.array([0.0, 0.0, -1.0]), above.shape)
        rays = RayCaster(Mesh(local, mesh.triangles[near]), deep)
        # Triangles that face the wrong way are a finding of their own.
        met = np.minimum(*(rays.first_hit(above, downwards, leaving, 2.0 * deep).distance for leaving in (False, True)))
        height = np.where(np.isfinite(met), deep - met, -deep)
    return height.reshape(rows, columns)


def _levelled(relief: np.ndarray) -> np.ndarray:
    """The relief less the curvature of the place: the third-order surface that fits it best."""
    v, u = (
        axis.ravel() for axis in np.meshgrid(*(np.linspace(-1.0, 1.0, size) for size in relief.shape), indexing="ij")
    )
    terms = np.stack([u**a * v**b for a in range(4) for b in range(4 - a)], axis=1)
    fitted, *_unused = np.linalg.lstsq(terms, relief.ravel(), rcond=None)
    return relief - (terms @ fitted).reshape(relief.shape)
