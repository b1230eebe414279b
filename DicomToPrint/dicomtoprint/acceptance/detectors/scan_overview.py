"""What all detectors look at first: air, soft tissue, padding, the body without its couch, the largest bone."""

from dataclasses import dataclass, replace

import numpy as np

from ...messages import _
from ...progress import ProgressCallback, no_progress
from ...volume import Volume
from ...voxel_components import largest_component

BODY_MM, BONE_MM = 2.0, 1.0
# Air and soft tissue are about 1000 HU apart; less than half of that is no air.
AIR_TO_TISSUE_HU = 500.0
# Bone begins a quarter of the way from air to soft tissue above soft tissue (about 300 HU on a calibrated scan).
BONE_ABOVE_TISSUE = 0.25
# The air of cone beam scans may read much above -1000 HU; without an intercept nothing is stored below zero.
HIGHEST_AIR_HU, LOST_LOWEST_HU = -400.0, -20.0
PLAIN_AIR_HU = (-1030.0, -900.0)
COUCH_SHELL_MM = 6.0
MIN_BONE_MM3 = 20.0  # less is a few voxels of noise
MAX_HU = 65536.0  # no scanner stores more; more is a broken number
# What tells a scan of a patient from a test pattern: a field that a scanner reconstructs (cone beam CT begins at 40 mm),
# grey values of air and soft tissue about 1000 HU apart, each a peak. Real scans: 73 % of what is air or lung lies
# within 150 HU of its mode, 27 % of what is brighter within 150 HU of its own; evenly spread values 30 % or less.
MIN_FIELD_MM, NEAR_HU, AIR_IN_PEAK, TISSUE_IN_PEAK, TISSUE_ALONE_IN_PEAK = 40.0, 150.0, 0.5, 0.15, 0.4
TISSUE_ABOVE_AIR_HU, TISSUE_ALONE_HU = (600.0, 1400.0), (-300.0, 1400.0)
# Without an intercept soft tissue still lies so far above air; a test object in water seldom does.
LOST_TISSUE_HU = (850.0, 1100.0)
# A round reconstruction fills the picture; less is a round object.
CIRCLE_OF_HALF_WIDTH = 0.9


@dataclass(frozen=True)
class ScanOverview:
    """A volume at a glance.

    `air` and `soft` are the modes of the grey values (None where there is no air, or nothing but padding); `split` lies
    between them; `bone_limit` above soft tissue. `padding` is the grey value outside the reconstruction, None without
    (`lowest` the same, even where it reads as air and nothing else does);
    `circle` (j, i) bool True outside a round reconstruction, None without. `body` (k, j, i) bool on the grid of every
    `body_step`-th pixel, without couch; `bone` the same for the largest bone on every `bone_step`-th pixel. `patient` is
    False where the grey values are no scan of a body: then no detector speaks. `dry` is True for bone without soft
    tissue around it.
    """

    volume: Volume
    air: float | None
    soft: float | None
    split: float
    bone_limit: float
    padding: float | None
    lowest: float | None
    circle: np.ndarray | None
    body: np.ndarray
    body_step: int
    bone: np.ndarray
    bone_step: int
    patient: bool
    dry: bool = False

    @property
    def pixel_mm(self) -> float:
        """Mean in-plane pixel size in mm."""
        return sum(self.volume.spacing[:2]) / 2


