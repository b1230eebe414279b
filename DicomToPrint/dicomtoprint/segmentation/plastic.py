"""A printed part in a CT of it: plastic in air, by the grey value half-way between the two as this scan shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..messages import _
from ..text import pluralize
from ..volume import Volume
from ..voxel_components import bounding_box, label_components
from .threshold_estimation import estimate_noise, prominent_peaks, strided_sample
from .types import Segment, Segmentation

_PADDING_STEP = 500.0  # grey values by which padding lies below all that was measured
_LEAST_AIR = 0.05  # share of the voxels
_LEAST_PEAK = 0.01  # of the histogram's highest
_LEAST_STEP = 8.0  # from air to plastic, in standard deviations of the noise
_LEAST_PLATEAU = 500  # voxels with plastic all around, by which its own grey value is told
_ONE_MATERIAL = 0.25  # of that step: what the plateau spreads over besides noise
_LARGER = 1.3  # than the model: what is the table or a holder
_MARGIN = 8  # voxels around the part
_NOTHING = _(
    "The CT shows nothing of the model's size ({size:.0f} mm): give the scan of this print, on foam above the table."
)
_CODE: Mapping[str, str] = {"scheme": "SCT", "code": "260787004", "meaning": "Physical object"}


@dataclass(frozen=True)
class PlasticBoundary:
    """Grey values of `air`, of `plastic`, and of the surface between them, `value`."""

    air: float
    plastic: float

    @property
    def value(self) -> float:
        """Half-way: there a blurred edge lies (Spoor, Zonneveld, Macho 1993)."""
        return 0.5 * (self.air + self.plastic)


def find_plastic_boundary(array: np.ndarray) -> PlasticBoundary:
    """The boundary of plastic in a scan (k, j, i) of a print in air. Raises `InputError` where there are no such two materials."""
    from scipy import ndimage

    if array.ndim != 3 or min(array.shape) < 4 or not np.isfinite(array).all():
        raise InputError(_("The CT of the part is no stack of slices of numbers: export it again as DICOM or NIfTI."))
    values = _without_padding(strided_sample(array, 4_000_000).astype(np.float32))
    low, high = float(values.min()), float(np.percentile(values, 99.99))
    noise = estimate_noise(array)
    if high - low < max(_LEAST_STEP * noise, 1e-6):
        raise InputError(
            _("The CT shows nothing but one grey value and noise: give the scan that holds the printed part.")
        )
    air, plastic, plateau = *_first_two(values[values <= high], low, high), values[:0]
    for _round in range(4):
        plateau = array[ndimage.binary_erosion(array > 0.5 * (air + plastic), iterations=2)]
        if len(plateau) >= _LEAST_PLATEAU:
            plastic = float(np.median(plateau))
    found = PlasticBoundary(air, plastic)
    if plastic - air < _LEAST_STEP * noise:
        raise InputError(
            _("The CT shows no plastic that stands out from air and noise: give the scan that holds the printed part.")
        )
    if float((values < found.value).mean()) < _LEAST_AIR:
        raise InputError(
            _("The CT shows no air around a part, by which its surface is found: scan the print alone, in air.")
        )
    if len(plateau) >= _LEAST_PLATEAU:
        first, last = np.percentile(plateau, [0.5, 99.5])
        if last - first - 5.2 * noise > _ONE_MATERIAL * (plastic - air):
            raise InputError(
                _(
                    "The CT shows several materials, as a patient has, where a print is one plastic in air: give "
                    "a CT of the print alone."
                )
            )
    return found


def _first_two(values: np.ndarray, low: float, high: float) -> tuple[float, float]:
    """Air, the first peak of the histogram of `values` (n,) from `low` to `high`, and bright plastic above it."""
    from scipy import ndimage

    counts, edges = np.histogram(values, bins=256, range=(low, high))
    smooth = np.concatenate([[0.0], ndimage.gaussian_filter1d(counts.astype(np.float64), 1.5), [0.0]])
    peaks, _heights = prominent_peaks(smooth, _LEAST_PEAK * float(smooth.max()))
    air = float(edges[peaks[0] - 1] + 0.5 * (edges[1] - edges[0]))
    bright = values[values > 0.5 * (air + high)]
    return air, float(np.percentile(bright, 90)) if len(bright) else high


def segment_plastic(volume: Volume, longest_mm: float) -> Segmentation:
    """The part in a CT of it, cropped; `longest_mm` is the diagonal of its model, what is much longer is the table.

    Raises `InputError` where the scan shows no plastic in air, or ends within the part.
    """
    boundary = find_plastic_boundary(volume.array)
    mask = volume.array > boundary.value
    parts = label_components(mask)
    if parts is None:
        raise InputError(_NOTHING.format(size=longest_mm))
    labels, count = np.asarray(parts.labels), len(parts.counts) - 1
    steps = np.asarray(volume.spacing)[::-1]
    kept, table = np.zeros(count + 1, bool), 0
    for number, box in enumerate(_boxes(labels, count), start=1):
        size = float(np.linalg.norm([(edge.stop - edge.start) * step for edge, step in zip(box, steps)]))
        kept[number] = size <= _LARGER * longest_mm
        table += size > _LARGER * longest_mm
    mask = np.zeros_like(mask)
    mask[parts.box] = kept[labels]
    inner = bounding_box(mask)
    if inner is None:
        raise InputError(_NOTHING.format(size=longest_mm))
    if any(edge.start == 0 or edge.stop == size for edge, size in zip(inner, mask.shape)):
        raise InputError(_("The CT ends within the part: scan it whole, with air on all sides."))
    cut = tuple(slice(max(edge.start - _MARGIN, 0), edge.stop + _MARGIN) for edge in inner)
    affine = volume.affine.copy()
    affine[:3, 3] = volume.to_lps(np.array([[edge.start for edge in cut[::-1]]]))[0]
    array, mask = volume.array[cut], mask[cut]
    interpolated = None if volume.interpolated is None else volume.interpolated[cut[0]]
    notes: tuple[str, ...] = (
        _(
            "CT of the part: air {air:.0f}, plastic {plastic:.0f}; its surface lies at the grey value {boundary:.0f}.",
            air=boundary.air,
            plastic=boundary.plastic,
            boundary=boundary.value,
        ),
    )
    if table:
        notes += (
            _("{things} larger than the model, as a table is, left out.", things=pluralize(table, "thing", "things")),
        )
    segment = Segment(
        "part",
        1,
        "part",
        (0.8, 0.8, 0.8),
        boundary.value,
        {"category": _CODE, "type": _CODE},
        mask.sum() * volume.voxel_volume,
    )
    cropped = replace(volume, array=array, affine=affine, interpolated=interpolated)
    return Segmentation(cropped, affine, mask.astype(np.uint8), None, (segment,), notes)


def _without_padding(values: np.ndarray) -> np.ndarray:
    """Values (n,) without the one that was written where nothing was measured."""
    inner = values[values > values.min()]
    return inner if len(inner) and inner.min() > values.min() + _PADDING_STEP else values


def _boxes(labels: np.ndarray, count: int) -> "list[tuple[slice, ...]]":
    from scipy import ndimage

    return list(ndimage.find_objects(labels.astype(np.int32), count))
