"""Whether grey values are those of X-ray, so that bone, metal and air can be told by them."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from ..errors import RefusedError
from ..messages import _
from ..volume import XRAY_MODALITIES, Volume
from .presets import AnatomyPreset, HoleFillSettings, MetalSettings, ThinBoneSettings, load_anatomy
from .threshold_estimation import strided_sample

# A voxel counts as the brightest peak's own tissue within this share of the peak: in CT, fat, water and muscle all do.
_PEAK_SHARE = 0.15
_LEAST_ALIKE = 0.65  # 0.70 to 0.89 in CT and cone-beam CT, 0.55 in T1 MR
_FLOOR_SHARE = 0.06  # of the peak: magnitudes of the air around a head in MR stay below it


def holds_xray(volume: Volume) -> bool:
    """False where the grey values of `volume` are not those of CT: by its modality, else by how they are spread.

    Without headers MR is told by magnitudes: none is below 0, the air lies at the bottom of the range, and the tissues differ by
    more than the 15 % of the step from air to soft tissue that they do in CT. What cannot be told counts as CT.
    """
    if volume.modality:
        return volume.modality in XRAY_MODALITIES
    values = strided_sample(volume.array).astype(np.float32)
    top = float(np.percentile(values, 99.5))
    if values.min() < 0.0 or top <= 0.0:
        return True
    counts, edges = np.histogram(values[values > 0.2 * top], bins=200, range=(0.2 * top, top))
    peak = float(edges[np.argmax(ndimage.gaussian_filter1d(counts.astype(np.float64), 2.0))])
    tissue = values[values > 0.5 * peak]
    dark = values[values < 0.2 * top]
    # A label map or a picture of few values is no MR either.
    if len(dark) < 0.05 * len(values) or len(np.unique(values)) < 64:
        return True
    alike = float((np.abs(tissue - peak) < _PEAK_SHARE * peak).mean())
    return bool(np.median(dark) > _FLOOR_SHARE * peak or alike >= _LEAST_ALIKE)


def require_threshold(volume: Volume, threshold: object | None) -> None:
    """Raises `RefusedError` without a threshold, where grey values are not those of CT: none could be measured that means a tissue."""
    if threshold is not None:
        return
    what = _("This scan is {modality}", modality=volume.modality) if volume.modality else _("This volume looks like MR")
    raise RefusedError(
        _(
            "{what}, whose grey values do not tell one tissue from another: give a segmentation "
            "({--segmentation:FILE}), or the grey values of what you want ({--threshold:LOW}[,HIGH]).",
            what=what,
        )
    )


def without_hounsfield(anatomy: AnatomyPreset) -> AnatomyPreset:
    """The preset for grey values that are not those of CT: no metal, thin bone, couch or filled marrow is looked for by them, and
    what lies within the threshold is called a structure, whatever the preset is of."""
    assert anatomy.boundary is not None
    return replace(
        anatomy,
        looks=load_anatomy("from-segmentation").looks,
        boundary=replace(anatomy.boundary, calibrate=False, range_in_air=None, ceiling=None),
        interior=HoleFillSettings(),
        thin=ThinBoneSettings(),
        metal=MetalSettings(),
        contrast_medium=None,
        surroundings=False,
    )
