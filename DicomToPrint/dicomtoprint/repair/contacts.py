"""Surfaces that touch, or pass through each other by less than can be shown, taken apart by a hair."""

from dataclasses import dataclass

import numpy as np

from ..mesh.components import component_volumes
from ..mesh.core import Mesh
from ..mesh.edge_table import label_face_components
from ..mesh.merge_points import merged_mesh
from ..mesh.self_intersection import intersecting_pairs_touching

_ROUNDS = 6
_GAP = 2e-5  # of the diagonal: what is left between the surfaces
_FLOAT_STEPS = 32.0  # and never less than so many steps of float32
_ALIKE = 0.5  # cosine: below, two planes that lie in each other neither face each other nor face alike


@dataclass(frozen=True)
class _Surface:
    """Points (n, 3) float64 as given, triangles (m, 3), the part (m,) of each, and the volume and area (c,) of each part."""

    points: np.ndarray
    triangles: np.ndarray
    part: np.ndarray
    volume: np.ndarray
    area: np.ndarray


def part_contacts(mesh: Mesh, pairs: np.ndarray, reach: float) -> Mesh:
    """The mesh with the points that poke through other triangles by less than `reach` moved back, a hair behind them.

    Faces that lie on each other and face each other come apart: the part with less area draws back, the wall of a cavity before any
    other. Where two parts still pass through each other after that, they really overlap, and both stay as they were to each other.

    Parameters
    ----------
    mesh
        Closed and oriented, points in mm.
    pairs
        (n, 2) triangles that intersect, of `intersecting_pairs`.
    reach
        The largest depth in mm that is a contact.

    Returns
    -------
    Mesh
        The mesh itself where nothing came apart. Triangles stay, and no point moves by more than a few times `reach`.
    """
    points, triangles, _ = merged_mesh(mesh)
    count, part = label_face_components(triangles)
    if len(pairs) == 0:
        return mesh
    precise = points.astype(np.float64)
    area = np.bincount(part, np.linalg.norm(Mesh(points, triangles).triangle_normals(), axis=1), minlength=count)
    given = _Surface(precise, triangles, part, component_volumes(points, triangles, part, count), area)
    excluded: set[tuple[int, int]] = set()
    for _turn in range(3):
        moved, left = _drawn_back(given, pairs, reach, excluded)
        if not left - excluded:
            break
        excluded |= left
    if left - excluded or np.array_equal(moved, points):
        return mesh
    return Mesh(moved, triangles.astype(np.int32), mesh.name, mesh.color)


def _drawn_back(
    given: _Surface, pairs: np.ndarray, reach: float, excluded: set[tuple[int, int]]
) -> tuple[np.ndarray, set[tuple[int, int]]]:
    """Points (n, 3) float32 after some rounds, and the pairs of parts that still pass through each other."""
    size = float(np.abs(given.points).max())
    diagonal = float(np.linalg.norm(np.ptp(given.points, axis=0)))
    gap = max(_GAP * diagonal, _FLOAT_STEPS * float(np.spacing(np.float32(size))))
    moved = given.points.astype(np.float32)
    begun = pairs
    for _turn in range(_ROUNDS):
        chosen = np.array([key not in excluded for key in _keys(given, pairs)], dtype=bool)
        if not chosen.any():
            return moved, set(_keys(given, pairs))
        shift = _shifts(given, moved.astype(np.float64), pairs[chosen], reach, gap)
        if not shift.any():
            break
        moved = (moved + shift).astype(np.float32)
        if float(np.abs(moved - given.points).max()) > 4.0 * (reach + gap):
            break
        at = np.zeros(len(moved), dtype=bool)
        at[np.flatnonzero(np.abs(moved - given.points).max(axis=1) > 0)] = True
        near = np.union1d(np.flatnonzero(at[given.triangles].any(axis=1)), begun.ravel())
        pairs = intersecting_pairs_touching(moved, given.triangles, near)
    return moved, set(_keys(given, pairs))


def _keys(given: _Surface, pairs: np.ndarray) -> list[tuple[int, int]]:
    both = np.sort(given.part[pairs], axis=1)
    return [(int(one), int(other)) for one, other in both]


def _shifts(given: _Surface, points: np.ndarray, pairs: np.ndarray, reach: float, gap: float) -> np.ndarray:
    """(n, 3) how each point moves: the farthest of what the triangles ask for that it pokes through."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    wall, mover = both[:, 0], both[:, 1]
    corners = points[given.triangles]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-300)[:, None]
    height = np.einsum("ijk,ik->ij", corners[mover] - corners[wall][:, :1], normal[wall])
    high, low = height.max(axis=1), height.min(axis=1)
    facing = np.einsum("ij,ij->i", normal[wall], normal[mover])
    side = np.where((high > reach) & (low >= -reach), 1, np.where((low < -reach) & (high <= reach), -1, 0))
    flat = (high <= reach) & (low >= -reach)
    side[flat] = _flat_sides(given, wall[flat], mover[flat], facing[flat])
    # A corner that both triangles have is where they meet, and stays.
    shared = (given.triangles[mover][:, :, None] == given.triangles[wall][:, None, :]).any(axis=2)
    want = np.where(side[:, None] != 0, gap - side[:, None] * height, 0.0)
    want[shared | (want < 1e-3 * gap) | (want > reach + gap)] = 0.0
    row, corner = np.nonzero(want)
    shift = np.zeros_like(points)
    order = np.argsort(want[row, corner], kind="stable")
    row, corner = row[order], corner[order]
    # The last of equal indices stays: the farthest.
    shift[given.triangles[mover[row], corner]] = (side[row] * want[row, corner])[:, None] * normal[wall[row]]
    return shift


def _flat_sides(given: _Surface, wall: np.ndarray, mover: np.ndarray, facing: np.ndarray) -> np.ndarray:
    """(n,) the side of the plane of `wall` (n,) where `mover` (n,), which lies in it, belongs: 1 along its normal, -1 against it, 0 where
    that one does not draw back."""
    one, other = given.part[wall], given.part[mover]
    hollow = given.volume[other] < 0
    smaller = given.area[other] < given.area[one]
    draws_back = np.where(hollow == (given.volume[one] < 0), smaller, hollow) & (one != other) & (facing < -_ALIKE)
    # Outside of a solid; a cavity inside of the solid around it, and outside of a solid within it.
    within = (given.volume[one] < 0) | (hollow & (np.abs(given.volume[one]) > np.abs(given.volume[other])))
    return np.where(draws_back, np.where(within, -1, 1), 0)
