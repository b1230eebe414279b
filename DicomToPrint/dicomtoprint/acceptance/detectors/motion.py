"""Did the patient move between slices? A sideways jump of the anatomy against its neighbours."""

import numpy as np

from ...images.raster import RED, WIDTH, RasterImage, apply_window, hstack, resample_isotropic
from ...messages import _
from ...progress import ProgressCallback, no_progress
from ...rules import MISSING, Fact
from .scan_overview import ScanOverview
from .slice_labels import confidence_label, format_slices, slice_center

# Part of the method: a step counts above 0.6 mm and six times the usual scatter of the series; less is anatomy.
# Between thick slices anatomy itself changes more: a fifth of their distance counts as well.
STEP_MM, SCATTER_TIMES, STEP_SHARE = 0.6, 6.0, 0.2
NEIGHBOUR_SLICES = 9  # slices whose median is the natural drift of the anatomy (oblique bones, tilted slices)
MIN_BODY_FRACTION = 0.25  # of the median body area: the tip of a nose or a heel drifts by itself
GRID_MM = 1.0
EDGE_HU = 15.0  # a pixel, after the blur
BLUR_PIXELS = 1.0  # widens the reach of a step to about 3 mm
STEPS, POINTS, FEWEST = 4, 3000, 100


def detect_motion(
    scene: ScanOverview, numbers: tuple[int, ...], progress: ProgressCallback = no_progress
) -> tuple[Fact, tuple[RasterImage, ...]]:
    """Fact ``motion_slices``: how many slices jump sideways. Blur inside one rotation cannot be seen this way."""
    shifts = interslice_shifts(scene, progress)
    judged = np.isfinite(shifts).all(axis=1)
    evidence = _("pixels: sideways shift of the body between neighbouring slices")
    if judged.sum() < NEIGHBOUR_SLICES:
        return Fact("motion_slices", MISSING, _("too few slices show the body"), evidence), ()
    jumps = _jumps(shifts, judged)
    limit = max(STEP_MM, STEP_SHARE * scene.volume.spacing[2], SCATTER_TIMES * float(np.median(jumps[judged])))
    found = np.flatnonzero(jumps > limit)
    parameters = {
        "largest_mm": round(float(jumps.max()), 2),
        "limit_mm": round(limit, 2),
        "slices_judged": int(judged.sum()) + 1,
        "sure": confidence_label(float(jumps.max()) / limit),
    }
    where = _("after {slices}", slices=format_slices(found.tolist(), numbers)) if len(found) else ""
    fact = Fact(
        "motion_slices",
        len(found),
        where,
        evidence,
        parameters=parameters,
        places=tuple(slice_center(scene.volume, int(k) + 1) for k in found[:20]),
    )
    if len(found) == 0:
        return fact, ()
    return fact, (_pair(scene, int(jumps.argmax()), float(jumps.max()), numbers),)


