"""Touching bones separated: where voxels darker than both, or only a neck, hold them together.

A joint space of one voxel, blurred above the boundary, is no gap in the mask; in the grey values it still is a valley
between two brighter sides. A gap as wide as the point spread function keeps half of the contrast, one half as wide a
quarter; across slices less is left.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress
from ..voxel_components import bounding_box, components_touching, label_components, label_voxel_counts
from .hole_filling import Spacing, distance_to_background

# How thick a contact must be, as a share of the thinner bone, to be bone; thicker where most of it lies in a valley.
NECK_SHARE, NECK_SHARE_IN_VALLEY = 0.5, 0.6
JOINT_SHARE = 0.7
VALLEY_SIDES_MM = (1.0, 2.0)


def separate_bones(
    mask: np.ndarray,
    array: np.ndarray,
    spacing: Spacing,
    valley: float,
    neck_mm: float,
    smallest_mm3: float,
    crumb_mm3: float,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """Labels (k, j, i) uint16 of the bones in `mask` (solid, hollows filled), 1..n by falling size.

    Valleys at least `valley` grey values deep that are open to the outside (joint spaces blurred above the boundary)
    count as outside; depth is the distance from there. A watershed on the depth divides the mask; neighbours that meet
    over a face nearly as thick as the thinner of both, and thicker than `neck_mm`, are one bone again, and so are
    pieces below `smallest_mm3`, unless only a valley joins them and they are as large as `crumb_mm3`. `spacing` are
    the steps i, j, k in mm.
    """
    result = np.zeros(mask.shape, dtype=np.uint16)
    box = bounding_box(mask, margin=1)
    if box is None:
        return result
    solid = np.ascontiguousarray(mask[box])
    progress(0.0, _("looking for joint spaces"))
    joint = joint_space_mask(solid, array[box], spacing, valley)
    depth = distance_to_background(solid & ~joint, spacing)
    progress(0.5, _("telling touching bones apart"))
    regions = watershed_basins(depth, solid, max(0.3 * neck_mm, 0.4 * max(spacing)))
    contact = _contacts_of(regions, depth, joint)
    sizes = label_voxel_counts(regions).astype(np.float64) * float(np.prod(spacing))
    regions = _merged(regions, depth, contact, sizes, neck_mm, smallest_mm3, crumb_mm3)
    result[box] = _numbered(regions)
    rest = mask & (result == 0)
    if rest.any():
        loose = label_components(rest)
        assert loose is not None
        view = result[loose.box]
        view[loose.labels > 0] = (loose.labels[loose.labels > 0] + result.max()).astype(np.uint16)
    return _numbered(result)


def joint_space_mask(solid: np.ndarray, array: np.ndarray, spacing: Spacing, least: float) -> np.ndarray:
    """Boolean mask (k, j, i) of the voxels of `solid` in valleys at least `least` deep that lead out of it.

    A valley that never reaches the outside is marrow between two tables, not a joint.
    """
    from scipy import ndimage

    found = np.zeros(solid.shape, dtype=bool)
    found[solid] = valley_depth(array, solid, spacing) >= least
    whole = np.ones((3, 3, 3), dtype=bool)
    return components_touching(found, found & ndimage.binary_dilation(~solid, whole), corners=True)


def valley_depth(array: np.ndarray, where: np.ndarray, spacing: Spacing) -> np.ndarray:
    """How deep (n,) each voxel of `where` lies below both its sides, 1 and 2 mm away: the largest over 13 directions.

    Negative on flanks and ridges. The volume goes on as its outermost voxels.
    """
    pad = [max(1, round(max(VALLEY_SIDES_MM) / step)) for step in spacing[::-1]]
    grey = np.pad(array, [(n, n) for n in pad], mode="edge")
    flat = grey.ravel()
    base = np.ravel_multi_index(tuple(places + n for places, n in zip(np.nonzero(where), pad)), grey.shape)
    own = flat[base].astype(np.float32)
    sides = np.full(len(own), -np.inf, dtype=np.float32)
    for direction in itertools.product((-1, 0, 1), repeat=3):
        if direction <= (0, 0, 0):
            continue
        # Diagonals reach as far in mm as the axes do.
        length = float(np.linalg.norm(direction))
        for side in VALLEY_SIDES_MM:
            dk, dj, di = (round(side / length / step) * d or d for step, d in zip(spacing[::-1], direction))
            offset = (dk * grey.shape[1] + dj) * grey.shape[2] + di
            np.maximum(sides, np.minimum(flat[base + offset], flat[base - offset]), out=sides)
    return sides - own


def watershed_basins(depth: np.ndarray, mask: np.ndarray, least: float) -> np.ndarray:
    """Regions (k, j, i) uint32 around the deepest places of `mask`, hills less than `least` mm high joined (Beucher,
    Meyer 1993)."""
    import SimpleITK as sitk

    found = sitk.MorphologicalWatershed(sitk.GetImageFromArray(-depth), least, False, False)
    return np.where(mask, sitk.GetArrayFromImage(found), 0).astype(np.uint32)


def label_contacts(regions: np.ndarray) -> "list[tuple[np.ndarray, np.ndarray, tuple[slice, ...], tuple[slice, ...]]]":
    """Faces between different labels along each axis: (label, label, slices of the first, slices of the second)."""
    found = []
    for axis in range(3):
        first = tuple(slice(None, -1) if a == axis else slice(None) for a in range(3))
        second = tuple(slice(1, None) if a == axis else slice(None) for a in range(3))
        found.append((regions[first], regions[second], first, second))
    return found


@dataclass(frozen=True)
class _Contacts:
    """Pairs (n, 2) of touching regions, and of each the largest depth at which they touch (mm), the number of its
    faces and the share of these in a valley; the thickest and largest first."""

    pairs: np.ndarray
    necks: np.ndarray
    faces: np.ndarray
    dark: np.ndarray


def _merged(
    regions: np.ndarray,
    depth: np.ndarray,
    contact: _Contacts,
    sizes: np.ndarray,
    neck_mm: float,
    smallest_mm3: float,
    crumb_mm3: float,
) -> np.ndarray:
    """Regions put together again where their contact is nearly as thick as the thinner of both, or where one is too
    small. `sizes` (mm3) of the regions are brought up to date on the way."""
    count = int(regions.max())
    thickest = np.zeros(count + 1, dtype=np.float32)
    np.maximum.at(thickest, regions.ravel(), depth.ravel())
    shares = np.where(contact.dark < JOINT_SHARE, NECK_SHARE, NECK_SHARE_IN_VALLEY)
    group = np.arange(count + 1)

    def root(label: int) -> int:
        while group[label] != label:
            group[label] = group[group[label]]
            label = int(group[label])
        return label

    changed = True
    while changed:
        changed = False
        # Groups grow thicker on the way, so that it is done again until nothing changes.
        for (first, second), neck, share in zip(contact.pairs, contact.necks, shares):
            a, b = root(int(first)), root(int(second))
            if a == b:
                continue
            small = min(sizes[a], sizes[b]) < (smallest_mm3 if neck > 0 else crumb_mm3)
            if small or neck >= max(share * min(thickest[a], thickest[b]), 0.5 * neck_mm, 1e-6):
                group[b] = a
                sizes[a] += sizes[b]
                thickest[a] = max(thickest[a], thickest[b])
                changed = True
    return np.array([root(label) for label in range(count + 1)], dtype=np.uint32)[regions]


def _contacts_of(regions: np.ndarray, depth: np.ndarray, joint: np.ndarray) -> _Contacts:
    """Where regions touch each other."""
    base = int(regions.max()) + 1
    keys, depths, dark = [], [], []
    for a, b, first, second in label_contacts(regions):
        meet = (a != b) & (a > 0) & (b > 0)
        low, high = np.minimum(a[meet], b[meet]), np.maximum(a[meet], b[meet])
        keys.append(low.astype(np.int64) * base + high)
        depths.append(np.minimum(depth[first][meet], depth[second][meet]))
        dark.append(joint[first][meet] | joint[second][meet])
    key = np.concatenate(keys)
    if len(key) == 0:
        return _Contacts(np.zeros((0, 2), dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    order = np.argsort(key, kind="stable")
    unique, starts, faces = np.unique(key[order], return_index=True, return_counts=True)
    necks = np.maximum.reduceat(np.concatenate(depths)[order], starts)
    share = np.add.reduceat(np.concatenate(dark)[order].astype(np.float64), starts) / faces
    first_come = np.lexsort((-faces, -necks))
    pairs = np.stack(np.divmod(unique, base), axis=1)
    return _Contacts(pairs[first_come], necks[first_come], faces[first_come], share[first_come])


def _numbered(regions: np.ndarray) -> np.ndarray:
    """Consecutive labels uint16 by falling size; what exceeds 65535 regions is left out."""
    counts = label_voxel_counts(regions)
    counts[0] = 0
    order = np.argsort(-counts, kind="stable")[:60_000]
    order = order[counts[order] > 0]
    rank = np.zeros(len(counts), dtype=np.uint16)
    rank[order] = np.arange(1, len(order) + 1)
    return rank[regions]


def interface_voxels(regions: np.ndarray) -> np.ndarray:
    """Boolean mask (k, j, i) of voxels on either side of a face between two labels."""
    result = np.zeros(regions.shape, dtype=bool)
    for a, b, first, second in label_contacts(regions):
        meet = (a != b) & (a > 0) & (b > 0)
        result[first] |= meet
        result[second] |= meet
    return result
