"""Text on the model: engraved or raised, on flat and curved places, readable from outside, never mirrored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import RefusedError, UsageError
from ..mesh.core import Mesh, Provenance
from ..mesh.grid import grid_around
from ..mesh.narrow_band_distance import inner_offset_field
from ..mesh.voxelize import voxelize
from .csg import from_manifold, import_manifold3d, to_manifold
from .cut import plane_basis
from .voxel_grid import isosurface_mesh

CANDIDATES = 250
CELL_MM = 2.0
FLAT = 3.0  # depths: up to this unevenness the text has a plane floor
STROKE = 0.12  # of the letters' height: what its thinnest strokes are wide
LOWER = 0.8  # from one height of letters to the next
NO_PLACE = "No place of the model is even enough for this label: choose a shorter text, smaller letters, or add a base."
CURVED = 0.35  # of the text's diagonal: beyond it the letters at the ends would be seen too much aslant


class NoPlacementError(RefusedError):
    """The model has no place even enough for a text of this size."""

    def __init__(self) -> None:
        super().__init__(NO_PLACE)


@dataclass(frozen=True)
class LabelResult:
    """The solid with its text and the text's frame in LPS mm: `origin` its middle, `right` along the line, `up`, `outward`.

    right x up = outward, so the text reads from outside. `width`, `height` and `depth` in mm, depth negative for engraved text;
    `uneven_mm` is how far the surface under the text lies from a plane.
    """

    mesh: Mesh
    text: str
    origin: tuple[float, float, float]
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    outward: tuple[float, float, float]
    width: float
    height: float
    depth: float
    uneven_mm: float = 0.0


_Fit = tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, float]


def add_label(
    mesh: Mesh,
    text: str,
    height: float = 6.0,
    depth: float = 0.8,
    *,
    raised: bool = False,
    place: tuple[float, float, float] | None = None,
    avoid: "Sequence[LabelResult]" = (),
    smallest: float | None = None,
) -> LabelResult:
    """Text of `height` mm capitals, `depth` mm deep (or high), on the flattest place of the surface, or nearest to `place` (LPS mm).

    Where no place is even enough the letters become lower, down to `smallest` mm.

    Letters stand upright towards superior where the surface allows, else towards anterior. On a flat place their floor is plane,
    on a curved one it follows the surface at `depth`. Places of `avoid` stay free. Engraved faces are marked CUT, raised ones
    ADDED. Raises `UsageError` for text that cannot be set (printable ASCII, up to 40 letters) and `RefusedError` where no place is
    even enough.
    """
    lowest = height if smallest is None else min(smallest, height)
    while True:
        try:
            return apply_relief(mesh, text_outline(text, height), text, depth, raised=raised, place=place, avoid=avoid)
        except RefusedError:  # no place, or none where the result would be sound
            if height <= lowest:
                raise
            height = max(LOWER * height, lowest)


def apply_relief(
    mesh: Mesh,
    shape: Any,
    text: str,
    depth: float,
    *,
    raised: bool = False,
    curved: float = CURVED,
    place: tuple[float, float, float] | None = None,
    avoid: "Sequence[LabelResult]" = (),
) -> LabelResult:
    """As `add_label`, for a flat shape (manifold3d.CrossSection, mm); on places up to `curved` of its diagonal uneven."""
    low_x, low_y, high_x, high_y = shape.bounds()
    width, height = high_x - low_x, high_y - low_y
    most = max(FLAT * depth, curved * float(np.hypot(width, height)))
    origin, right, up, normal, below, above = _flattest(mesh, width, height, most, place, avoid)
    frame = np.column_stack([np.stack([right, up, normal], axis=1), origin])
    centred = shape.translate((-(low_x + high_x) / 2.0, -(low_y + high_y) / 2.0))
    solid = to_manifold(mesh)
    # Over an uneven place every stroke is at least `depth` deep or high.
    bottom, top = (below - 1.0, above + depth) if raised else (below - depth, above + 1.0)
    tool = import_manifold3d().Manifold.extrude(centred, top - bottom).translate((0.0, 0.0, bottom))
    if above - below > FLAT * depth:
        tool = tool - _beyond(solid.manifold, frame, (width, height, below, above), depth, raised)
    tool = tool.transform(np.ascontiguousarray(frame))
    result = solid.manifold + tool if raised else solid.manifold - tool
    made = from_manifold(result, [solid], Provenance.ADDED if raised else Provenance.CUT, mesh)
    return LabelResult(
        made,
        text,
        _point(origin),
        _point(right),
        _point(up),
        _point(normal),
        width,
        height,
        depth if raised else -depth,
        above - below,
    )


def _beyond(solid: Any, frame: np.ndarray, size: tuple[float, float, float, float], depth: float, raised: bool) -> Any:
    """What lies deeper than `depth` in the solid (raised: higher than that above it), around the text, in the text's frame."""
    width, height, below, above = size
    margin = 3.0 * depth + 1.0
    box = import_manifold3d().Manifold.cube(
        (width + 2.0 * margin, height + 2.0 * margin, above - below + 4.0 * margin), True
    )
    box = box.translate((0.0, 0.0, (above + below) / 2.0))
    rotation = frame[:, :3]
    local = solid.transform(np.ascontiguousarray(np.column_stack([rotation.T, -rotation.T @ frame[:, 3]])))
    piece = box - local if raised else local ^ box
    raw = piece.to_mesh64()
    mesh = Mesh(np.asarray(raw.vert_properties)[:, :3], np.asarray(raw.tri_verts).astype(np.int64))
    grid = grid_around(mesh, depth / 3.0, depth)
    field = inner_offset_field(mesh, grid, voxelize(mesh, grid.affine, grid.shape), depth)
    if not (field > 0).any():
        raise NoPlacementError  # the model is thinner there than the text is deep
    return to_manifold(isosurface_mesh(field, grid, mesh)).manifold.simplify(0.03 * depth)


