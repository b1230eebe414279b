"""Turning a model for printing: the pose that needs the least support."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..mesh.core import Mesh
from ..mesh.footing import find_footing
from .cut import plane_basis

DIRECTIONS = 400
GAP_MM = 5.0  # between parts on one plate: room for a brim, and for a tool that takes them off


@dataclass(frozen=True)
class OrientResult:
    """The turned mesh and the rigid 4x4 `transform` (LPS mm) that was applied; its inverse puts the model back where it was scanned.

    `overhang_mm2` before and after: surface that leans out more than the limit and does not stand on the plate.
    """

    mesh: Mesh
    transform: np.ndarray
    overhang_before_mm2: float
    overhang_mm2: float


@dataclass(frozen=True)
class FirstLayer:
    """Height of the first layer, width of its lines, and how long a line what touches the plate must hold; mm."""

    height: float
    line: float
    footing: float


def orient(mesh: Mesh, limit_deg: float = 45.0, first_layer: FirstLayer | None = None) -> OrientResult:
    """The pose with the least overhanging surface among evenly spread directions, the lower of two equal ones.

    With `first_layer`, a pose in which the model touches the plate with a tip only is taken where there is no other.
    The model turns about its centre; z points up from the plate. The area is summed over triangles whose outward normal points
    down more steeply than `limit_deg` from the horizontal plane's normal, those within 0.3 mm of the plate left out.
    """
    normals = mesh.triangle_normals() / 2.0
    areas = np.linalg.norm(normals, axis=1)
    unit = normals / np.maximum(areas[:, None], 1e-30)
    centres = mesh.points.astype(np.float64)[mesh.triangles].mean(axis=1)
    middle = np.asarray(mesh.bounds).reshape(3, 2).mean(axis=1)
    ups = np.concatenate([[[0.0, 0.0, 1.0]], _directions()])
    steepest = -np.cos(np.radians(limit_deg))
    scores = [_overhang(unit, areas, centres, up, steepest) for up in ups]
    heights = [float(np.ptp(centres @ up)) for up in ups]
    total = float(areas.sum())
    # A percent of the surface more or less is no difference: then the lower pose prints faster.
    order = sorted(range(len(ups)), key=lambda at: (round(scores[at] / total, 2), heights[at]))
    best = next((at for at in order if _has_footing(mesh, ups[at], first_layer)), order[0])
    rotation = _turn(ups[best])
    transform = np.eye(4)
    transform[:3, :3] = rotation
    transform[:3, 3] = middle - rotation @ middle
    points = (mesh.points.astype(np.float64) @ rotation.T + transform[:3, 3]).astype(np.float32)
    return OrientResult(replace(mesh, points=points), transform, scores[0], scores[best])


def arrange_on_plate(meshes: Sequence[Mesh]) -> list[np.ndarray]:
    """Shifts (3,) in LPS mm that stand meshes on one plate in a row from right to left, 5 mm between their boxes.

    The row keeps the middle of the first mesh's place along P and its lowest point; a single mesh stays where it is.
    """
    first = np.asarray(meshes[0].bounds).reshape(3, 2)
    shifts = [np.zeros(3)]
    end = first[0, 1]
    for mesh in meshes[1:]:
        low, high = np.asarray(mesh.bounds).reshape(3, 2).T
        shift = np.array([end + GAP_MM - low[0], first[1].mean() - (low[1] + high[1]) / 2.0, first[2, 0] - low[2]])
        end = high[0] + shift[0]
        shifts.append(shift)
    return shifts


def _has_footing(mesh: Mesh, up: np.ndarray, layer: FirstLayer | None) -> bool:
    # A tenth more than is asked for: the written file is rounded.
    return layer is None or find_footing(mesh, layer.height / 2.0, layer.line, up).length > 1.1 * layer.footing


def _overhang(unit: np.ndarray, areas: np.ndarray, centres: np.ndarray, up: np.ndarray, steepest: float) -> float:
    hanging = unit @ up < steepest
    height = centres[hanging] @ up
    floor = float((centres @ up).min()) if len(centres) else 0.0
    return float(areas[hanging][height > floor + 0.3].sum())


def _directions() -> np.ndarray:
    """(n, 3) unit vectors spread evenly over the sphere (Fibonacci)."""
    number = np.arange(DIRECTIONS) + 0.5
    polar = np.arccos(1.0 - 2.0 * number / DIRECTIONS)
    around = np.pi * (1.0 + 5.0**0.5) * number
    return np.stack([np.cos(around) * np.sin(polar), np.sin(around) * np.sin(polar), np.cos(polar)], axis=1)


def _turn(up: np.ndarray) -> np.ndarray:
    """Rotation that brings `up` to z."""
    if up[2] > 1.0 - 1e-12:
        return np.eye(3)
    return plane_basis(up).T
