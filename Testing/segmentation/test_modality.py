"""Grey values that are not those of CT: told, refused without a threshold, and never taken for metal or bone."""

import dataclasses

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.errors import RefusedError
from dicomtoprint.segmentation import load_anatomy, segment
from dicomtoprint.segmentation.modality import holds_xray
from dicomtoprint.volume import Volume
from Phantoms.shapes import add_ball, middle, scan, with_noise


def mr_head(gain=1.0):
    """Magnitudes as in T1: air at the bottom, fat bright, brain and muscle between, a slow change of sensitivity."""
    rng = np.random.default_rng(1)
    _k, j, i = np.indices((24, 64, 64))
    away = np.hypot(j - 31.5, i - 31.5)
    tissue = np.where(away < 28, 300.0, 0.0) + 500.0 * ((away < 28) & (away > 25)) + 150.0 * (away < 12)
    texture = 60.0 * ndimage.gaussian_filter(rng.normal(0, 4, tissue.shape), 2)
    signal = (tissue + np.where(tissue > 0, texture, 0)) * (0.8 + 0.4 * i / 63)
    noise = rng.normal(0, 6, (2, *signal.shape))
    return Volume(np.rint(gain * np.hypot(signal + noise[0], noise[1])).astype(np.int16), np.diag([1.0, 1.0, 2.0, 1.0]))


def ct_head(scale=1.0, offset=0.0):
    volume = scan((30, 60, 60), background=-1000.0)
    add_ball(volume, middle(volume), 24.0, 40.0)
    add_ball(volume, middle(volume), 10.0, 1000.0)
    volume = with_noise(volume, 20.0)
    return dataclasses.replace(volume, array=np.rint(volume.array * scale + offset).astype(np.int16))


@pytest.mark.parametrize("gain", [0.3, 1.0, 4.0])
def test_mr_is_told_from_its_magnitudes(gain):
    assert not holds_xray(mr_head(gain))


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (1.0, 1024.0), (0.7, 1100.0), (0.5, 600.0), (1.6, 3000.0)])
def test_ct_of_any_scale_and_offset_is_ct(scale, offset):
    assert holds_xray(ct_head(scale, offset))


def test_the_modality_of_the_headers_goes_before_the_grey_values():
    assert not holds_xray(dataclasses.replace(ct_head(), modality="MR"))
    assert holds_xray(dataclasses.replace(mr_head(), modality="CT"))


@pytest.mark.parametrize("name", ["bone", "skull", "skin"])
def test_without_a_threshold_nothing_is_guessed(name):
    with pytest.raises(RefusedError, match=r"looks like MR.*--segmentation FILE.*--threshold"):
        segment(mr_head(), load_anatomy(name))
    with pytest.raises(RefusedError, match="This scan is PT"):
        segment(dataclasses.replace(ct_head(), modality="PT"), load_anatomy(name))


def test_with_a_threshold_it_is_a_structure_without_metal_or_hounsfield():
    found = segment(mr_head(5.0), load_anatomy("bone"), threshold=(3000.0, None))
    assert [s.name for s in found.segments] == ["Structure"]
    assert "metal_mm3" not in found.figures
    assert not any("HU" in note for note in found.notes)