def _point(vector: np.ndarray) -> tuple[float, float, float]:
    return float(vector[0]), float(vector[1]), float(vector[2])


def validate_text(text: str) -> None:
    """Raises `UsageError` for a text that the letters cannot show."""
    if not text.strip() or len(text) > 40 or not all(32 <= ord(letter) < 127 for letter in text):
        raise UsageError(
            "The label must be 1 to 40 letters, digits or signs of the basic Latin alphabet: "
            "choose a shorter or plainer text."
        )


def text_outline(text: str, height: float) -> Any:
    """CrossSection of the text, capitals `height` mm high, its strokes as VTK's vector font draws them."""
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    validate_text(text)
    module = import_manifold3d()
    source = vtk.vtkVectorText()
    source.SetText(text)
    edges = vtk.vtkFeatureEdges()
    edges.SetInputConnection(source.GetOutputPort())
    edges.BoundaryEdgesOn()
    edges.FeatureEdgesOff()
    edges.NonManifoldEdgesOff()
    edges.ManifoldEdgesOff()
    joined = vtk.vtkStripper()
    joined.SetInputConnection(edges.GetOutputPort())
    joined.JoinContiguousSegmentsOn()
    joined.SetMaximumLength(100000)
    joined.Update()
    output = joined.GetOutput()
    points = vtk_to_numpy(output.GetPoints().GetData())[:, :2].astype(np.float64)
    lines = output.GetLines()
    offsets, ids = vtk_to_numpy(lines.GetOffsetsArray()), vtk_to_numpy(lines.GetConnectivityArray())
    loops = [points[ids[start:end]] for start, end in zip(offsets[:-1], offsets[1:])]
    outlines = [loop[:-1] if np.allclose(loop[0], loop[-1]) else loop for loop in loops if len(loop) > 3]
    shape = module.CrossSection(outlines, module.FillRule.EvenOdd)
    capital = vtk.vtkVectorText()
    capital.SetText("H")
    capital.Update()
    bounds = capital.GetOutput().GetBounds()
    return shape.scale((height / (bounds[3] - bounds[2]),) * 2)


