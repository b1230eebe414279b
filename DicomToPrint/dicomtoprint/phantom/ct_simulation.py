"""From solids to HU with partial volume, a point spread function, noise, padding and defects, slab by slab.

Blurring is linear, so the picture is a sum of coverages, each times the step in HU from what surrounds it; no voxel
is ever decided to be bone or not. The point spread function is a Gaussian (the detector's, widened by the pixel's own
width), averaged over the slice profile by Gauss-Legendre quadrature along the normal of the slices.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress
from .geometry import AIR_HU, CORTICAL_HU, SOFT_HU, PhantomGeometry
from .solids import Point, Solid, Union

BLOCK = 4  # voxels along an edge of a block: all air or all inside is decided for a block at once
PADDING_HU = -3024  # stored as -2000 with intercept -1024, as GE scanners do
IMPLANT_HU = 12000.0
MAX_HU = 3071
COUCH_HU, COUCH_CORE_HU = -250.0, -930.0


@dataclass(frozen=True)
class DensityStep:
    """A solid and the step in HU that it adds; `moves` is True for what moves with the patient."""

    solid: Solid
    hu: float
    moves: bool = True


def density_steps(layout: PhantomGeometry, couch: bool, implant: bool) -> list[DensityStep]:
    """The picture of a layout as steps in HU over air."""
    steps = [DensityStep(layout.body, SOFT_HU - AIR_HU)]
    steps += [DensityStep(bone, CORTICAL_HU - SOFT_HU) for bone in layout.bones.values()]
    steps += [DensityStep(solid, hu - CORTICAL_HU) for solid, hu in layout.inner.values()]
    if layout.lattice is not None:
        steps.append(DensityStep(layout.lattice, CORTICAL_HU - next(iter(layout.inner.values()))[1]))
    if couch:
        steps.append(DensityStep(layout.couch, COUCH_HU - AIR_HU, False))
        steps.append(DensityStep(layout.couch_core, COUCH_CORE_HU - COUCH_HU, False))
    if implant:
        # It lies in the core of the shaft and replaces cancellous bone.
        core = next(iter(layout.inner.values()))[1]
        steps.append(DensityStep(layout.implant, IMPLANT_HU - core))
    return steps


def simulate_ct(
    affine: np.ndarray,
    shape: tuple[int, int, int],
    steps: Sequence[DensityStep],
    sigma: float,
    thickness: float,
    shifts: np.ndarray,
    progress: ProgressCallback = no_progress,
) -> np.ndarray:
    """HU (k, j, i) float32 of `steps` on the grid of `affine` (index i, j, k to LPS mm).

    `sigma` mm of the whole in-plane point spread function; `thickness` mm of the slice profile; `shifts` (k, 3) mm by
    which the patient has moved in each slice.
    """
    result = np.empty(shape, dtype=np.float32)
    for start in range(0, shape[0], BLOCK):
        progress(start / shape[0], _("rendering the phantom"))
        stop = min(start + BLOCK, shape[0])
        result[start:stop] = _slab(affine, start, stop, shape, steps, sigma, thickness, shifts[start:stop])
    return result


def _slab(
    affine: np.ndarray,
    start: int,
    stop: int,
    shape: tuple[int, int, int],
    steps: Sequence[DensityStep],
    sigma: float,
    thickness: float,
    shifts: np.ndarray,
) -> np.ndarray:
    """One slab of slices, cut into blocks (by, bx, k, j, i) of which only those near a surface are evaluated in
    full."""
    count = stop - start
    by, bx = -(-shape[1] // BLOCK), -(-shape[2] // BLOCK)
    blocks = np.full((by * bx, count, BLOCK, BLOCK), AIR_HU, dtype=np.float32)
    corner_j, corner_i = np.meshgrid(np.arange(by) * BLOCK, np.arange(bx) * BLOCK, indexing="ij")
    corners = np.stack([corner_i.ravel(), corner_j.ravel(), np.full(by * bx, start)], axis=-1)
    origins = corners @ affine[:3, :3].T + affine[:3, 3]
    k, j, i = np.meshgrid(np.arange(count), np.arange(BLOCK), np.arange(BLOCK), indexing="ij")
    inside = np.stack([i, j, k], axis=-1).reshape(-1, 3) @ affine[:3, :3].T
    centre = (inside.min(axis=0) + inside.max(axis=0)) / 2
    reach = np.linalg.norm(inside - centre, axis=1).max() + 4.5 * sigma + thickness / 2
    moved = (inside.reshape(count, -1, 3) - shifts[:, None, :]).reshape(-1, 3)
    for step in steps:
        offsets = moved if step.moves else inside
        slack = np.linalg.norm(shifts, axis=1).max() if step.moves else 0.0
        distance = step.solid.distance(origins + centre)
        blocks[distance < -(reach + slack)] += np.float32(step.hu)
        near = np.flatnonzero(np.abs(distance) <= reach + slack)
        _add_near(blocks, near, origins, offsets, step, sigma, thickness, _normal(affine), reach + slack)
    slab = blocks.reshape(by, bx, count, BLOCK, BLOCK).transpose(2, 0, 3, 1, 4)
    return slab.reshape(count, by * BLOCK, bx * BLOCK)[:, : shape[1], : shape[2]]


def _normal(affine: np.ndarray) -> np.ndarray:
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    return normal / np.linalg.norm(normal)


def _add_near(
    blocks: np.ndarray,
    near: np.ndarray,
    origins: np.ndarray,
    offsets: np.ndarray,
    step: DensityStep,
    sigma: float,
    thickness: float,
    normal: np.ndarray,
    reach: float,
) -> None:
    """Add a step to the blocks `near` its surface, voxel by voxel, averaged over the slice profile."""
    nodes, weights = np.polynomial.legendre.leggauss(max(2, int(np.ceil(thickness / sigma))))
    chunk = max(1, 400_000 // len(offsets))
    for first in range(0, len(near), chunk):
        some = near[first : first + chunk]
        points = (origins[some][:, None, :] + offsets).astype(np.float32)
        share = np.zeros(points.shape[:2], dtype=np.float32)
        for node, weight in zip(nodes, weights):
            at = points + np.asarray(node * thickness / 2 * normal, dtype=np.float32)
            share += np.float32(weight / 2) * _share(step.solid, at, sigma, reach)
        blocks[some] += np.float32(step.hu) * share.reshape(-1, *blocks.shape[1:])


def _noise_kernel(correlation: float) -> np.ndarray:
    """Gaussian filter of unit noise gain whose result has the lag-1 autocorrelation asked for."""
    if correlation <= 0:
        return np.ones(1)
    x = np.arange(-5, 6)
    widths = np.linspace(0.2, 2.0, 361)
    kernels = np.exp(-x * x / (2.0 * widths[:, None] ** 2))
    kernels /= np.linalg.norm(kernels, axis=1)[:, None]
    reached = (kernels[:, 1:] * kernels[:, :-1]).sum(axis=1)
    return kernels[np.argmin(np.abs(reached - correlation))]


def _share(solid: Solid, points: np.ndarray, sigma: float, reach: float) -> np.ndarray:
    """Coverage of points (blocks, voxels, 3); of a union, only parts within `reach` mm of a block are asked."""
    if not isinstance(solid, Union):
        return solid.coverage(points, sigma)
    distances = np.stack([part_of_it.distance(points.mean(axis=1)) for part_of_it in solid.parts], axis=1)
    share = np.zeros(points.shape[:2], dtype=np.float32)
    share[(distances < -reach).any(axis=1)] = 1.0
    open_ = np.flatnonzero((distances >= -reach).all(axis=1) & (np.abs(distances) <= reach).any(axis=1))
    sets, which = np.unique(np.abs(distances[open_]) <= reach, axis=0, return_inverse=True)
    for number, parts in enumerate(sets):
        rows = open_[which.ravel() == number]
        near = Union(tuple(one for one, met in zip(solid.parts, parts) if met))
        share[rows] = near.coverage(points[rows], sigma)
    return share


def add_noise(
    volume: np.ndarray, noise_hu: float, correlation: float, seed: int, progress: ProgressCallback = no_progress
) -> None:
    """Add Gaussian noise of standard deviation `noise_hu` in place, with in-plane lag-1 autocorrelation `correlation`
    (0..0.9).

    Each slice has its own seed, so that the noise of a slice does not depend on how many there are.
    """
    from scipy import ndimage

    if noise_hu <= 0:
        return
    kernel = _noise_kernel(correlation)
    for k in range(len(volume)):
        if k % 16 == 0:
            progress(k / len(volume), _("adding noise"))
        noise = np.random.default_rng((seed, k)).standard_normal(volume.shape[1:], dtype=np.float32)
        if len(kernel) > 1:
            noise = ndimage.correlate1d(noise, kernel, axis=0, mode="wrap")
            noise = ndimage.correlate1d(noise, kernel, axis=1, mode="wrap")
        volume[k] += np.float32(noise_hu) * noise


def add_streaks(volume: np.ndarray, affine: np.ndarray, layout: PhantomGeometry) -> None:
    """Bright and dark rays around the implant, in place, in the slices that it crosses."""
    start, end = np.asarray(layout.implant.start), np.asarray(layout.implant.end)  # type: ignore[attr-defined]
    radius = layout.implant.start_radius  # type: ignore[attr-defined]
    j, i = np.meshgrid(np.arange(volume.shape[1]), np.arange(volume.shape[2]), indexing="ij")
    ij = np.stack([i, j, np.zeros_like(i)], axis=-1)
    for k in range(len(volume)):
        place = ij @ affine[:3, :3].T + affine[:3, 3] + k * affine[:3, 2]
        height = (place[0, 0, 2] - start[2]) / (end[2] - start[2])
        if not -0.02 <= height <= 1.02:
            continue
        away = place[..., :2] - (start + height * (end - start))[:2]
        distance, angle = np.linalg.norm(away, axis=-1), np.arctan2(away[..., 1], away[..., 0])
        fade = np.exp(-distance / 35.0) * (distance > radius)
        rays = 700.0 * np.cos(9.0 * angle + 0.3 * k) - 300.0 * np.cos(angle) ** 12
        volume[k] += (fade * rays).astype(np.float32)


def apply_padding(volume: np.ndarray, wedge_rows: float) -> None:
    """Write the padding value outside the reconstruction circle, and above a slanted edge that moves `wedge_rows` a
    slice."""
    rows, columns = volume.shape[1:]
    j, i = np.ogrid[:rows, :columns]
    radius = min(rows, columns) / 2
    volume[:, np.hypot(j - (rows - 1) / 2, i - (columns - 1) / 2) > radius] = PADDING_HU
    for k in range(len(volume)) if wedge_rows else ():
        edge = round(abs(wedge_rows) * (k if wedge_rows > 0 else len(volume) - 1 - k))
        volume[k, :edge] = PADDING_HU


def scan_affine(
    shape: tuple[int, int, int], spacing: tuple[float, float, float], tilt_degrees: float, centre: Point
) -> np.ndarray:
    """4x4 affine (i, j, k to LPS mm), feet first, centred on `centre`; a tilted gantry turns the slices but not the
    table's way."""
    tilt = np.radians(tilt_degrees)
    affine = np.eye(4)
    affine[:3, 0] = (spacing[0], 0.0, 0.0)
    affine[:3, 1] = spacing[1] * np.array([0.0, np.cos(tilt), np.sin(tilt)])
    affine[:3, 2] = (0.0, 0.0, spacing[2])
    middle = affine[:3, :3] @ [(shape[2] - 1) / 2, (shape[1] - 1) / 2, (shape[0] - 1) / 2]
    affine[:3, 3] = np.asarray(centre) - middle
    return affine


def quantize(volume: np.ndarray, hu_offset: float) -> np.ndarray:
    """HU (k, j, i) as int16, shifted by `hu_offset` and clipped as a scanner stores them."""
    result = np.empty(volume.shape, dtype=np.int16)
    for k in range(len(volume)):
        result[k] = np.rint(np.clip(volume[k] + hu_offset, -1024, MAX_HU))
    return result
