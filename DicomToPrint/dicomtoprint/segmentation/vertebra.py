"""One vertebra from a seed in its body: the body by a star-shaped surface, the arch by shortest paths through bone.

The marrow of an old vertebra is as dark as the disc, and its cortex is porous: neither a threshold nor filling finds the
body. Rays from its middle do. Processes belong to the body from which a front reaches them first. The front is slow in dark
valleys, the joint spaces, and a path upwards costs more than one downwards: the lower joint processes and the spinous process
of a vertebra hang down to the next one, to which the path from their own body is longer.
"""

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import UsageError
from ..messages import _
from ..progress import ProgressCallback, no_progress, subprogress
from ..volume import Volume
from ..voxel_components import Box, label_components
from .hole_filling import closing_residue, enclosed_cavities
from .roi import crop
from .star_surface import StarSurface, fit_vertebral_body
from .thin_bone import detect_ridges

# Shares of the step from soft tissue to the boundary: a clear edge of the body; what bone is sought in; what of it is
# kept; thin bone kept from where it stands out by so much on both sides.
BODY_CONTRAST, BONE_SHARE, KEPT_SHARE, RIDGE_SHARE, RIDGE_RISE = 0.57, 0.5, 0.9, 0.4, 0.4
# How much more a way up costs than one down, and the share of the step over which the speed grows to its full.
UPHILL, SLOPE_SHARE = 1.0, 0.3
FRONT_PHRASE = _("telling the vertebra from its neighbours")
DISC_MM, DISC_DEGREES, CUT_OFF_MM = 8.0, 56.0, 12.0
MIN_FRAGMENT_MM3 = 200.0
MIN_BODY_MM3 = 200.0
VALLEY_MM, VALLEY_SHARE, CLOSING_MM = 1.5, 0.3, 3.1


@dataclass(frozen=True)
class VertebraMask:
    """One vertebra on the volume's grid, boolean masks (k, j, i): all of it, what closing bridged, what was filled, and the
    faces where it was cut from its neighbours."""

    mask: np.ndarray
    bridged: np.ndarray
    filled: np.ndarray
    cut: np.ndarray


def segment_vertebra(
    volume: Volume,
    seed_lps: np.ndarray,
    low: float,
    outside: float,
    reach_mm: float,
    progress: ProgressCallback = no_progress,
) -> VertebraMask:
    """The vertebra whose body holds a seed point.

    Parameters
    ----------
    volume
        The scan in HU.
    seed_lps
        (3,) LPS mm, in the body of the vertebra. The spine is taken to run roughly along the patient's long axis (within
        about 40 degrees).
    low
        Grey value of the boundary of bone.
    outside
        Grey value of soft tissue.
    reach_mm
        Only voxels within this distance of the seed along each axis are looked at.
    progress
        Called with fraction and phrase.

    Raises
    ------
    UsageError
        Where no vertebral body is found around the seed.
    """
    region = neighbourhood_box(volume, seed_lps, reach_mm)
    local = crop(volume, region)
    step = low - outside
    own, others, axis = _bodies(local, seed_lps, BODY_CONTRAST * step, subprogress(progress, 0.0, 0.3))
    quiet = _quiet(local.array)
    spacing = local.spacing
    thin = detect_ridges(quiet, spacing, outside + RIDGE_SHARE * step, np.inf, RIDGE_RISE * step)
    bone = _without_crumbs((quiet >= outside + BONE_SHARE * step) | thin, local.voxel_volume)
    points = _points(local)
    body, foreign_body = _body_masks(own, others, points, local)
    if np.count_nonzero(body & bone) * local.voxel_volume < MIN_BODY_MM3:
        raise UsageError(
            _("No vertebral body was found around the seed: place the seed in the middle of a vertebral body.")
        )
    progress(0.4, FRONT_PHRASE)
    speed = _front_speed(local, quiet, outside, step)
    own_bone = _reached_first(bone, speed, body, foreign_body, local.affine, subprogress(progress, 0.4, 0.9))
    rays = points - own.centre
    disc = (np.abs(rays @ axis) > np.cos(np.radians(DISC_DEGREES)) * np.linalg.norm(rays, axis=1)).reshape(bone.shape)
    reached = own_bone & ~disc & ~body
    arch = reached & (thin | (quiet >= outside + KEPT_SHARE * step))
    foreign = (bone & ~reached & ~body) | foreign_body
    parts = _closed_and_filled(body, arch, bone, foreign, foreign_body, spacing)
    return VertebraMask(*(_on_full_grid(part, region, volume.array.shape) for part in parts))


