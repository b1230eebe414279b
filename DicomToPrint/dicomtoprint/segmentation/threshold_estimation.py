"""Where the surface of a structure lies: the half-maximum grey value between its two sides, measured in the scan itself.

The half maximum (Spoor, Zonneveld, Macho 1993, doi 10.1002/ajpa.1330910405) puts a blurred edge
back at its
true place, whatever the scanner's kernel or scale; a fixed HU does so only for one pair of materials.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .presets import ThresholdSettings
from .thick_bone import FINEST_MM, FURTHER, MIN_MM, MIN_VOXELS, has_soft_tissue, is_thick, without_thin

AIR_HU, FAT_HU, SOFT_HU = -1000.0, -110.0, 40.0
MIN_SOFT_SHARE, MIN_BONE_SHARE = 0.2, 0.005
NARROW_SCALE = 400.0  # grey values from air to soft tissue: fewer are unusual
BRIGHTEST_BONE = (
    2.4  # steps from air to soft tissue by which the brightest bone exceeds soft tissue, and metal only more
)


@dataclass(frozen=True)
class IntensityScale:
    """Grey values of air and of soft tissue in a scan; `calibrated` where they stand at their HU."""

    air: float
    soft: float
    calibrated: bool

    def grey(self, hu: float) -> float:
        """Grey value that stands for `hu` in this scan."""
        if self.calibrated:
            return hu
        return self.air + (hu - AIR_HU) / (SOFT_HU - AIR_HU) * (self.soft - self.air)


IDENTITY_SCALE = IntensityScale(AIR_HU, SOFT_HU, True)


@dataclass(frozen=True)
class ThresholdEstimate:
    """Result of `half_maximum_threshold`: the surface's grey value, the typical grey values of both sides, the edges' spread and
    number; `thick` of them lie on bone thick enough to show its own grey value."""

    value: float
    inside: float
    outside: float
    spread: float
    edges: int
    thick: int = 0


def strided_sample(array: np.ndarray, about: int = 2_000_000) -> np.ndarray:
    """Evenly strided voxels (1-D), about `about` of them."""
    stride = max(1, round((array.size / about) ** (1 / 3)))
    return array[::stride, ::stride, ::stride].ravel()


def estimate_intensity_scale(array: np.ndarray) -> IntensityScale:
    """Where air and soft tissue stand in the histogram of a scan (k, j, i).

    A scan counts as calibrated where a peak lies at the HU of air, where soft tissue stands at its HU beside darker
    voxels, or
    where there are no two peaks to tell otherwise. The smallest value alone (padding) is left out.
    """
    from scipy import ndimage

    calibrated = IDENTITY_SCALE
    values = strided_sample(array).astype(np.float32)
    inner = values[values > values.min()]
    if len(inner) < 1000:
        return calibrated
    low, high = np.percentile(inner, [0.5, 99.9])
    if high - low < 1e-6:
        return calibrated
    counts, edges = np.histogram(inner, bins=256, range=(float(low), float(high)))
    smooth = np.concatenate([[0.0], ndimage.gaussian_filter1d(counts.astype(np.float64), 2.0), [0.0]])
    peaks, heights = prominent_peaks(smooth, 0.02 * float(smooth.max()))
    places = edges[peaks - 1] + 0.5 * (edges[1] - edges[0])
    if any(-1150 <= p <= -850 for p in places) or len(places) < 2:
        return calibrated
    later = np.flatnonzero(places > places[0] + 0.1 * (high - low))
    if len(later) == 0:
        return calibrated
    air, soft = float(places[0]), float(places[later[np.argmax(heights[later])]])
    if soft - air < 8.0 * estimate_noise(array):
        return calibrated
    if low > -700 and -200 <= air <= 150 and _is_soft_and_bone(inner, air, soft):
        return calibrated
    if low <= -700 and any(-150 <= p <= 150 for p in places):
        return calibrated
    return IntensityScale(air, soft, False)


def prominent_peaks(values: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Places of the peaks in `values` (n,), of a flat one its middle, that stand out by at least `least` from the higher of the
    valleys beside them, and by how much each does: as `scipy.signal.find_peaks`, whose import alone takes half as long as
    the segmentation of a scan."""
    first = np.flatnonzero(np.append(True, values[1:] != values[:-1]))
    last = np.append(first[1:], len(values)) - 1
    level = values[first]
    tops = np.flatnonzero((level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])) + 1
    peaks = (first[tops] + last[tops]) // 2
    heights = np.zeros(len(peaks))
    for number, peak in enumerate(peaks):
        higher = np.flatnonzero(values > values[peak])
        left = higher[higher < peak].max(initial=-1) + 1
        right = higher[higher > peak].min(initial=len(values))
        heights[number] = values[peak] - max(values[left : peak + 1].min(), values[peak:right].min())
    keep = heights >= least
    return peaks[keep], heights[keep]


