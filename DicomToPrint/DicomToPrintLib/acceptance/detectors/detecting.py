"""All pixel detectors in one pass."""

from collections.abc import Mapping

import numpy as np

from ...dicom import Series
from ...findings import MISSING, Fact
from ...picture import Picture
from ...progress import Progress, part, silent
from ...volume import Volume
from .field_of_view import body_share, bone_cut, fov_cut
from .metal import metal
from .motion import motion
from .noise import air, contrast, flat_tiles, kernel
from .scene import look
from .slices import instance_numbers
from .tilt import tilt_taken_out

_OF_A_PATIENT = (
    "motion_slices",
    "metal_mm3",
    "contrast_to_noise",
    "fov_cut_mm2",
    "fov_cut_ends_mm2",
    "kernel_from_noise",
    "air_mode_hu",
    "body_share_of_fov",
)


def detect(
    volume: Volume, series: Series | None = None, progress: Progress = silent
) -> tuple[Mapping[str, Fact], tuple[Picture, ...]]:
    """Pixel facts of a volume by name, and their pictures.

    `volume` in HU (padding as it came), `series` gives slices the numbers that the console shows. Facts:
    ``motion_slices``, ``metal_mm3``, ``contrast_to_noise``, ``fov_cut_mm2``, ``fov_cut_ends_mm2``,
    ``tilt_taken_out_degrees``, ``kernel_from_noise``, ``air_mode_hu``, ``body_share_of_fov``. A value is `MISSING` where
    the pixels do not tell, or are no scan of a patient. The `parameters` of every other fact say how sure it is. A volume
    that is too small or even for a detector gives MISSING, never an error.
    """
    numbers = instance_numbers(volume, series)
    scene = look(volume, part(progress, 0.0, 0.25))
    if not scene.patient:
        slanted, sagittal = tilt_taken_out(scene)
        progress(1.0, "pixels examined")
        return {**_silent(), slanted.name: slanted}, sagittal
    moved, moved_pictures = motion(scene, numbers, part(progress, 0.25, 0.8))
    progress(0.8, "looking for metal and cut anatomy")
    bright, bright_pictures = metal(scene, numbers)
    cuts, cut_pictures = bone_cut(scene)
    slanted, sagittal = tilt_taken_out(scene)
    progress(0.9, "measuring noise")
    tiles = flat_tiles(scene)
    others = (contrast(scene, tiles), kernel(scene, tiles), air(scene), body_share(scene))
    facts = (moved, bright, *cuts, slanted, *(fact for fact, _ in others))
    progress(1.0, "pixels examined")
    pictures = (*sagittal, *moved_pictures, *bright_pictures, *cut_pictures)
    return {fact.name: fact for fact in facts}, (*pictures, *(picture for _, own in others for picture in own))


def _silent() -> Mapping[str, Fact]:
    """Facts that nothing is known of: a test pattern shows no motion, no metal and no kernel."""
    why = "the pixels show no scan of a patient"
    return {name: Fact(name, MISSING, why, "pixels: air and soft tissue") for name in _OF_A_PATIENT}


def detect_near(
    volume: Volume, mask: np.ndarray, series: Series | None = None
) -> tuple[Mapping[str, Fact], tuple[Picture, ...]]:
    """Facts of a chosen segment, `mask` (k, j, i) bool on the volume's grid, and their pictures: ``fov_cut_mm2``,
    ``fov_cut_ends_mm2``, ``contrast_to_noise``, and ``metal_mm3`` within 20 mm of it.
    """
    scene = look(volume)
    cuts, cut_pictures = fov_cut(volume, mask)
    bright, bright_pictures = metal(scene, instance_numbers(volume, series), mask)
    stands_out, contrast_pictures = contrast(scene, flat_tiles(scene), mask)
    facts = (*cuts, stands_out, bright)
    return {fact.name: fact for fact in facts}, (*bright_pictures, *cut_pictures, *contrast_pictures)


def chosen_contrast(volume: Volume, mask: np.ndarray) -> Fact:
    """Fact ``contrast_to_noise`` of a chosen segment, `mask` (k, j, i) bool on the volume's grid."""
    scene = look(volume)
    return contrast(scene, flat_tiles(scene), mask)[0]
