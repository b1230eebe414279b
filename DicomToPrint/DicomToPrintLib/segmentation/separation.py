"""Touching bones told apart: where only a neck, or voxels darker than both, holds them together."""

import numpy as np

from ..progress import Progress, part, silent
from .interior import Spacing, distance, enclosed
from .parts import box_of, count_labels, find_parts

RAISED = 0.35
NECK_SHARE = 0.6


def separate(mask: np.ndarray, array: np.ndarray, spacing: Spacing, value: float, inside: float, neck_mm: float,
             smallest_mm3: float, progress: Progress = silent) -> np.ndarray:
    """Labels (k, j, i) uint16 of the bones in `mask` (solid, hollows filled), 1..n by falling size.

    Cores are looked for where the grey value rises a third of the way from `value` to `inside` (a narrow joint space, blurred
    above the boundary, falls out) and where the bone is thicker than `neck_mm`. Around them the mask is divided by a watershed on the
    depth. Two neighbours that meet over a face nearly as thick as the thinner of both are one bone again.
    """
    result = np.zeros(mask.shape, dtype=np.uint16)
    box = box_of(mask, margin=1)
    if box is None:
        return result
    solid = np.ascontiguousarray(mask[box])
    depth = core_depth(solid, array[box], spacing, value + RAISED * (inside - value), part(progress, 0.0, 0.4))
    voxel = float(np.prod(spacing))
    cores = find_parts(depth > 0.5 * neck_mm, progress=part(progress, 0.4, 0.5))
    if cores is None:
        return _by_parts(result, mask)
    big = cores.counts * voxel >= 0.1 * smallest_mm3
    big[0] = False
    if big.sum() < 2 or big.sum() > 4000:
        return _by_parts(result, mask)
    number = np.where(big, np.cumsum(big), 0).astype(np.uint16)
    markers = np.zeros(solid.shape, dtype=np.uint16)
    markers[cores.box] = number[cores.labels]
    progress(0.5, "telling touching bones apart")
    regions = flood(markers, depth, solid)
    regions = _merged(regions, depth, voxel, smallest_mm3)
    result[box] = regions
    rest = mask & (result == 0)
    if rest.any():
        loose = find_parts(rest)
        assert loose is not None
        view = result[loose.box]
        view[loose.labels > 0] = (loose.labels[loose.labels > 0] + result.max()).astype(np.uint16)
    return _by_size(result)


def core_depth(solid: np.ndarray, array: np.ndarray, spacing: Spacing, raised: float, progress: Progress = silent) -> np.ndarray:
    """Depth in mm (float32) of each voxel in the bone as it is where the boundary is raised to `raised`, hollows filled."""
    # Hollows are those of the solid mask: the raised shell may leak where the cortex is thin.
    shell = solid & (array >= raised)
    hollow = solid & (array < raised)
    deep = distance(solid, spacing) > 2.0 * max(spacing)
    shell |= hollow & deep & ~_thin_valleys(shell, hollow)
    shell |= enclosed(shell)
    progress(0.6, "telling touching bones apart")
    return distance(shell, spacing)


def _thin_valleys(shell: np.ndarray, hollow: np.ndarray) -> np.ndarray:
    """Voxels of `hollow` that lie between two walls of `shell` at most two voxels apart: joint spaces, not marrow."""
    from scipy import ndimage

    ball = ndimage.iterate_structure(ndimage.generate_binary_structure(3, 1), 1)
    return hollow & ~ndimage.binary_dilation(ndimage.binary_erosion(hollow, ball), ball)


def flood(markers: np.ndarray, depth: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Watershed of `mask` from `markers` over falling depth; labels (k, j, i) uint16, no line between them (Beucher, Meyer 1993)."""
    import SimpleITK as sitk

    height = sitk.GetImageFromArray(-depth)
    found = sitk.MorphologicalWatershedFromMarkers(height, sitk.GetImageFromArray(markers), False, False)
    return np.where(mask, sitk.GetArrayFromImage(found), 0).astype(np.uint16)


def contacts(regions: np.ndarray) -> "list[tuple[np.ndarray, np.ndarray, tuple[slice, ...], tuple[slice, ...]]]":
    """Faces between different labels along each axis: (label, label, slices of the first, slices of the second)."""
    found = []
    for axis in range(3):
        first = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        second = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        found.append((regions[first], regions[second], first, second))
    return found


def _merged(regions: np.ndarray, depth: np.ndarray, voxel: float, smallest_mm3: float) -> np.ndarray:
    """Regions put together again where their contact is nearly as thick as the thinner region, or where one is too small."""
    count = int(regions.max())
    while True:
        sizes = count_labels(regions)
        thickest = np.zeros(count + 1, dtype=np.float32)
        np.maximum.at(thickest, regions.ravel(), depth.ravel())
        necks: dict[tuple[int, int], float] = {}
        for a, b, first, second in contacts(regions):
            meet = (a != b) & (a > 0) & (b > 0)
            low, high = np.minimum(a[meet], b[meet]), np.maximum(a[meet], b[meet])
            thin = np.minimum(depth[first][meet], depth[second][meet])
            keys = low.astype(np.int64) * (count + 1) + high
            order = np.argsort(keys)
            unique, starts = np.unique(keys[order], return_index=True)
            for key, value in zip(unique, np.maximum.reduceat(thin[order], starts) if len(unique) else ()):
                pair = divmod(int(key), count + 1)
                necks[pair] = max(necks.get(pair, 0.0), float(value))
        best, pair = 0.0, None
        for (a, b), neck in necks.items():
            small = min(sizes[a], sizes[b]) * voxel < smallest_mm3
            score = neck / max(float(min(thickest[a], thickest[b])), 1e-6) + (1.0 if small else 0.0)
            if score > best:
                best, pair = score, (a, b)
        if pair is None or best < NECK_SHARE:
            return regions
        regions = np.where(regions == pair[1], np.uint16(pair[0]), regions)


def _by_parts(result: np.ndarray, mask: np.ndarray) -> np.ndarray:
    parts = find_parts(mask)
    assert parts is not None
    result[parts.box] = np.minimum(parts.labels, np.iinfo(np.uint16).max)
    return _by_size(result)


def _by_size(labels: np.ndarray) -> np.ndarray:
    counts = count_labels(labels)
    counts[0] = 0
    rank = np.zeros(len(counts), dtype=np.uint16)
    order = np.argsort(-counts, kind="stable")
    order = order[counts[order] > 0]
    rank[order] = np.arange(1, len(order) + 1)
    return rank[labels]


def cut_faces(regions: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of voxels on either side of a face between two labels."""
    result = np.zeros(regions.shape, dtype=bool)
    for a, b, first, second in contacts(regions):
        meet = (a != b) & (a > 0) & (b > 0)
        result[first] |= meet
        result[second] |= meet
    return result