def _is_soft_and_bone(inner: np.ndarray, low: float, high: float) -> bool:
    """Whether two peaks, the lower around zero, are soft tissue and bone of a scan without air in view, not air and
    soft tissue of another scale.

    As air and soft tissue they would have much above the lower one, and bone above the upper one: some of it, and
    mostly below 2100 HU on that scale.
    """
    share = float((inner > 0.5 * (low + high)).mean())
    step = high - low
    brighter = inner[inner > high + 0.25 * step]
    if share < MIN_SOFT_SHARE or len(brighter) < MIN_BONE_SHARE * share * len(inner):
        return True
    if np.median(brighter) > high + 2.0 * step:
        return True
    # Water and the core of a vertebra: on a scale of so few grey values the brightest bone would lie beyond any bone.
    return bool(step < NARROW_SCALE and np.percentile(brighter, 99) > high + BRIGHTEST_BONE * step)


def estimate_noise(array: np.ndarray) -> float:
    """Standard deviation of the noise, from the differences of neighbours along i (robust; correlated noise reads
    lower).

    What a step between neighbours must exceed to be an edge: the limits in this package are multiples of this figure, not of
    the whole standard deviation (`accuracy.error_budget.estimate_noise`).
    """
    stride = max(1, array.shape[0] // 24)
    planes = array[::stride].astype(np.float32)
    differences = np.abs(np.diff(planes, axis=2)).ravel()
    differences = differences[differences > 0]
    return float(np.median(differences) / (0.6745 * np.sqrt(2.0))) if len(differences) else 0.0


def half_maximum_threshold(
    array: np.ndarray,
    affine: np.ndarray,
    settings: ThresholdSettings,
    scale: IntensityScale,
    ceiling: float | None = None,
    inside_body: Callable[[np.ndarray], np.ndarray] | None = None,
) -> ThresholdEstimate | None:
    """The half-maximum grey value of a structure's edges, or None where the scan shows too few edges to measure it.

    `array` (k, j, i), `affine` 4x4 to LPS mm (shear counted). Edges are sought at the start value, then at what was found, three
    times; each edge gives the mean of the plateaus on its two sides, along its own gradient; the result is the median weighted by
    contrast, held within the preset's range. Edges of something that never reaches the start value, or is brighter than `ceiling`
    (metal), or lies where `inside_body`, given (n, 3) index positions (i, j, k), says False, do not count.
    """
    low, high = sorted(scale.grey(v) for v in settings.range)
    value = start = scale.grey(settings.start)
    minimum = abs(value - scale.grey(SOFT_HU)) * 0.5
    found = None
    fine = float(np.linalg.norm(affine[:3, :3], axis=0).max()) <= FINEST_MM
    tissue, air = scale.grey(SOFT_HU), scale.grey(AIR_HU)
    soft = settings.range_in_air is not None and has_soft_tissue(strided_sample(array), tissue, air)
    for count in (4_000, 8_000, 20_000):
        points = threshold_crossings(array, value, count)
        if inside_body is not None and len(points):
            within = inside_body(points)
            # Where nothing of the edges lies in it, the body was not found: all edges count.
            points = points[within] if within.sum() >= 50 else points
        if len(points) < 50:
            break
        inside, outside, thick = edge_plateaus(array, affine, points, settings.bright, tissue if soft else None)
        if soft:
            outside = np.maximum(outside, scale.grey(FAT_HU))  # beside air too the boundary must leave soft tissue out
        good = np.abs(inside - outside) >= max(minimum, 1e-6)
        good &= inside >= start if settings.bright else inside <= start
        if ceiling is not None:
            good &= inside < ceiling
        if good.sum() < 50:
            break
        inside, outside, thick = inside[good], outside[good], thick[good]
        if settings.bright and fine:
            inside, outside, thick = without_thin(inside, outside, thick)
        halves, weights = 0.5 * (inside + outside), np.abs(inside - outside)
        middle = weighted_quantiles(halves, weights, (0.25, 0.5, 0.75))
        beside = float(weighted_quantiles(outside, weights, (0.5,))[0])
        in_air = settings.range_in_air is not None and not soft and beside < scale.grey(-500.0)
        if in_air:
            assert settings.range_in_air is not None
            low, high = sorted(scale.grey(v) for v in settings.range_in_air)
        value = float(np.clip(middle[1], low, high))
        found = ThresholdEstimate(
            value,
            float(weighted_quantiles(inside, weights, (0.5,))[0]),
            beside,
            float(middle[2] - middle[0]),
            len(halves),
            int(thick.sum()),
        )
    return found


def weighted_quantiles(values: np.ndarray, weights: np.ndarray, shares: tuple[float, ...]) -> np.ndarray:
    """Quantiles of weighted values."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    places = np.searchsorted(total, np.asarray(shares) * total[-1])
    return values[order][np.minimum(places, len(values) - 1)]


def lowest_above(array: np.ndarray, value: float) -> "float | int":
    """The lowest grey value that is not below `value`: whole for whole grey values, whose comparison needs no conversion."""
    if array.dtype.kind not in "iu":
        return value
    limits = np.iinfo(array.dtype)
    return int(np.ceil(value)) if limits.min < value <= limits.max else value


def threshold_crossings(array: np.ndarray, value: float, count: int) -> np.ndarray:
    """(n, 3) index positions (i, j, k) where the grey value passes `value` between neighbours; a fixed random choice
    of `count`."""
    generator = np.random.default_rng(0)
    found = []
    least = lowest_above(array, value)
    stride = max(1, array.shape[0] // 48)
    depth = array.shape[0]
    for k in range(min(1, depth - 1), depth - 1, stride) if depth > 2 else range(depth):
        plane = array[k]
        above = plane >= least
        if not above.any():
            continue
        for axis in (0, 1):
            first, second = (above[:-1], above[1:]) if axis == 0 else (above[:, :-1], above[:, 1:])
            differs = first != second
            j, i = np.divmod(np.flatnonzero(differs), differs.shape[1])
            if len(j) > 4000:
                chosen = generator.choice(len(j), 4000, replace=False)
                j, i = j[chosen], i[chosen]
            a = plane[j, i].astype(np.float64)
            b = (plane[j + 1, i] if axis == 0 else plane[j, i + 1]).astype(np.float64)
            share = (value - a) / np.where(a == b, 1.0, b - a)
            found.append(
                np.stack([i + share * (axis == 1), j + share * (axis == 0), np.full(len(j), float(k))], axis=1)
            )
    if not found:
        return np.zeros((0, 3))
    points = np.concatenate(found)
    return points if len(points) <= count else points[generator.choice(len(points), count, replace=False)]


def gradient_directions(array: np.ndarray, affine: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(n, 3) unit LPS directions of rising grey value at index positions (i, j, k); zero where the scan is flat."""
    from scipy import ndimage

    raw = np.empty((len(points), 3))
    for axis in range(3):
        step = np.zeros(3)
        step[axis] = 1.0
        ahead = ndimage.map_coordinates(array, (points + step).T[::-1], order=1, mode="nearest", output=np.float64)
        behind = ndimage.map_coordinates(array, (points - step).T[::-1], order=1, mode="nearest", output=np.float64)
        raw[:, axis] = 0.5 * (ahead - behind)
    along = raw @ np.linalg.inv(affine[:3, :3])
    lengths = np.linalg.norm(along, axis=1, keepdims=True)
    return np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 1e-9)


