"""Triangles of a complex of labels that cross, found where they can and moved back towards the voxels."""

from dataclasses import replace

import numpy as np

from ..mesh.arrays import Points, Triangles
from ..mesh.core import cross_rows
from ..mesh.self_intersection import intersecting_pairs_touching
from .complex_volumes import points_on_curves
from .label_complex import MAX_REACH, LabelComplex

_ROUNDS = 8  # of going back towards the voxels where triangles cross
_LEAST_COSINE = 1e-4  # between a face and the axis of its fan; float32 turns a face by far less


def divide_faces(surface: LabelComplex, affine: np.ndarray) -> Triangles:
    """(2 m, 3) triangles, two a face along its shorter diagonal in mm: rows n and n + m are face n. Both sides of a wall take the same."""
    points = surface.points @ affine[:3, :3].T
    f = surface.faces
    first, second = points[f[:, 0]] - points[f[:, 2]], points[f[:, 1]] - points[f[:, 3]]
    shorter = np.einsum("ij,ij->i", first, first) <= np.einsum("ij,ij->i", second, second)
    turned = np.where(shorter[:, None], f, f[:, (1, 2, 3, 0)])
    triangles = np.concatenate([turned[:, [0, 1, 2]], turned[:, [0, 2, 3]]])
    return triangles[:, ::-1] if np.linalg.det(affine[:3, :3]) < 0 else triangles