def _jumps(shifts: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """(k - 1,) mm by which each pair departs from the drift of its neighbours; 0 where not judged.

    A jump departs from the median of its surroundings and from a pair right beside it; anatomy that leans more and more
    (and the ends of a scan, where the median looks to one side) departs from the median alone.
    """
    jumps = np.where(judged, np.linalg.norm(shifts - _running_median(shifts, judged), axis=1), 0.0)
    beside = np.where(judged[:-1] & judged[1:], np.linalg.norm(np.diff(shifts, axis=0), axis=1), 0.0)
    return np.minimum(jumps, np.maximum(np.append(beside, 0.0), np.insert(beside, 0, 0.0)))


def _running_median(shifts: np.ndarray, judged: np.ndarray) -> np.ndarray:
    """Median of the judged shifts among the nine nearest pairs, per axis."""
    drift = np.zeros_like(shifts)
    half = NEIGHBOUR_SLICES // 2
    for k in np.flatnonzero(judged):
        start = int(np.clip(k - half, 0, max(0, len(shifts) - NEIGHBOUR_SLICES)))
        near = slice(start, start + NEIGHBOUR_SLICES)
        drift[k] = np.median(shifts[near][judged[near]], axis=0)
    return drift


def interslice_shifts(scene: ScanOverview, progress: ProgressCallback = no_progress) -> np.ndarray:
    """(k - 1, 2) mm along j and i by which the body lies elsewhere in the next slice; NaN where that cannot be measured."""
    array, body = scene.volume.array, scene.body
    shifts = np.full((len(array) - 1, 2), np.nan)
    areas = body.sum(axis=(1, 2))
    if not areas.any():
        return shifts
    enough = areas >= MIN_BODY_FRACTION * np.median(areas[areas > 0])
    step = max(1, round(GRID_MM / scene.pixel_mm))
    middle = scene.soft if scene.soft is not None else 0.0
    spacing = np.array([scene.volume.spacing[1], scene.volume.spacing[0]]) * step
    box = _box(body, scene.body_step, step, array.shape)
    current = _reduced(array[0], step, box, middle)
    for k in range(len(shifts)):
        if k % 8 == 0:
            progress(k / len(shifts), _("looking for motion"))
        following = _reduced(array[k + 1], step, box, middle)
        if enough[k] and enough[k + 1]:
            inside = _enlarged(body[k], scene.body_step, step, box, current.shape)
            shifts[k] = _shift(current, following, inside) * spacing
        current = following
    return shifts


def _box(body: np.ndarray, body_step: int, step: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of the reduced grid that the body needs, with a margin."""
    flat = np.any(body, axis=0)
    ranges = []
    for axis, size in ((1, shape[1] // step), (0, shape[2] // step)):
        used = np.flatnonzero(np.any(flat, axis=axis)) * body_step / step
        ranges.append(slice(max(0, int(used[0]) - 6), min(size, int(used[-1]) + 6 + body_step)))
    return ranges[0], ranges[1]


def _reduced(plane: np.ndarray, step: int, box: tuple[slice, slice], middle: float) -> np.ndarray:
    """Block means of a slice, float32, clipped around soft tissue so that metal and couch do not lead."""
    from scipy import ndimage

    rows, columns = (slice(part.start * step, part.stop * step) for part in box)
    clipped = np.clip(plane[rows, columns], middle - 300, middle + 500).astype(np.float32)
    height, width = clipped.shape[0] // step, clipped.shape[1] // step
    means = clipped[: height * step, : width * step].reshape(height, step, width, step).mean(axis=(1, 3))
    return ndimage.gaussian_filter(means, BLUR_PIXELS, truncate=2.5)


def _enlarged(
    body: np.ndarray, body_step: int, step: int, box: tuple[slice, slice], shape: tuple[int, ...]
) -> np.ndarray:
    """The body of a slice on the reduced grid."""
    j = np.minimum((np.arange(shape[0]) + box[0].start) * step // body_step, body.shape[0] - 1)
    i = np.minimum((np.arange(shape[1]) + box[1].start) * step // body_step, body.shape[1] - 1)
    return body[j[:, None], i]


def _shift(first: np.ndarray, second: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """(j, i) pixels by which `second` is shifted against `first` (Lucas and Kanade 1981, with Cauchy weights).

    Growth and turning are fitted along with the shift: a skull that closes towards its top grows, and has not moved.
    """
    from scipy import ndimage

    slope_j, slope_i = np.zeros_like(first), np.zeros_like(first)
    slope_j[1:-1] = (first[2:] - first[:-2]) / 2
    slope_i[:, 1:-1] = (first[:, 2:] - first[:, :-2]) / 2
    strength = ((slope_j * slope_j + slope_i * slope_i) * inside).ravel()
    points = np.flatnonzero(strength > EDGE_HU**2)
    if len(points) < FEWEST:
        return np.full(2, np.nan)
    if len(points) > POINTS:
        # The strongest edges: weak ones are noise, which stays where it is and would vote against motion.
        points = points[np.argpartition(strength[points], len(points) - POINTS)[-POINTS:]]
    j, i = (axis.astype(np.float64) for axis in np.unravel_index(points, first.shape))
    y, x = (axis - axis.mean() for axis in (j, i))
    slope_j, slope_i = (slope.ravel()[points].astype(np.float64) for slope in (slope_j, slope_i))
    far = max(1.0, float(np.hypot(y, x).mean()))  # makes the four parameters equally large
    columns = np.stack([slope_j, slope_i, (slope_j * y + slope_i * x) / far, (slope_i * y - slope_j * x) / far])
    grey = first.ravel()[points]
    fit = np.zeros(4)
    for _unused in range(STEPS):
        growth, turn = fit[2] / far, fit[3] / far
        at = [j + fit[0] + growth * y - turn * x, i + fit[1] + growth * x + turn * y]
        error = ndimage.map_coordinates(second, at, order=1, mode="nearest") - grey
        scatter = 1.4826 * np.median(np.abs(error)) + 1e-3
        weight = 1.0 / (1.0 + (error / (2.0 * scatter)) ** 2)
        matrix = (columns * weight) @ columns.T
        if np.linalg.cond(matrix) > 1e6:
            return np.full(2, np.nan)
        fit = fit - np.linalg.solve(matrix, (columns * weight) @ error)
    return fit[:2] if np.abs(fit).max() < 20 else np.full(2, np.nan)


def _pair(scene: ScanOverview, k: int, jump: float, numbers: tuple[int, ...]) -> RasterImage:
    """Two neighbouring slices side by side, the second with the outline of the first."""
    from scipy import ndimage

    array = scene.volume.array
    soft = scene.soft if scene.soft is not None else 0.0
    rows, columns = _box(scene.body, scene.body_step, 1, array.shape)
    # Smoothed first: noise in spongy bone would draw an outline of its own.
    smooth = ndimage.gaussian_filter(array[k, rows, columns].astype(np.float32), 1.0)
    outline = smooth > (scene.bone_limit + soft + 1000.0) / 2
    outline ^= ndimage.binary_erosion(outline)
    halves = []
    for index in (k, k + 1):
        half = apply_window(array[index, rows, columns], soft - 200, soft + 1200)
        half[outline] = RED
        halves.append(resample_isotropic(half, scene.volume.spacing[1], scene.volume.spacing[0], (WIDTH - 4) // 2))
    text = _(
        "Images {numbers} and {numbers2}: the anatomy jumps by {jump:.1f} mm.",
        numbers=numbers[k],
        numbers2=numbers[k + 1],
        jump=jump,
    )
    return RasterImage(
        "motion", text + _(" Red: outline of the bone in the first, drawn on both."), text, hstack(halves)
    )
