"""Are the grey values HU? Air and soft tissue lie about 1000 HU apart; a wrong rescale slope changes that."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...messages import _
from ...rules import MISSING, Fact
from ...volume import Volume
from .scan_overview import AIR_TO_TISSUE_HU, NEAR_HU, ScanOverview, largest_component
from .slice_labels import confidence_label

# A dry bone has no soft tissue: air where it must be, no solid piece as bright as compact bone, nothing beyond bone.
RIGHT_AIR_HU, TISSUE_HU, SOLID_MM, BONE_ENDS_HU = (-1100.0, -850.0), 1000.0, 15.0, 3071.0
# Drawings hold few grey values; scans hundreds.
DARKEST_HU = 50.0  # below water: fat alone reaches no further
MIN_VALUES, NOTHING_BELOW_HU = 32, -60.0  # fat, and the noise of soft tissue, reach further down
USUAL_HU = (600.0, 1400.0)  # says only how sure the measure is; the limit stands in the rule


def is_drawing(scene: ScanOverview) -> bool:
    """Whether the picture beside its air holds so few grey values that a program drew it."""
    sample = scene.volume.array[:: max(1, len(scene.volume.array) // 8), ::2, ::2]
    return len(np.unique(sample[sample > scene.split])) < MIN_VALUES


def settled(scene: ScanOverview) -> ScanOverview:
    """The scene of a dry bone, or of a scan without its intercept, where `scene` shows one: as `look` gives it, but
    with the air and the soft tissue that its grey values stand for. A picture of few grey values without air, and one
    in which nothing is as bright as soft tissue, show no patient.
    """
    if scene.patient and (_is_one_grey(scene) or _is_all_dark(scene)):
        return replace(scene, patient=False)
    if scene.air is None and _nothing_below_zero(scene):
        air = scene.soft
    elif scene.air is not None and not scene.patient and RIGHT_AIR_HU[0] <= scene.air <= RIGHT_AIR_HU[1]:
        air = scene.air
    else:
        return scene
    if air is None or min(_field(scene.volume)) < 40.0 or is_drawing(replace(scene, split=air + AIR_TO_TISSUE_HU)):
        return scene
    split = air + AIR_TO_TISSUE_HU
    coarse = scene.volume.array[:, :: scene.body_step, :: scene.body_step]
    bright = coarse > air + TISSUE_HU + USUAL_HU[0]
    size = max(2, round(SOLID_MM / (scene.body_step * scene.pixel_mm)))
    if not bright.any() or _has_solid(bright, size) or _beyond_bone(coarse[coarse > split], air):
        return scene
    near = float((np.abs(coarse[coarse <= split] - air) <= NEAR_HU).mean())
    if near < 0.5:
        return scene
    body = largest_component(coarse > split)
    soft = air + TISSUE_HU
    step = scene.bone_step
    bone = largest_component(scene.volume.array[:, ::step, ::step] > soft + 0.25 * TISSUE_HU)
    return replace(
        scene, air=air, soft=soft, split=split, bone_limit=soft + 0.25 * TISSUE_HU, body=body, bone=bone, patient=True,
        dry=True,
    )  # fmt: skip


def _is_one_grey(scene: ScanOverview) -> bool:
    return scene.air is None and is_drawing(scene)


def _is_all_dark(scene: ScanOverview) -> bool:
    """Whether even the brightest of the body reads less than water above its air."""
    if scene.air is None:
        return False
    coarse = scene.volume.array[:, :: scene.body_step, :: scene.body_step]
    bright = coarse[coarse > scene.split]
    return bool(len(bright) and np.percentile(bright, 99.5) < scene.air + TISSUE_HU - DARKEST_HU)


def _field(volume: Volume) -> list[float]:
    return [edge * step for edge, step in zip(volume.array.shape[:0:-1], volume.spacing)]


def _nothing_below_zero(scene: ScanOverview) -> bool:
    """No fat, no air, no noise below zero: what is darkest is air whose intercept was lost."""
    some = scene.volume.array[:, :: scene.body_step, :: scene.body_step]
    return bool(scene.soft is not None and np.percentile(some, 0.1) > NOTHING_BELOW_HU)


def _has_solid(bright: np.ndarray, size: int) -> bool:
    from scipy import ndimage

    return bool(ndimage.minimum_filter(bright, size=(1, size, size), mode="constant").any())


def _beyond_bone(values: np.ndarray, air: float) -> bool:
    return bool(len(values) and np.percentile(values, 99.0) - (air + TISSUE_HU) > BONE_ENDS_HU)


def tissue_above_air(scene: ScanOverview) -> Fact:
    """Fact ``tissue_above_air_hu``: how far the peak of soft tissue lies above that of air, HU: about 1000 where the
    rescale slope is right. MISSING without air, without soft tissue, and where the picture is no scan.
    """
    evidence = _("pixels: peaks of air and of soft tissue")
    if scene.dry or scene.air is None or scene.soft is None or is_drawing(scene) or min(_field(scene.volume)) < 40.0:
        return Fact("tissue_above_air_hu", MISSING, _("there is no soft tissue beside air in the picture"), evidence)
    apart = scene.soft - scene.air
    near = max(NEAR_HU, 0.15 * apart)
    coarse = scene.volume.array[:, :: scene.body_step, :: scene.body_step]
    if scene.padding is not None:
        coarse = coarse[coarse != scene.padding]
    dark, light = coarse[coarse <= scene.split], coarse[coarse > scene.split]
    peaks = [
        float((np.abs(v - m) <= near).mean()) if len(v) else 0.0 for v, m in ((dark, scene.air), (light, scene.soft))
    ]
    if peaks[0] < 0.5 or peaks[1] < 0.15:
        return Fact("tissue_above_air_hu", MISSING, _("air and soft tissue have no clear peaks"), evidence)
    doubt = confidence_label(4.0 if USUAL_HU[0] + 100 <= apart <= USUAL_HU[1] - 100 else 1.0)
    figures = {"air": round(scene.air), "tissue": round(scene.soft), "sure": doubt}
    return Fact("tissue_above_air_hu", round(apart), "", evidence, parameters=figures)
