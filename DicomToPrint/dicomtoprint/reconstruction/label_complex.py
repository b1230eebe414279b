"""The faces between differently labelled voxels as one surface: structures that touch have the same wall between them."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from ..mesh.arrays import Points

_CORNERS = np.array([(k, j, i) for k in (0, 1) for j in (0, 1) for i in (0, 1)])
_BESIDE = np.abs(_CORNERS[:, None] - _CORNERS[None, :]).sum(axis=2) == 1  # (8, 8): which share an edge of a block
_ROUNDS = 40  # of filling; each closes what the one before has opened
# Shrinking and swelling steps of Taubin's filter (1995, doi 10.1145/218380.218473), which leave the volume nearly as it is.
_SHRINK, _SWELL = 0.5, -0.505
MAX_REACH = 0.49  # voxels that a point may leave its corner along each axis: the cell of surface nets (Gibson 1998)


@dataclass(frozen=True)
class LabelComplex:
    """Faces between voxels of different labels, each once.

    `points` (n, 3) float64 as indices (i, j, k) of the grid; `faces` (m, 4) their corners, wound so that the normal points from
    the label ``sides[:, 0]`` to the larger ``sides[:, 1]`` (0: nothing) in a right-handed grid; `inner` (m,) flat index of a
    labelled voxel of each face; `corners` (n, 3) where the points were before they were smoothed.
    """

    points: Points
    faces: np.ndarray
    sides: np.ndarray
    inner: np.ndarray
    corners: Points


def make_well_composed(labels: np.ndarray) -> np.ndarray:
    """Labels (k, j, i) in which no structure hangs together by an edge or a corner of voxels only, with voxels added where one did.

    The faces around every label then form surfaces in which two faces share each edge (Latecki 1995, doi 10.1006/cviu.1995.1006).
    Nothing is taken away but from a neighbour with a larger label. Returns a padded copy, with one layer of 0 all around.
    """
    result = np.pad(labels, 1)
    active: np.ndarray | None = None
    for _ in range(_ROUNDS):
        changed = _fill_once(result, active)
        if not len(changed):
            break
        active = changed
    return result


def _fill_once(labels: np.ndarray, active: np.ndarray | None) -> np.ndarray:
    """Adds one voxel in each block of 2 x 2 x 2 in which a label does not hang together by faces; flat indices of what was added."""
    blocks = _mixed_blocks(labels, active)
    strides = np.array([labels.shape[1] * labels.shape[2], labels.shape[2], 1])
    flat = labels.reshape(-1)
    cells = blocks[:, None] + (_CORNERS @ strides)[None, :]
    values = flat[cells]
    fits, choice = _block_tables()
    bits = 1 << np.arange(8)
    changed = []
    for corner in range(8):
        own = values[:, corner]
        code = ((values == own[:, None]) * bits).sum(axis=1)
        bad = np.flatnonzero((own > 0) & ~fits[code])
        if not len(bad):
            continue
        # Of the voxels that would help, free ones go first; of a neighbour's only those with a larger label, so that it ends.
        rank = (
            choice[code[bad]] + 100 * (values[bad] > 0) + 10_000 * ((values[bad] > 0) & (values[bad] <= own[bad, None]))
        )
        best = rank.argmin(axis=1)
        sure = rank[np.arange(len(bad)), best] < 10_000
        where = cells[bad[sure], best[sure]]
        inside = _is_inside(where, labels.shape)
        flat[where[inside]] = own[bad[sure]][inside]
        changed.append(where[inside])
        given, taker = _given_away(values[bad[~sure]], own[bad[~sure]])
        where = cells[bad[~sure], given]
        flat[where] = taker
        changed.append(where)
        values = flat[cells]
    return np.unique(np.concatenate(changed)) if changed else np.zeros(0, dtype=np.int64)


def _given_away(blocks: np.ndarray, own: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For blocks (b, 8) in which the label `own` (b,) hangs together by an edge or a corner among smaller ones only: which of its voxels
    goes to a neighbour, and the neighbour's label."""
    fits, _ = _block_tables()
    given, taker = np.zeros(len(blocks), dtype=np.int64), own.copy()
    for row, (block, label) in enumerate(zip(blocks, own)):
        member = block == label
        code = int((member * (1 << np.arange(8))).sum())
        ways = [
            (not fits[code & ~(1 << n)], np.count_nonzero(member & _BESIDE[n]), n, int(block[m]))
            for n in np.flatnonzero(member)
            for m in np.flatnonzero(_BESIDE[n] & (block > 0) & (block < label))
        ]
        if ways:
            _, _, given[row], taker[row] = min(ways)
    return given, taker