def _body_masks(
    own: StarSurface, others: list[StarSurface], points: np.ndarray, local: Volume
) -> tuple[np.ndarray, np.ndarray]:
    """Masks (k, j, i) of the vertebra's own body and of its neighbours' bodies; `points` (n, 3) LPS mm are all voxels."""
    shape = local.array.shape
    body = own.holds(points, -0.75 * float(np.cbrt(local.voxel_volume))).reshape(shape)
    foreign_body = np.zeros(shape, dtype=bool)
    for other in others:
        foreign_body |= other.holds(points).reshape(shape)
    return body, foreign_body & ~body


def _front_speed(local: Volume, quiet: np.ndarray, outside: float, step: float) -> np.ndarray:
    """Speed (k, j, i) of a front through bone, 0..1: slow in grey values below the boundary and in dark valleys."""
    from scipy import ndimage

    # Diffusion closes narrow joint spaces: they are searched for in the scan itself, hardly smoothed.
    valleys = _valleys(ndimage.gaussian_filter(local.array, 0.4, output=np.float32), local.spacing)
    slow = outside + min(BONE_SHARE, RIDGE_SHARE) * step
    return np.clip((quiet - slow) / (SLOPE_SHARE * step), 0.05, 1.0) * np.exp(-valleys / (VALLEY_SHARE * step))


