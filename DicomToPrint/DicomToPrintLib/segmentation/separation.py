"""Touching bones told apart: where only a neck, or voxels darker than both, holds them together."""

import numpy as np

from ..progress import Progress, part, silent
from .interior import Spacing, distance, enclosed
from .parts import box_of, count_labels, find_parts

RAISED = 0.35
NECK_SHARE = 0.6


def separate(
    mask: np.ndarray,
    array: np.ndarray,
    spacing: Spacing,
    value: float,
    inside: float,
    neck_mm: float,
    smallest_mm3: float,
    progress: Progress = silent,
) -> np.ndarray:
    """Labels (k, j, i) uint16 of the bones in `mask` (solid, hollows filled), 1..n by falling size.

    Depth is measured where the grey value rises a third of the way from `value` to `inside`: a narrow joint space,
    blurred above the boundary,
    counts as outside. A watershed on the depth divides the mask; neighbours that meet over a face nearly as thick as
    the thinner of both,
    and thicker than `neck_mm`, are one bone again, and so are pieces below `smallest_mm3`.
    """
    result = np.zeros(mask.shape, dtype=np.uint16)
    box = box_of(mask, margin=1)
    if box is None:
        return result
    solid = np.ascontiguousarray(mask[box])
    depth = core_depth(solid, array[box], spacing, value + RAISED * (inside - value), part(progress, 0.0, 0.4))
    voxel = float(np.prod(spacing))
    progress(0.5, "telling touching bones apart")
    regions = basins(depth, solid, max(0.3 * neck_mm, 0.4 * max(spacing)))
    regions = _merged(regions, depth, voxel, neck_mm, smallest_mm3)
    result[box] = _numbered(regions)
    rest = mask & (result == 0)
    if rest.any():
        loose = find_parts(rest)
        assert loose is not None
        view = result[loose.box]
        view[loose.labels > 0] = (loose.labels[loose.labels > 0] + result.max()).astype(np.uint16)
    return _numbered(result)


def core_depth(
    solid: np.ndarray, array: np.ndarray, spacing: Spacing, raised: float, progress: Progress = silent
) -> np.ndarray:
    """Depth in mm (float32) of each voxel in the bone as it is where the boundary is raised to `raised`, hollows
    filled."""
    shell = solid & (array >= raised)
    hollow = solid & (array < raised)
    # Marrow is inside, a joint space is not: it is at most two voxels wide.
    wide = hollow & ~_thin_valleys(shell, hollow)
    shell |= wide & (distance(solid, spacing) > 2.0 * max(spacing))
    shell |= enclosed(shell) & wide
    progress(0.6, "telling touching bones apart")
    return distance(shell, spacing)


def _thin_valleys(shell: np.ndarray, hollow: np.ndarray) -> np.ndarray:
    """Voxels of `hollow` that lie between two walls of `shell` at most two voxels apart: joint spaces, not marrow."""
    from scipy import ndimage

    ball = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), 1)
    return hollow & ~ndimage.binary_dilation(ndimage.binary_erosion(hollow, ball), ball)


def basins(depth: np.ndarray, mask: np.ndarray, least: float) -> np.ndarray:
    """Regions (k, j, i) uint32 around the deepest places of `mask`, hills less than `least` mm high joined (Beucher,
    Meyer 1993)."""
    import SimpleITK as sitk

    found = sitk.MorphologicalWatershed(sitk.GetImageFromArray(-depth), least, False, False)
    return np.where(mask, sitk.GetArrayFromImage(found), 0).astype(np.uint32)


def contacts(regions: np.ndarray) -> "list[tuple[np.ndarray, np.ndarray, tuple[slice, ...], tuple[slice, ...]]]":
    """Faces between different labels along each axis: (label, label, slices of the first, slices of the second)."""
    found = []
    for axis in range(3):
        first = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        second = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        found.append((regions[first], regions[second], first, second))
    return found


def _merged(regions: np.ndarray, depth: np.ndarray, voxel: float, neck_mm: float, smallest_mm3: float) -> np.ndarray:
    """Regions put together again where their contact is nearly as thick as the thinner of both, or where one is too
    small."""
    count = int(regions.max())
    sizes = count_labels(regions).astype(np.float64) * voxel
    thickest = np.zeros(count + 1, dtype=np.float32)
    np.maximum.at(thickest, regions.ravel(), depth.ravel())
    pairs, necks = _necks(regions, depth, count)
    group = np.arange(count + 1)

    def root(label: int) -> int:
        while group[label] != label:
            group[label] = group[group[label]]
            label = int(group[label])
        return label

    changed = True
    while changed:
        changed = False
        # From the thickest contact down; groups grow thicker on the way, so that it is done again until nothing
        # changes.
        for index in np.argsort(-necks):
            a, b = root(int(pairs[index, 0])), root(int(pairs[index, 1]))
            if a == b:
                continue
            small = min(sizes[a], sizes[b]) < smallest_mm3 and necks[index] > 0
            if small or necks[index] >= max(NECK_SHARE * min(thickest[a], thickest[b]), 0.5 * neck_mm):
                group[b] = a
                sizes[a] += sizes[b]
                thickest[a] = max(thickest[a], thickest[b])
                changed = True
    return np.array([root(label) for label in range(count + 1)], dtype=np.uint32)[regions]


def _necks(regions: np.ndarray, depth: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs (n, 2) of touching regions, and the largest depth (n,) at which they touch."""
    keys, values = [], []
    for a, b, first, second in contacts(regions):
        meet = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[meet], b[meet]), np.maximum(a[meet], b[meet])
        keys.append(low.astype(np.int64) * (count + 1) + high)
        values.append(np.minimum(depth[first][meet], depth[second][meet]))
    key, value = np.concatenate(keys), np.concatenate(values)
    order = np.argsort(key)
    unique, starts = np.unique(key[order], return_index=True)
    if len(unique) == 0:
        return np.zeros((0, 2), dtype=np.int64), np.zeros(0)
    return np.stack(np.divmod(unique, count + 1), axis=1), np.maximum.reduceat(value[order], starts)


def _numbered(regions: np.ndarray) -> np.ndarray:
    """Consecutive labels uint16 by falling size; what exceeds 65535 regions is left out."""
    counts = count_labels(regions)
    counts[0] = 0
    order = np.argsort(-counts, kind="stable")[:60_000]
    order = order[counts[order] > 0]
    rank = np.zeros(len(counts), dtype=np.uint16)
    rank[order] = np.arange(1, len(order) + 1)
    return rank[regions]


def cut_faces(regions: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of voxels on either side of a face between two labels."""
    result = np.zeros(regions.shape, dtype=bool)
    for a, b, first, second in contacts(regions):
        meet = (a != b) & (a > 0) & (b > 0)
        result[first] |= meet
        result[second] |= meet
    return result