def _upright(normal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Directions `right` and `up` of text on a face with an outward normal."""
    for preferred in (np.array([0.0, 0.0, 1.0]), np.array([0.0, -1.0, 0.0])):
        up = preferred - (preferred @ normal) * normal
        if np.linalg.norm(up) > 0.3:
            up /= np.linalg.norm(up)
            return np.cross(up, normal), up
    across = plane_basis(normal)
    return np.cross(across[:, 1], normal), across[:, 1]


def _flattest(
    mesh: Mesh,
    width: float,
    height: float,
    most: float,
    place: tuple[float, float, float] | None,
    avoid: Sequence[LabelResult],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float, float]:
    """Where the text lies flattest: its middle, right, up, outward, and how far the surface lies below and above that plane (mm).

    Upright where there is such a place, else with the line running up.
    """
    from scipy.spatial import cKDTree

    random = np.random.default_rng(0)
    cloud = _spread(mesh, random)
    tree = cKDTree(cloud[0])
    if place is None:
        chosen = random.choice(len(cloud[0]), size=CANDIDATES, replace=False)
    else:
        chosen = np.array([int(np.argmin(np.linalg.norm(cloud[0] - np.asarray(place), axis=1)))])
    radius = float(np.hypot(width, height)) / 2.0
    if 2.0 * radius > np.linalg.norm(np.diff(np.asarray(mesh.bounds).reshape(3, 2), axis=1)):
        raise NoPlacementError
    for taken in avoid:
        reach = radius + float(np.hypot(taken.width, taken.height)) / 2.0
        chosen = chosen[np.linalg.norm(cloud[0][chosen] - np.asarray(taken.origin), axis=1) > reach]
    for turned in (False, True):
        best: _Fit | None = None
        for candidate in chosen:
            found = _fit(cloud, tree, cloud[0][candidate], cloud[1][candidate], radius, width, height, turned)
            if found is not None and (best is None or found[0] < best[0]):
                best = found
        if best is not None and best[0] <= most:
            return best[1:]
    raise NoPlacementError


def _spread(mesh: Mesh, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Points drawn evenly over the surface and their normals."""
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)
    count = int(np.clip(2.0 * areas.sum(), 50_000, 1_000_000))  # 4 points a mm2: a cell holds about 16
    which = random.choice(len(areas), size=count, p=areas / areas.sum())
    u, v = random.random((2, count, 1))
    over = u + v > 1.0
    u, v = np.where(over, 1.0 - u, u), np.where(over, 1.0 - v, v)
    corners = mesh.points.astype(np.float64)[mesh.triangles[which]]
    points = corners[:, 0] + u * (corners[:, 1] - corners[:, 0]) + v * (corners[:, 2] - corners[:, 0])
    normals = mesh.triangle_normals()[which]
    return points, normals / np.linalg.norm(normals, axis=1, keepdims=True)


def _fit(
    cloud: tuple[np.ndarray, np.ndarray],
    tree: Any,
    centre: np.ndarray,
    normal: np.ndarray,
    radius: float,
    width: float,
    height: float,
    turned: bool,
) -> _Fit | None:
    """Unevenness in mm of the surface under the text at a place, with its frame; None where the text would hang over an edge."""
    near = np.array(tree.query_ball_point(centre, 1.15 * radius), dtype=int)
    near = near[cloud[1][near] @ normal > 0.2] if len(near) else near
    if len(near) < 30:
        return None
    right, up = _upright(normal)
    if turned:
        right, up = up, -right
    offset = cloud[0][near] - centre
    near = near[(np.abs(offset @ right) <= width / 2.0 + 1.0) & (np.abs(offset @ up) <= height / 2.0 + 1.0)]
    if len(near) < 30 or (cloud[1][near] @ normal < 0.5).mean() > 0.02:
        return None
    mean = cloud[1][near].mean(axis=0)
    normal = mean / np.linalg.norm(mean)
    right = right - (right @ normal) * normal
    right /= np.linalg.norm(right)
    up = np.cross(normal, right)
    local = (cloud[0][near] - centre) @ np.stack([right, up, normal], axis=1)
    # Every cell under the text must hold surface, or the text would hang over an edge or a hole.
    counts = np.ceil(np.array([width + 2.0, height + 2.0]) / CELL_MM).astype(int)
    at = ((local[:, :2] / np.array([width + 2.0, height + 2.0]) + 0.5) * counts).astype(int)
    cells = np.zeros(counts, dtype=bool)
    cells[tuple(np.clip(at, 0, counts - 1).T)] = True
    if not cells.all():
        return None
    below, above = float(local[:, 2].min()), float(local[:, 2].max())
    return above - below, centre, right, up, normal, below, above