def _closed_and_filled(
    body: np.ndarray,
    arch: np.ndarray,
    bone: np.ndarray,
    foreign: np.ndarray,
    foreign_body: np.ndarray,
    spacing: tuple[float, float, float],
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The masks of `VertebraMask` on the cropped grid: narrow gaps closed but for `foreign` voxels, cavities filled."""
    from scipy import ndimage

    mask = body | arch
    bridged = closing_residue(mask, spacing, CLOSING_MM) & ~foreign
    mask |= bridged
    mask |= enclosed_cavities(mask)
    mask = _with(mask, body)
    filled = mask & ~bridged & ~bone
    cut = mask & ndimage.binary_dilation(foreign & ~foreign_body)
    return mask, bridged & mask, filled, cut


def _on_full_grid(part: np.ndarray, region: Box, shape: tuple[int, ...]) -> np.ndarray:
    """A mask of the cropped grid on the volume's."""
    whole = np.zeros(shape, dtype=bool)
    whole[region] = part
    return whole


def neighbourhood_box(volume: Volume, point_lps: np.ndarray, reach_mm: float) -> Box:
    """Box of the voxels (slices k, j, i) within `reach_mm` of a point along each index axis."""
    place = volume.to_ijk(np.reshape(point_lps, (1, 3)))[0]
    found = []
    for middle, step, size in zip(place[::-1], volume.spacing[::-1], volume.array.shape):
        found.append(
            slice(max(0, int(middle - reach_mm / step)), min(size, int(np.ceil(middle + reach_mm / step)) + 1))
        )
    return found[0], found[1], found[2]


def _bodies(
    volume: Volume, seed: np.ndarray, contrast: float, progress: ProgressCallback
) -> "tuple[StarSurface, list[StarSurface], np.ndarray]":
    """The body at the seed, those above and below where they are in view, and the spine's axis."""
    from scipy import ndimage

    sigma = [0.7 * 1.5 / step for step in volume.spacing[::-1]]
    smooth = ndimage.gaussian_filter(volume.array, sigma, output=np.float32)
    own = fit_vertebral_body(smooth, volume.affine, np.asarray(seed, dtype=np.float64), contrast)
    others = []
    up = np.array([0.0, 0.0, 1.0])
    size = np.array(volume.array.shape[::-1])
    for side in (1.0, -1.0):
        progress(0.5 + 0.25 * side, _("looking for the vertebral bodies"))
        along = own.directions @ up * side
        half = float(np.median((own.radii * along)[along > 0.8]))
        start = own.centre + side * up * (2.0 * half + DISC_MM)
        place = volume.to_ijk(start[None])[0]
        # A neighbour cut by the field of view is still found: the scan is continued by its last slice.
        beyond = np.maximum(np.maximum(-place, place - (size - 1)), 0.0) * volume.spacing
        if beyond.max() <= CUT_OFF_MM:
            others.append(fit_vertebral_body(smooth, volume.affine, start, contrast, own))
    ends = [other.centre for other in others]
    axis = ends[0] - ends[-1] if len(ends) == 2 else up
    axis = axis / np.linalg.norm(axis)
    return own, others, axis if abs(axis @ up) > 0.75 else up


def _quiet(array: np.ndarray) -> np.ndarray:
    """Grey values with less noise and their edges kept: curvature anisotropic diffusion (Whitaker, Xue 2001)."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(array.astype(np.float32))
    return sitk.GetArrayFromImage(sitk.CurvatureAnisotropicDiffusion(image, 0.0625, 1.0, 1, 3))


def _points(volume: Volume) -> np.ndarray:
    """(n, 3) LPS mm of all voxels, in the order of the flat array."""
    k, j, i = np.indices(volume.array.shape, dtype=np.float32)
    return volume.to_lps(np.stack([i.ravel(), j.ravel(), k.ravel()], axis=1))


def _valleys(grey: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """How deep each voxel lies below both sides, at one and two steps of about 1.5 mm in 13 directions."""
    steps = [max(1, round(VALLEY_MM / step)) for step in spacing[::-1]]
    found = np.zeros(grey.shape, dtype=np.float32)
    for direction in itertools.product((-1, 0, 1), repeat=3):
        if direction <= (0, 0, 0):
            continue
        for factor in (1, 2):
            shift = [factor * n * d for n, d in zip(steps, direction)]
            sides = np.minimum(np.roll(grey, shift, (0, 1, 2)), np.roll(grey, [-s for s in shift], (0, 1, 2)))
            np.maximum(found, sides - grey, out=found)
    return found


def _reached_first(
    bone: np.ndarray,
    speed: np.ndarray,
    body: np.ndarray,
    foreign: np.ndarray,
    affine: np.ndarray,
    progress: ProgressCallback,
) -> np.ndarray:
    """Voxels of `bone` that the way through bone reaches from `body` before it does from `foreign`, at `speed` (0..1]
    in each."""
    speed = np.maximum(speed, 0.01)
    domain = bone | body | foreign
    speed[body | foreign] = 1.0
    progress(0.2, FRONT_PHRASE)
    graph, number = _graph(domain, 1.0 / speed, affine)
    from scipy.sparse.csgraph import dijkstra

    times = []
    for source in (body, foreign):
        if not source.any():
            times.append(np.full(graph.shape[0], np.inf))
            continue
        times.append(dijkstra(graph, directed=True, indices=number[source], min_only=True))
        progress(0.6, FRONT_PHRASE)
    first = np.zeros(domain.shape, dtype=bool)
    first[domain] = (times[0] < times[1]) & np.isfinite(times[0])
    return first & bone


def _graph(domain: np.ndarray, cost: np.ndarray, affine: np.ndarray) -> "tuple[Any, np.ndarray]":
    """Voxels of `domain` as a directed sparse graph over 26 neighbours, ways up the patient longer than ways down, and
    each voxel's number (-1 outside)."""
    from scipy.sparse import csr_matrix

    count = int(np.count_nonzero(domain))
    number = np.full(domain.shape, -1, dtype=np.int32)
    number[domain] = np.arange(count)
    rows, columns, weights = [], [], []
    for direction in itertools.product((-1, 0, 1), repeat=3):
        if direction == (0, 0, 0):
            continue
        first = tuple(slice(max(0, -d), min(n, n - d)) for d, n in zip(direction, domain.shape))
        second = tuple(slice(max(0, d), min(n, n + d)) for d, n in zip(direction, domain.shape))
        both = domain[first] & domain[second]
        way = affine[:3, :3] @ np.array(direction[::-1], dtype=np.float64)
        length = float(np.linalg.norm(way)) + UPHILL * max(0.0, float(way[2]))
        rows.append(number[first][both])
        columns.append(number[second][both])
        weights.append(0.5 * length * (cost[first][both] + cost[second][both]))
    shape = (count, count)
    return csr_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns))), shape=shape), number


def _without_crumbs(mask: np.ndarray, voxel_mm3: float) -> np.ndarray:
    parts = label_components(mask)
    return mask if parts is None else parts.select(parts.counts * voxel_mm3 >= MIN_FRAGMENT_MM3, mask.shape)


def _with(mask: np.ndarray, body: np.ndarray) -> np.ndarray:
    """The part of `mask` that holds most of `body`."""
    parts = label_components(mask)
    assert parts is not None
    share = np.bincount(np.asarray(parts.labels)[body[parts.box]], minlength=len(parts.counts))
    share[0] = 0
    keep = np.zeros(len(parts.counts), dtype=bool)
    keep[int(np.argmax(share))] = True
    return parts.select(keep, mask.shape)