def edge_plateaus(
    array: np.ndarray, affine: np.ndarray, points: np.ndarray, bright: bool, soft: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Grey values inside and outside of each edge: the extremes that its profile reaches on either side within a few
    voxels; and whether the structure is thick there: of bone beside air, that is judged from the grey value of `soft`
    tissue on."""
    from scipy import ndimage

    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    reach = max(2.5, 2.5 * float(np.cbrt(spacing.prod())))
    step = min(0.5 * float(spacing.min()), 0.5)
    steps = np.arange(-np.ceil(FURTHER * reach / step), np.ceil(FURTHER * reach / step) + 1) * step
    direction = gradient_directions(array, affine, points) @ np.linalg.inv(affine[:3, :3]).T
    places = points[:, None, :] + steps[None, :, None] * direction[:, None, :]
    profile = ndimage.map_coordinates(array, places.reshape(-1, 3).T[::-1], order=1, mode="nearest", output=np.float32)
    profile = ndimage.uniform_filter1d(profile.reshape(len(points), len(steps)), 3, axis=1, mode="nearest")
    within = np.abs(steps) <= reach + 1e-9
    higher = profile[:, within & (steps >= 0)].max(axis=1).astype(np.float64)
    lower = profile[:, within & (steps <= 0)].min(axis=1).astype(np.float64)
    inside, outside = (higher, lower) if bright else (lower, higher)
    base = outside if soft is None or not bright else np.maximum(outside, soft)
    least = max(MIN_MM, MIN_VOXELS * float(np.cbrt(spacing.prod())))
    return inside, outside, is_thick(profile, step, inside, base, least)
