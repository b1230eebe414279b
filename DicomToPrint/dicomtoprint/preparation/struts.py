"""Bars that keep loose pieces in their true place to each other."""

from typing import Any

import numpy as np

from ..errors import RefusedError
from ..mesh.core import Mesh, Provenance
from ..messages import _
from ..progress import ProgressCallback, no_progress
from .base import AddedSolidResult
from .csg import from_manifold, import_manifold3d, to_manifold
from .cut import plane_basis

SIDES = 32


def add_struts(
    mesh: Mesh, diameter: float, embed: float | None = None, progress: ProgressCallback = no_progress
) -> AddedSolidResult:
    """Bars of `diameter` mm between loose pieces, so that they keep their true place to each other: the shortest tree of bars.

    Each bar joins the nearest points of two pieces and reaches
    `embed` mm (default a diameter) into both. New faces are marked ADDED. A model in one piece comes back unchanged. Raises
    `RefusedError` for more than 60 pieces.
    """
    module = import_manifold3d()
    solid = to_manifold(mesh)
    pieces = [piece for piece in solid.manifold.decompose() if piece.volume() > 0]
    if len(pieces) < 2:
        return AddedSolidResult(mesh, 0.0, 0)
    if len(pieces) > 60:
        raise RefusedError(
            _(
                "'{mesh}' has {pieces_count} loose pieces, too many for bars: remove the small ones first.",
                mesh=mesh.name,
                pieces_count=len(pieces),
            )
        )
    points = [np.asarray(piece.to_mesh64().vert_properties)[:, :3] for piece in pieces]
    bars = []
    for number, (start, end) in enumerate(_shortest_tree(points)):
        progress(number / len(pieces), _("setting bars"))
        bars.append(_bar(module, start, end, diameter, diameter if embed is None else embed))
    joined = solid.manifold + module.Manifold.batch_boolean(bars, module.OpType.Add)
    return AddedSolidResult(
        from_manifold(joined, [solid], Provenance.ADDED, mesh), joined.volume() - solid.manifold.volume(), len(bars)
    )


def _shortest_tree(points: list[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Nearest points of the pairs of pieces that a minimum spanning tree joins."""
    from scipy.sparse.csgraph import minimum_spanning_tree
    from scipy.spatial import cKDTree

    trees = [cKDTree(cloud) for cloud in points]
    count = len(points)
    distances = np.zeros((count, count))
    ends: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}
    for one in range(count):
        for other in range(one + 1, count):
            reach, nearest = trees[other].query(points[one])
            at = int(np.argmin(reach))
            distances[one, other] = max(float(reach[at]), 1e-6)
            ends[one, other] = points[one][at], points[other][nearest[at]]
    tree = minimum_spanning_tree(distances).tocoo()
    return [ends[int(min(a, b)), int(max(a, b))] for a, b in zip(tree.row, tree.col)]


def _bar(module: Any, start: np.ndarray, end: np.ndarray, diameter: float, embed: float) -> Any:
    along = end - start
    length = float(np.linalg.norm(along))
    direction = along / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    bar = module.Manifold.cylinder(length + 2.0 * embed, diameter / 2.0, diameter / 2.0, SIDES)
    return bar.transform(np.ascontiguousarray(np.column_stack([plane_basis(direction), start - embed * direction])))
