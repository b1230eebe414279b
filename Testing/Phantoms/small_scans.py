"""The small phantom as a scan: with and without defects, noise and padding, for the pixel detectors."""

from dataclasses import replace
from functools import cache

import numpy as np

from dicomtoprint.acceptance.detectors import run_detectors
from dicomtoprint.phantom import make_phantom_volume
from dicomtoprint.phantom.ct_simulation import add_noise, apply_padding

SHAPE, SPACING = (30, 128, 128), (1.0, 1.0, 4.0)


@cache
def bare(**defects):
    """The small phantom without noise and padding."""
    return make_phantom_volume(SHAPE, SPACING, noise_hu=0, padding=False, **defects)[0]


def scanned(volume, noise_hu=12.0, correlation=0.6, wedge_degrees=0.0, padding=True, offset=0.0):
    """A bare volume with noise, an offset, clipping and padding."""
    grey = volume.array.astype(np.float32)
    add_noise(grey, noise_hu, correlation, 0)
    array = np.rint(np.clip(grey + offset, -1024, 3071)).astype(np.int16)
    if padding:
        apply_padding(array, volume.spacing[2] * np.tan(np.radians(wedge_degrees)) / volume.spacing[1])
    return replace(volume, array=array)


def seen(noise_hu=12.0, correlation=0.6, wedge_degrees=0.0, padding=True, offset=0.0, **defects):
    """Facts and pictures of the small phantom with defects."""
    return run_detectors(scanned(bare(**defects), noise_hu, correlation, wedge_degrees, padding, offset))