def without_crossings(surface: LabelComplex, triangles: Triangles, affine: np.ndarray) -> LabelComplex:
    """The complex with points moved back towards the corners of their voxels, whose faces cross nowhere, until no triangles cross.

    `triangles` (2 m, 3) are those of `divide_faces`; `affine` takes indices (i, j, k) to mm.
    """
    several = _points_of_several_labels(surface)
    chosen = np.arange(len(surface.faces))
    for number in range(_ROUNDS):
        points = (surface.points @ affine[:3, :3].T + affine[:3, 3]).astype(np.float32)
        doubtful = _doubtful_faces(surface, points, chosen, several)
        of_face = np.concatenate([doubtful, doubtful + len(surface.faces)])
        bad = np.unique(triangles[intersecting_pairs_touching(points, triangles, of_face).ravel()])
        if not len(bad):
            break
        near = np.zeros(len(points), dtype=bool)
        near[bad] = True
        for _ in range(number // 2):  # wider each second round: the neighbours may be what crosses
            near[surface.faces[near[surface.faces].any(axis=1)]] = True
        share = 0.5 if number < _ROUNDS - 2 else 1.0
        moved = surface.points.copy()
        moved[near] += share * (surface.corners[near] - surface.points[near])
        surface = replace(surface, points=moved)
        near[surface.faces[near[surface.faces].any(axis=1)]] = True
        chosen = np.flatnonzero(near[surface.faces].any(axis=1))
    return surface


def _points_of_several_labels(surface: LabelComplex) -> np.ndarray:
    """(n,) uint8: 0 for points between two labels, 1 where three meet, 2 where more do."""
    count = len(surface.points)
    result = points_on_curves(surface.faces, surface.sides, count).astype(np.uint8)
    mixed = np.flatnonzero(result[surface.faces].any(axis=1))
    point = np.repeat(surface.faces[mixed].ravel(), 2)
    label = np.repeat(surface.sides[mixed], 4, axis=0).reshape(len(mixed), 4, 2).ravel().astype(np.int64)
    kinds = np.bincount(np.unique(point * 65536 + label) // 65536, minlength=count)
    result[kinds > 3] = 2
    return result


def _doubtful_faces(surface: LabelComplex, points: Points, chosen: np.ndarray, several: np.ndarray) -> np.ndarray:
    """Those of the faces `chosen` whose triangles may cross others.

    Faces without a common corner lie apart along an axis as long as each point is within half a voxel of its corner. Faces with one
    belong to the fan of a label around it, or around a point of more than three labels. A fan whose faces, whichever way they are
    divided, all face its axis and go round once is a star without overlap, seen along it.
    """
    doubtful = np.asarray((np.abs(surface.points - surface.corners) > MAX_REACH + 1e-6).any(axis=1)) | (several == 2)
    faces = surface.faces[chosen]
    mixed = (several > 0)[faces]
    face, corner = np.nonzero(~mixed)
    plain = _folded_fans(points, faces, faces[face, corner], face, corner, None)
    doubtful[plain] = True
    face, corner = np.nonzero(mixed)
    if len(face):
        sides = surface.sides[chosen][face].astype(np.int64)
        keys = np.concatenate([faces[face, corner] * 65536 + sides[:, n] for n in (0, 1)])
        fans, number = np.unique(keys, return_inverse=True)
        outward = np.repeat([1.0, -1.0], len(face))
        folded = _folded_fans(points, faces, number, np.tile(face, 2), np.tile(corner, 2), outward)
        doubtful[fans[folded] // 65536] = True
    return chosen[doubtful[faces].any(axis=1)]


def _folded_fans(
    points: Points, faces: np.ndarray, fan: np.ndarray, face: np.ndarray, corner: np.ndarray, outward: np.ndarray | None
) -> np.ndarray:
    """The fans that are no star without overlap, of those given by the number `fan` (p,), `face` (p,) and `corner` (p,) of their
    members; `outward` (p,) turns a member's face."""
    if not len(fan):
        return np.zeros(0, dtype=np.int64)
    count = int(fan.max()) + 1
    place = [points.take(faces[:, n], axis=0) for n in range(4)]
    side = [place[(n + 1) % 4] - place[n] for n in range(4)]
    # At each corner the normal of the triangle that it makes with its neighbours: both ways of dividing the face.
    normal = [cross_rows(side[n], side[n - 1]) * np.float32(-1.0) for n in range(4)]
    whole = normal[0] + normal[2]
    length = np.sqrt(np.stack([np.einsum("ij,ij->i", one, one) for one in normal]))
    sign = np.ones(len(fan), dtype=np.float32) if outward is None else outward.astype(np.float32)
    summed = whole.take(face, axis=0) * sign[:, None]
    total = np.stack([np.bincount(fan, summed[:, n], count) for n in range(3)], axis=1)
    axis = (total / np.maximum(np.linalg.norm(total, axis=1), 1e-30)[:, None]).astype(np.float32)
    del summed, total, whole
    folded = np.zeros(count, dtype=bool)
    turn = np.zeros(count)
    for start in range(0, len(fan), 2_000_000):
        part = slice(start, start + 2_000_000)
        along, at = axis.take(fan[part], axis=0), face[part]
        bad = np.zeros(len(at), dtype=bool)
        for n in range(4):
            facing = np.einsum("ij,ij->i", normal[n].take(at, axis=0), along) * sign[part]
            bad |= facing <= _LEAST_COSINE * length[n].take(at)
        folded[fan[part][bad]] = True
        turn += np.bincount(fan[part], _angles(side, at, corner[part], along), count)
    used = np.zeros(count, dtype=bool)
    used[fan] = True
    return np.flatnonzero(used & (folded | (np.abs(turn - 2.0 * np.pi) > 1e-2)))


def _angles(side: list[np.ndarray], face: np.ndarray, corner: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(p,) angle of each face at its corner, seen along the axes (p, 3)."""
    following, before = np.empty_like(along), np.empty_like(along)
    for n in range(4):
        own = np.flatnonzero(corner == n)
        following[own] = side[n].take(face[own], axis=0)
        before[own] = -side[n - 1].take(face[own], axis=0)
    following -= np.einsum("ij,ij->i", following, along)[:, None] * along
    before -= np.einsum("ij,ij->i", before, along)[:, None] * along
    sine = np.einsum("ij,ij->i", cross_rows(following, before), along)
    return np.abs(np.arctan2(sine, np.einsum("ij,ij->i", following, before)))
