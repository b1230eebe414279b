"""All pixel detectors in one pass."""

from collections.abc import Mapping

import numpy as np

from ...dicom import Series
from ...images.raster import RasterImage
from ...messages import _
from ...progress import ProgressCallback, no_progress, subprogress
from ...rules import MISSING, Fact
from ...volume import Volume
from .blank_slices import blank_slices, repeated_slices
from .gantry_tilt import detect_corrected_tilt
from .grey_scale import settled, tissue_above_air
from .metal import detect_metal
from .motion import detect_motion
from .noise import air_peak_hu, contrast_to_noise_ratio, homogeneous_patches, kernel_from_noise
from .noise_level import noise_level
from .scan_overview import analyse_scan
from .slice_labels import instance_numbers
from .truncation import body_to_fov_ratio, bone_truncation, segment_truncation

_OF_A_PATIENT = (
    "motion_slices",
    "metal_mm3",
    "contrast_to_noise",
    "fov_cut_mm2",
    "fov_cut_ends_mm2",
    "kernel_from_noise",
    "air_mode_hu",
    "body_share_of_fov",
    "blank_slices",
    "repeated_slices",
    "noise_hu",
)


def run_detectors(
    volume: Volume, series: Series | None = None, progress: ProgressCallback = no_progress
) -> tuple[Mapping[str, Fact], tuple[RasterImage, ...]]:
    """Pixel facts of a volume by name, and their pictures.

    `volume` in HU (padding as it came), `series` gives slices the numbers that the console shows. Facts:
    ``motion_slices``, ``metal_mm3``, ``contrast_to_noise``, ``fov_cut_mm2``, ``fov_cut_ends_mm2``,
    ``tilt_taken_out_degrees``, ``kernel_from_noise``, ``air_mode_hu``, ``body_share_of_fov``, ``blank_slices``,
    ``repeated_slices``, ``noise_hu``, ``tissue_above_air_hu``. A value is `MISSING` where
    the pixels do not tell, or are no scan of a patient. The `parameters` of every other fact say how sure it is. A volume
    that is too small or even for a detector gives MISSING, never an error.
    """
    numbers = instance_numbers(volume, series)
    scene = settled(analyse_scan(volume, subprogress(progress, 0.0, 0.25)))
    scale = tissue_above_air(scene)
    if not scene.patient:
        slanted, sagittal = detect_corrected_tilt(scene)
        progress(1.0, _("pixels examined"))
        return {**_silent(), slanted.name: slanted, scale.name: scale}, sagittal
    moved, moved_pictures = detect_motion(scene, numbers, subprogress(progress, 0.25, 0.8))
    progress(0.8, _("looking for metal and cut anatomy"))
    bright, bright_pictures = detect_metal(scene, numbers)
    cuts, cut_pictures = bone_truncation(scene)
    slanted, sagittal = detect_corrected_tilt(scene)
    progress(0.9, _("measuring noise"))
    tiles = homogeneous_patches(scene)
    others = (
        contrast_to_noise_ratio(scene, tiles),
        kernel_from_noise(scene, tiles),
        air_peak_hu(scene),
        body_to_fov_ratio(scene),
    )
    slices = (blank_slices(scene, numbers), repeated_slices(scene, numbers))
    facts = (moved, bright, *cuts, slanted, scale, *slices, noise_level(scene), *(fact for fact, _unused in others))
    progress(1.0, _("pixels examined"))
    pictures = (*sagittal, *moved_pictures, *bright_pictures, *cut_pictures)
    return {fact.name: fact for fact in facts}, (*pictures, *(picture for _unused, own in others for picture in own))


def _silent() -> Mapping[str, Fact]:
    """Facts that nothing is known of: a test pattern shows no motion, no metal and no kernel."""
    why = _("the pixels show no scan of a patient")
    return {name: Fact(name, MISSING, why, _("pixels: air and soft tissue")) for name in _OF_A_PATIENT}


def run_anatomy_detectors(
    volume: Volume, mask: np.ndarray, series: Series | None = None
) -> tuple[Mapping[str, Fact], tuple[RasterImage, ...]]:
    """Facts of a chosen segment, `mask` (k, j, i) bool on the volume's grid, and their pictures: ``fov_cut_mm2``,
    ``fov_cut_ends_mm2``, ``contrast_to_noise``, and ``metal_mm3`` within 20 mm of it.
    """
    scene = analyse_scan(volume)
    cuts, cut_pictures = segment_truncation(volume, mask)
    bright, bright_pictures = detect_metal(scene, instance_numbers(volume, series), mask)
    stands_out, contrast_pictures = contrast_to_noise_ratio(scene, homogeneous_patches(scene), mask)
    facts = (*cuts, stands_out, bright)
    return {fact.name: fact for fact in facts}, (*bright_pictures, *cut_pictures, *contrast_pictures)
