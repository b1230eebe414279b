"""All pixel detectors in one pass."""

from collections.abc import Mapping

import numpy as np

from ...dicom import Series
from ...findings import Fact
from ...picture import Picture
from ...progress import Progress, part, silent
from ...volume import Volume
from .field_of_view import body_share, bone_cut
from .metal import metal
from .motion import motion
from .noise import air, contrast, flat_tiles, kernel
from .scene import look
from .slices import instance_numbers
from .tilt import tilt_taken_out


def detect(volume: Volume, series: Series | None = None,
           progress: Progress = silent) -> tuple[Mapping[str, Fact], tuple[Picture, ...]]:
    """Pixel facts of a volume by name, and their pictures.

    `volume` in HU (padding as it came), `series` gives slices the numbers that the console shows. Facts:
    ``motion_slices``, ``metal_mm3``, ``contrast_to_noise``, ``fov_cut_mm2``, ``fov_cut_ends_mm2``,
    ``tilt_taken_out_degrees``, ``kernel_from_noise``, ``air_mode_hu``, ``body_share_of_fov``. A value is `MISSING`
    where the pixels do not tell. Every fact's `parameters` say how sure it is. A volume that is too small or even for
    a detector gives MISSING, never an error.
    """
    numbers = instance_numbers(volume, series)
    scene = look(volume, part(progress, 0.0, 0.25))
    moved, moved_pictures = motion(scene, numbers, part(progress, 0.25, 0.8))
    progress(0.8, "looking for metal and cut anatomy")
    bright, bright_pictures = metal(scene, numbers)
    cuts, cut_pictures = bone_cut(scene)
    slanted, sagittal = tilt_taken_out(scene)
    progress(0.9, "measuring noise")
    tiles = flat_tiles(scene)
    facts = (moved, bright, contrast(scene, tiles), *cuts, slanted, kernel(scene, tiles), air(scene), body_share(scene))
    progress(1.0, "pixels examined")
    return {fact.name: fact for fact in facts}, (*sagittal, *moved_pictures, *bright_pictures, *cut_pictures)


def chosen_contrast(volume: Volume, mask: np.ndarray) -> Fact:
    """Fact ``contrast_to_noise`` of a chosen segment, `mask` (k, j, i) bool on the volume's grid."""
    scene = look(volume)
    return contrast(scene, flat_tiles(scene), mask)
