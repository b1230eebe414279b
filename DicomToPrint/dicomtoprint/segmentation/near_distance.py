"""Distances to a mask as far as they are asked for: over a whole scan a fraction of the time and memory of a full distance map."""

import numpy as np

from ..voxel_components import Box, bounding_box, grown_box

_ROUNDING = 1e-5  # of float32, so that a distance of exactly the limit counts as within it


def distance_up_to(mask: np.ndarray, steps: tuple[float, ...], most: float) -> np.ndarray:
    """Distance of each voxel to the nearest one of a mask where it is at most `most`.

    Exact and separable: least sums of squares along one axis after the other (Saito and Toriwaki 1994, doi
    10.1016/0031-3203(94)90133-3), plane by plane.

    Parameters
    ----------
    mask
        (k, j, i) bool.
    steps
        Along k, j, i in mm.
    most
        In mm.

    Returns
    -------
    numpy.ndarray
        (k, j, i) float32 in mm, infinite where it is more.
    """
    most *= 1.0 + _ROUNDING
    result = np.full(mask.shape, np.inf, dtype=np.float32)
    box = _box_around(mask, steps, most)
    if box is None:
        return result
    own, target = mask[box], result[box]
    held = np.asarray(np.any(own, axis=(1, 2)))
    reach = [int(most / step) for step in steps]
    for k, plane in enumerate(target):
        near = [n for n in range(max(0, k - reach[0]), min(len(own), k + reach[0] + 1)) if held[n]]
        for n in sorted(near, key=lambda n: -abs(n - k)):  # the nearest last
            np.copyto(plane, ((n - k) * steps[0]) ** 2, where=own[n])
        if near:
            _least_along(plane, steps[1], reach[1])
            _least_along(plane.T, steps[2], reach[2])
            np.sqrt(plane, out=plane)
            plane[plane > most] = np.inf
    return result


def _least_along(plane: np.ndarray, step: float, reach: int) -> None:
    """Makes each entry of (n, m) squared distances the least over its neighbours along the first axis, in place."""
    before = plane.copy(order="K")
    for shift in range(1, min(reach, len(plane) - 1) + 1):
        further = before + np.float32((shift * step) ** 2)
        np.minimum(plane[shift:], further[:-shift], out=plane[shift:])
        np.minimum(plane[:-shift], further[shift:], out=plane[:-shift])


def grown_by(mask: np.ndarray, steps: tuple[float, ...], most: float) -> np.ndarray:
    """Voxels (k, j, i) bool at most `most` mm from a mask; `steps` along k, j, i in mm."""
    return np.isfinite(distance_up_to(mask, steps, most))


def shrunk_by(mask: np.ndarray, steps: tuple[float, ...], most: float) -> np.ndarray:
    """Voxels (k, j, i) bool of a mask more than `most` mm from every voxel outside it; `steps` along k, j, i in mm."""
    result = np.zeros(mask.shape, dtype=bool)
    box = _box_around(mask, steps, most)
    if box is not None:
        result[box] = ~grown_by(~mask[box], steps, most)
    return result


def _box_around(mask: np.ndarray, steps: tuple[float, ...], most: float) -> Box | None:
    box = bounding_box(mask)
    return None if box is None else grown_box(box, int(most / min(steps)) + 1, mask.shape)