def analyse_scan(volume: Volume, progress: ProgressCallback = no_progress) -> ScanOverview:
    """Scene of a volume; never fails, its parts may be None or empty. Values that are no grey values become the
    smallest."""
    volume = _finite(volume)
    pixel = sum(volume.spacing[:2]) / 2
    body_step, bone_step = (max(1, round(wanted / pixel)) for wanted in (BODY_MM, BONE_MM))
    coarse = np.ascontiguousarray(volume.array[:, ::body_step, ::body_step])
    lowest = _padding(coarse)
    padding = None if _is_plain_air(coarse, lowest) else lowest
    circle = _circle(volume.array, padding)
    air, soft, split = _modes(coarse, padding)
    progress(0.3, _("looking for the body"))
    step_mm = body_step * pixel
    body = _body(coarse > split if air is not None else _not(coarse, padding), step_mm)
    span = soft - air if air is not None and soft is not None else 1000.0
    limit = (soft if soft is not None else 0.0) + BONE_ABOVE_TISSUE * span
    progress(0.6, _("looking for the largest bone"))
    bone = _largest_bone(volume.array[:, ::bone_step, ::bone_step] > limit, body, bone_step, body_step)
    if bone.sum() * volume.voxel_volume * bone_step**2 < MIN_BONE_MM3:
        bone[:] = False
    patient = _shows_patient(volume, coarse[_not(coarse, padding)], air, soft, split)
    return ScanOverview(
        volume, air, soft, split, limit, padding, lowest, circle, body, body_step, bone, bone_step, patient
    )