def _is_inside(flat: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Which flat indices lie within the padding."""
    places = np.stack(np.unravel_index(flat, shape), axis=1)
    return np.asarray(((places > 0) & (places < np.array(shape) - 1)).all(axis=1))


def _mixed_blocks(labels: np.ndarray, active: np.ndarray | None) -> np.ndarray:
    """Flat indices of the first voxel of the blocks that hold several labels; of those that touch `active` voxels where given."""
    strides = np.array([labels.shape[1] * labels.shape[2], labels.shape[2], 1])
    if active is not None:
        return np.unique((active[:, None] - (_CORNERS @ strides)[None, :]).ravel())
    mixed = np.zeros([n - 1 for n in labels.shape], dtype=bool)
    for k in range(mixed.shape[0]):
        layers = labels[k : k + 2]
        low, high = layers.min(axis=0), layers.max(axis=0)
        for axis in (0, 1):
            low = np.minimum(
                np.take(low, range(low.shape[axis] - 1), axis), np.take(low, range(1, low.shape[axis]), axis)
            )
            high = np.maximum(
                np.take(high, range(high.shape[axis] - 1), axis), np.take(high, range(1, high.shape[axis]), axis)
            )
        mixed[k] = low != high
    return np.argwhere(mixed) @ strides


@cache
def _block_tables() -> tuple[np.ndarray, np.ndarray]:
    """For each pattern of a label in a block: whether its faces are a surface at the middle, and how little each other voxel helps."""
    fits, choice = np.ones(256, dtype=bool), np.full((256, 8), 50)
    for code in range(256):
        member = np.array([bool(code >> n & 1) for n in range(8)])
        fits[code] = _hangs_together(member) and _hangs_together(~member) and not _crosses_an_edge(member)
        for n in np.flatnonzero(~member):
            choice[code, n] = 3 - np.count_nonzero(member & _BESIDE[n])
    return fits, choice


def _hangs_together(member: np.ndarray) -> bool:
    todo = set(np.flatnonzero(member).tolist())
    front = [todo.pop()] if todo else []
    while front:
        at = _CORNERS[front.pop()]
        for other in [n for n in todo if np.abs(_CORNERS[n] - at).sum() == 1]:
            todo.remove(other)
            front.append(other)
    return not todo


def _crosses_an_edge(member: np.ndarray) -> bool:
    block = member.reshape(2, 2, 2)
    for axis in range(3):
        for side in (0, 1):
            (a, b), (c, d) = np.take(block, side, axis)
            if a == d and b == c and a != b:
                return True
    return False


def faces_between_labels(padded: np.ndarray) -> LabelComplex:
    """The faces of labels (k, j, i) as `make_well_composed` gives them, at the middle between the voxels, unsmoothed."""
    shape = np.array(padded.shape)
    lattice = np.array([(shape[1] + 1) * (shape[2] + 1), shape[2] + 1, 1])
    voxel = np.array([shape[1] * shape[2], shape[2], 1])
    faces, sides, inner = [], [], []
    for axis in range(3):
        low = np.take(padded, range(shape[axis] - 1), axis)
        high = np.take(padded, range(1, shape[axis]), axis)
        at = np.argwhere(low != high)
        pair = np.stack([low[tuple(at.T)], high[tuple(at.T)]], axis=1)
        # Around the axis so that the normal points to the higher index: (i, j, k) is right-handed, (k, j, i) is not.
        first, second = {0: (2, 1), 1: (0, 2), 2: (1, 0)}[axis]
        origin = at.copy()
        origin[:, axis] += 1
        corner = origin @ lattice
        faces.append(
            np.stack(
                [corner, corner + lattice[first], corner + lattice[first] + lattice[second], corner + lattice[second]],
                1,
            )
        )
        sides.append(pair)
        below = at @ voxel
        inner.append(np.where(pair[:, 0] > 0, below, below + voxel[axis]))
    joined, pairs = np.concatenate(faces), np.concatenate(sides)
    falling = pairs[:, 0] > pairs[:, 1]
    joined[falling], pairs[falling] = joined[falling, ::-1], pairs[falling, ::-1]
    used, numbered = np.unique(joined, return_inverse=True)
    k, j, i = np.unravel_index(used, tuple(shape + 1))
    # Corner n lies half a voxel before voxel n; the padding moves all by one.
    points = np.stack([i, j, k], axis=1) - 1.5
    return LabelComplex(points, numbered.reshape(-1, 4).astype(np.int64), pairs, np.concatenate(inner), points)


def smooth_complex(
    surface: LabelComplex, shape: tuple[int, ...], rounds: int, reach: float = MAX_REACH
) -> LabelComplex:
    """The surface without its steps: Taubin's filter, no point further than `reach` voxels from where it was along each axis, nor than
    `MAX_REACH` from its corner if it was not before.

    Points where three labels meet move along that curve only, points where four do stay; what closes a structure at the face of the
    volume (`shape` k, j, i) stays in its plane. A mean of points is the same in indices as in mm.
    """
    averaging, held = _averaging(surface)
    last = np.array(shape[::-1]) - 0.5
    fixed = np.nonzero((surface.corners <= -0.5) | (surface.corners >= last))
    low, high = (bound.astype(np.float32) for bound in cell_limits(surface, reach))
    points = surface.points.astype(np.float32)
    still = np.flatnonzero(held)
    for _ in range(rounds):
        for step in (_SHRINK, _SWELL):
            moved = averaging @ points
            moved -= points
            moved *= np.float32(step)
            moved[still] = 0.0
            points += moved
            np.clip(points, low, high, out=points)
            points[fixed] = surface.corners[fixed]
    return replace(surface, points=points.astype(np.float64))


def cell_limits(surface: LabelComplex, reach: float) -> tuple[Points, Points]:
    """Least and greatest indices (n, 3) that points may take: within `reach` of where they are, and within `MAX_REACH` of their corners
    where they are already."""
    low = np.maximum(surface.points - reach, np.minimum(surface.points, surface.corners - MAX_REACH))
    high = np.minimum(surface.points + reach, np.maximum(surface.points, surface.corners + MAX_REACH))
    return low, high


def _averaging(surface: LabelComplex) -> tuple[Any, np.ndarray]:
    """Matrix (n, n) that takes each point to the mean of its neighbours on the same kind of surface, and which points stay."""
    from scipy import sparse

    count = len(surface.points)
    pairs = np.sort(np.stack([surface.faces, np.roll(surface.faces, -1, axis=1)], axis=2).reshape(-1, 2), axis=1)
    keys, uses = np.unique(pairs[:, 0] * count + pairs[:, 1], return_counts=True)
    edges = np.stack([keys // count, keys % count], axis=1)
    curved = uses > 2
    of_curve = np.bincount(edges[curved].ravel(), minlength=count)
    on_curve = of_curve > 0
    kept = curved | ~(on_curve[edges].any(axis=1))
    # A smooth point beside a curve feels it; the curve does not feel the point.
    half = ~curved & on_curve[edges].any(axis=1) & ~on_curve[edges].all(axis=1)
    smooth_end = np.where(on_curve[edges[half, 0]], edges[half, 1], edges[half, 0])
    curve_end = edges[half].sum(axis=1) - smooth_end
    rows = np.concatenate([edges[kept, 0], edges[kept, 1], smooth_end])
    columns = np.concatenate([edges[kept, 1], edges[kept, 0], curve_end])
    matrix = sparse.csr_array((np.ones(len(rows), np.float32), (rows, columns)), (count, count))
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    held = (degree == 0) | (on_curve & (of_curve != 2))
    matrix.data /= np.repeat(np.maximum(degree, 1.0), np.diff(matrix.indptr)).astype(np.float32)
    return matrix, held
