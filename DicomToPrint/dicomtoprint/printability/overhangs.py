"""What hangs over when a model is printed upwards along z: area, supports, flat undersides that must bridge."""

from dataclasses import dataclass

import numpy as np

from ..mesh.core import Mesh
from ..mesh.surface_patches import SurfacePatch, connected_patches
from ..mesh.surface_sampling import SurfaceSamples
from ..messages import _
from ..progress import ProgressCallback, no_progress

FLAT_COSINE = 0.9962  # 5 degrees


@dataclass(frozen=True)
class OverhangReport:
    """Overhangs: `area` mm2 that is steeper than allowed, `support_mm3` of solid columns under it, its `patches`.

    `bridge_mm` is the widest span of a flat underside (twice the largest distance from an edge that stands on something),
    `bridge_at` (3,) mm its place or None, `bridge_mm2` the area of that underside.
    """

    area: float
    support_mm3: float
    patches: tuple[SurfacePatch, ...]
    bridge_mm: float
    bridge_at: np.ndarray | None
    bridge_mm2: float = 0.0


def analyse_overhangs(
    mesh: Mesh,
    samples: SurfaceSamples,
    limit_deg: float,
    base_mm: float = 0.3,
    progress: ProgressCallback = no_progress,
) -> OverhangReport:
    """Overhangs of the model as it stands, z up, on the plate at its lowest point.

    `limit_deg` is measured from the vertical: a wall has 0, a ceiling 90 degrees. What lies within `base_mm` of the plate rests on it.
    The support volume counts straight columns down to the plate or the next surface that faces up, on a grid as fine as the samples allow.
    """
    floor = float(samples.points[:, 2].min())
    hanging = (-samples.normals[:, 2] > np.sin(np.radians(limit_deg))) & (samples.points[:, 2] > floor + base_mm)
    progress(0.2, _("measuring overhangs"))
    support = _support(samples, hanging, floor)
    found = connected_patches(mesh, samples, hanging)
    progress(0.6, _("measuring bridges"))
    span, at, area = _widest_bridge(mesh, samples, floor + base_mm)
    return OverhangReport(float(samples.area[hanging].sum()), support, found, span, at, area)


def _support(samples: SurfaceSamples, hanging: np.ndarray, floor: float) -> float:
    if not hanging.any():
        return 0.0
    low, high = samples.points.min(axis=0), samples.points.max(axis=0)
    # Wide enough that a column meets samples of every surface it crosses.
    cell = max(
        float((high - low)[:2].max()) / 256.0, 3.0 * float(np.sqrt(samples.area.sum() / len(samples.area))), 1e-6
    )
    column = ((samples.points[:, :2] - low[:2]) / cell).astype(np.int64)
    key = column[:, 0] * 1024 + column[:, 1]
    height = (samples.points[:, 2] - floor) / max(float(high[2] - floor), 1e-9)
    order_key = key + np.clip(height, 0.0, 1.0) * 0.999
    up = np.flatnonzero(samples.normals[:, 2] > 0.05)
    up = up[np.argsort(order_key[up])]
    rows = np.flatnonzero(hanging)
    below = np.searchsorted(order_key[up], order_key[rows]) - 1
    ground = np.full(len(rows), floor)
    hit = (below >= 0) & (key[up[np.maximum(below, 0)]] == key[rows]) if len(up) else np.zeros(len(rows), bool)
    ground[hit] = samples.points[up[below[hit]], 2]
    drop = samples.points[rows, 2] - ground
    return float((samples.area[rows] * -samples.normals[rows, 2] * drop).sum())


def _widest_bridge(mesh: Mesh, samples: SurfaceSamples, above: float) -> tuple[float, np.ndarray | None, float]:
    """Widest span over the flat undersides of at least 4 mm2, where, and the area of that one."""
    from scipy.spatial import cKDTree

    flat = (-samples.normals[:, 2] > FLAT_COSINE) & (samples.points[:, 2] > above)
    widest: tuple[float, np.ndarray | None, float] = (0.0, None, 0.0)
    big = [patch for patch in connected_patches(mesh, samples, flat) if patch.area >= 4.0][:50]
    if not big:
        return widest
    standing, where = _standing_edges(mesh)
    for patch in big:
        points = samples.points[patch.rows]
        own = np.isin(where, samples.triangle[patch.rows])
        if own.any():
            distance, _unused = cKDTree(standing[own]).query(points[:, :2])
            span, at = 2.0 * float(distance.max()), points[int(np.argmax(distance))]
        else:  # hangs free: its whole extent
            span, at = float(np.ptp(points[:, :2], axis=0).max()), patch.centre
        if span > widest[0]:
            widest = (span, at, patch.area)
    return widest


def _standing_edges(mesh: Mesh) -> tuple[np.ndarray, np.ndarray]:
    """Points (x, y) along edges of flat undersides from which surface goes on downwards, and the underside's triangle of each."""
    from ..mesh.edge_table import build_edge_table
    from ..mesh.merge_points import merged_mesh

    points, triangles, _unused = merged_mesh(mesh)
    points = points.astype(np.float64)
    normals = mesh.triangle_normals()
    length = np.linalg.norm(normals, axis=1)
    flat = -normals[:, 2] > FLAT_COSINE * np.maximum(length, 1e-12)
    first, second = build_edge_table(triangles).pairs()
    one, other = np.concatenate([first, second]), np.concatenate([second, first])
    edge = flat[one // 3] & ~flat[other // 3]
    one, other = one[edge], other[edge]
    level = points[triangles[one // 3]][:, :, 2].mean(axis=1)
    down = points[triangles[other // 3]][:, :, 2].mean(axis=1) < level - 1e-6
    one = one[down]
    start = points[triangles[one // 3, one % 3]][:, :2]
    end = points[triangles[one // 3, (one % 3 + 1) % 3]][:, :2]
    steps = np.linspace(0.0, 1.0, 33)[None, :, None]
    along = start[:, None] * (1 - steps) + end[:, None] * steps
    return along.reshape(-1, 2), np.repeat(one // 3, 33)