def _shows_patient(volume: Volume, values: np.ndarray, air: float | None, soft: float | None, split: float) -> bool:
    """Whether grey values are those of a body, in a field as large as a scanner's smallest; `values` (n,) HU."""
    field = min(edge * step for edge, step in zip(volume.array.shape[:0:-1], volume.spacing))
    if soft is None or field < MIN_FIELD_MM:
        return False
    some = values[:: max(1, len(values) // 200_000)]
    if air is None:
        return TISSUE_ALONE_HU[0] <= soft <= TISSUE_ALONE_HU[1] and _share_near(some, soft) >= TISSUE_ALONE_IN_PEAK
    peaks = (_share_near(some[some <= split], air), _share_near(some[some > split], soft))
    apart = TISSUE_ABOVE_AIR_HU[0] <= soft - air <= TISSUE_ABOVE_AIR_HU[1]
    return apart and peaks[0] >= AIR_IN_PEAK and peaks[1] >= TISSUE_IN_PEAK


def _share_near(values: np.ndarray, mode: float) -> float:
    return float((np.abs(values - mode) <= NEAR_HU).mean()) if len(values) else 0.0


def _finite(volume: Volume) -> Volume:
    """The volume, or a copy in which NaN, infinite and absurd values are replaced."""
    array = volume.array
    if np.issubdtype(array.dtype, np.integer) or (np.isfinite(array).all() and np.abs(array).max() < MAX_HU):
        return volume
    usable = np.isfinite(array) & (np.abs(np.nan_to_num(array)) < MAX_HU)
    low = array[usable].min() if usable.any() else 0.0
    return replace(volume, array=np.where(usable, array, low).astype(np.float32))


def _not(values: np.ndarray, padding: float | None) -> np.ndarray:
    return np.ones(values.shape, bool) if padding is None else values != padding


def _padding(coarse: np.ndarray) -> float | None:
    """The constant value outside the reconstruction: the smallest one, where most corners or whole rows hold it."""
    low = coarse.min()
    if low == coarse.max():
        return None
    corners = coarse[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    rows = (coarse == low).all(axis=2)
    return float(low) if (corners == low).mean() > 0.9 or rows.any() else None


def _circle(array: np.ndarray, padding: float | None) -> np.ndarray | None:
    """(j, i) bool: what is padding in every slice, where that is the outside of a circle."""
    if padding is None or min(array.shape[1:]) < 16:
        return None
    # A few slices first: most volumes without a circle are decided by them.
    outside = (array[:: max(1, len(array) // 8)] == padding).all(axis=0)
    if not outside.any() or outside.all():
        return None
    j, i = np.ogrid[: outside.shape[0], : outside.shape[1]]
    radius = np.hypot(j - (outside.shape[0] - 1) / 2, i - (outside.shape[1] - 1) / 2)
    largest = radius[~outside].max()
    is_round = largest - radius[outside].min() <= 4.0
    return outside if is_round and largest >= CIRCLE_OF_HALF_WIDTH * min(outside.shape) / 2 else None


def _modes(coarse: np.ndarray, padding: float | None) -> tuple[float | None, float | None, float]:
    """Modes of air and of soft tissue, and the grey value between them (Otsu 1979); None where they cannot be separated
    apart."""
    values = coarse[_not(coarse, padding)]
    if len(values) < 64:
        return None, None, 0.0
    low, high = np.percentile(values[:: max(1, len(values) // 200_000)], (0.2, 98.0))
    if high - low < AIR_TO_TISSUE_HU:
        return None, float(np.median(values)), float(low) - 1.0
    counts, edges = np.histogram(values, bins=256, range=(float(low) - 1, float(high) + 1))
    centres = (edges[:-1] + edges[1:]) / 2
    below, total = np.cumsum(counts), np.cumsum(counts * centres)
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = below * above * (total / below - (total[-1] - total) / above) ** 2
    if np.isnan(apart).all():  # one grey value and a few far from it
        return None, float(np.median(values)), float(low) - 1.0
    cut = int(np.nanargmax(apart))
    air, soft = _mode(counts[: cut + 1], centres[: cut + 1]), _mode(counts[cut + 1 :], centres[cut + 1 :])
    if air is None or soft is None or soft - air < AIR_TO_TISSUE_HU or not _is_air(values, air, soft):
        return None, float(np.median(values)), float(low) - 1.0
    return air, soft, (air + soft) / 2


def _is_plain_air(coarse: np.ndarray, lowest: float | None) -> bool:
    """Air without any noise looks like padding: it reads as air does, and nothing else in the picture does."""
    if lowest is None or not PLAIN_AIR_HU[0] <= lowest <= PLAIN_AIR_HU[1]:
        return False
    others = coarse[coarse != lowest]
    return not len(others) or float((others < HIGHEST_AIR_HU).mean()) < 0.01


def _is_air(values: np.ndarray, air: float, soft: float) -> bool:
    """Is the darker mode air, and not soft tissue beside bone in a field of view that holds no air?

    Air lies far below zero. Where an intercept was lost it does not, but then nothing lies below it, and what is
    brighter is mostly soft tissue, a narrow peak, while bone is spread wide.
    """
    if air < HIGHEST_AIR_HU:
        return True
    some = values[:: max(1, len(values) // 200_000)]
    quartiles = np.percentile(some[some > (air + soft) / 2], (25, 75))
    narrow = quartiles[1] - quartiles[0] < 0.2 * (soft - air)
    plausible = LOST_TISSUE_HU[0] <= soft - air <= LOST_TISSUE_HU[1]
    return bool(np.percentile(some, 0.1) > LOST_LOWEST_HU and narrow and plausible)


def _mode(counts: np.ndarray, centres: np.ndarray) -> float | None:
    """Centre of the highest peak of a histogram smoothed over three bins."""
    if len(counts) == 0 or counts.sum() == 0:
        return None
    smooth = np.convolve(np.pad(counts, 1), (1, 2, 1), mode="valid")
    return float(centres[int(smooth.argmax())])


def _body(mask: np.ndarray, step_mm: float) -> np.ndarray:
    """The largest part, after whatever is thinner than a couch shell is taken off."""
    from scipy import ndimage

    size = max(2, round(COUCH_SHELL_MM / step_mm))
    # Boxes are separable, and a running minimum costs the same for every size.
    core = ndimage.minimum_filter(mask, size=(1, size, size), mode="nearest")
    core = ndimage.maximum_filter(core, size=(1, size, size), origin=(0, -((size + 1) % 2), -((size + 1) % 2)))
    core &= mask
    largest = largest_component(core)
    if not largest.any():
        return largest
    # What was taken off the body's own rim comes back, what hangs on it by a thin shell does not.
    return ndimage.binary_dilation(largest, np.ones((1, 3, 3), bool), iterations=1, mask=mask)


def _largest_bone(bright: np.ndarray, body: np.ndarray, bone_step: int, body_step: int) -> np.ndarray:
    """Largest bright part inside the body."""
    from scipy import ndimage

    near = ndimage.binary_dilation(body, np.ones((1, 3, 3), bool))
    j = np.minimum(np.arange(bright.shape[1]) * bone_step // body_step, body.shape[1] - 1)
    i = np.minimum(np.arange(bright.shape[2]) * bone_step // body_step, body.shape[2] - 1)
    return largest_component(bright & near[:, j[:, None], i])
