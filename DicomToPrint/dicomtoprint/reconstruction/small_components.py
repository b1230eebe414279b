"""Parts that are too small and cavities that are to be closed: taken out, listed, and never without saying so."""

from dataclasses import dataclass

import numpy as np

from ..mesh.components import component_volumes, winding_number_x_ray
from ..mesh.core import Mesh
from ..mesh.graph import label_vertex_components


@dataclass(frozen=True)
class SurfaceComponent:
    """One closed part of the surface: `kind` ``body`` or ``cavity``, volume in mm3 (positive), centre in LPS mm,
    largest extent in mm, and whether it was kept."""

    kind: str
    volume_mm3: float
    centre_lps: tuple[float, float, float]
    extent_mm: float
    kept: bool


def select_components(
    mesh: Mesh, min_fragment_mm3: float, max_cavity_mm3: float
) -> tuple[np.ndarray, tuple[SurfaceComponent, ...]]:
    """Which triangles (m,) bool stay when bodies below `min_fragment_mm3` and cavities up to `max_cavity_mm3` go.

    The largest body always stays. What lies inside a body that goes, or inside a cavity that is filled, goes with it.
    The list of parts is sorted by volume, the largest first.
    """
    count, label = label_vertex_components(mesh.triangles, len(mesh.points))
    part = label[mesh.triangles[:, 0]]
    volumes = component_volumes(mesh.points, mesh.triangles, part, count)
    if count == 1:
        keep_part = np.ones(1, dtype=bool)
    else:
        keep_part = np.where(volumes > 0, volumes >= min_fragment_mm3, -volumes > max_cavity_mm3)
        keep_part[volumes.argmax()] = True
        _drop_inside(mesh, part, volumes, keep_part)
    return keep_part[part], _listed(mesh, label, volumes, keep_part)


def _drop_inside(mesh: Mesh, part: np.ndarray, volumes: np.ndarray, keep: np.ndarray) -> None:
    """Whatever lies inside a part that goes, goes too."""
    gone = np.flatnonzero(~keep)
    if len(gone) == 0:
        return
    order = np.argsort(part, kind="stable")
    starts = np.searchsorted(part[order], np.arange(len(volumes)))
    places = mesh.points[mesh.triangles[order[starts], 0]].astype(np.float64) + np.array([1.2e-5, 2.3e-5, 3.4e-5])
    ends = np.append(starts[1:], len(part))
    for number in gone[np.argsort(-np.abs(volumes[gone]))][:200]:
        shell = mesh.triangles[order[starts[number] : ends[number]]]
        corners = mesh.points[np.unique(shell)]
        low, high = corners.min(axis=0), corners.max(axis=0)
        within = np.flatnonzero(keep & ((places > low) & (places < high)).all(axis=1))
        if len(within):
            keep[within[winding_number_x_ray(mesh.points, shell, places[within]) != 0]] = False


def _listed(mesh: Mesh, label: np.ndarray, volumes: np.ndarray, keep: np.ndarray) -> tuple[SurfaceComponent, ...]:
    count = len(volumes)
    order = np.argsort(label, kind="stable")
    starts = np.searchsorted(label[order], np.arange(count))
    sorted_points = mesh.points[order]
    low, high = np.minimum.reduceat(sorted_points, starts), np.maximum.reduceat(sorted_points, starts)
    centres = (low + high) / 2.0
    found = []
    for i in range(count):
        x, y, z = (float(v) for v in centres[i])
        found.append(
            SurfaceComponent(
                "body" if volumes[i] > 0 else "cavity",
                float(abs(volumes[i])),
                (x, y, z),
                float((high[i] - low[i]).max()),
                bool(keep[i]),
            )
        )
    return tuple(sorted(found, key=lambda item: -item.volume_mm3))
