"""Thin bone is found at any orientation, and what is no sheet is not raised."""

import numpy as np
import pytest
from scipy import ndimage

from dicomtoprint.segmentation import load_anatomy
from dicomtoprint.segmentation.thin_walls import raised_walls
from dicomtoprint.segmentation.threshold_estimation import estimate_intensity_scale, half_maximum_threshold

STEP = 0.5


def sheet(
    normal: tuple[float, float, float], contrast: float = 300.0, noise: float = 15.0
) -> tuple[np.ndarray, np.ndarray]:
    """Grey values of a blurred sheet in soft tissue, and the distance from it in mm."""
    n = np.array(normal) / np.linalg.norm(normal)
    k, j, i = np.meshgrid(*(np.arange(40.0) - 19.6,) * 3, indexing="ij")
    away = STEP * (n[0] * i + n[1] * j + n[2] * k)
    grey = 40.0 + contrast * np.exp(-0.5 * (away / 0.45) ** 2)
    return (grey + noise * np.random.default_rng(0).normal(size=grey.shape)).astype(np.int16), away


@pytest.mark.parametrize("normal", [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 1, 1), (0.4, 0.9, 0.2), (0.3, 0.5, 0.8)])
def test_a_sheet_has_no_holes_whatever_its_direction(normal):
    grey, away = sheet(normal)
    found = raised_walls(grey, (STEP,) * 3, 620.5, 1200.0, 40.0, 15.0)
    mask = np.zeros(grey.shape, bool)
    mask.reshape(-1)[found.at[found.wall]] = True
    inner = (slice(4, -4),) * 3
    # Closed for steps across faces: both sides are apart.
    sides, _ = ndimage.label(~mask[inner])
    front, back = sides[away[inner] > 1.6], sides[away[inner] < -1.6]
    assert set(np.unique(front[front > 0])).isdisjoint(np.unique(back[back > 0]))
    assert mask[inner][np.abs(away[inner]) > 1.3].mean() < 0.002


def test_noise_and_thick_bone_are_left_alone():
    k, j, i = np.meshgrid(*(np.arange(40.0) - 19.6,) * 3, indexing="ij")
    noise = 15.0 * np.random.default_rng(1).normal(size=k.shape)
    flat = (40.0 + noise).astype(np.int16)
    ball = 40.0 + 1160.0 / (1.0 + np.exp((np.sqrt(i * i + j * j + k * k) * STEP - 5.0) / 0.25)) + noise
    for grey in (flat, ball.astype(np.int16)):
        found = raised_walls(grey, (STEP,) * 3, 620.5, 1200.0, 40.0, 15.0)
        assert np.count_nonzero(found.wall) < 30


def test_thin_bone_does_not_draw_the_boundary_down():
    grey, _away = sheet((0.3, 0.5, 0.8), 560.0)
    k, j, i = np.meshgrid(*(np.arange(40.0) - 19.6,) * 3, indexing="ij")
    ball = np.sqrt((i - 12) ** 2 + (j - 12) ** 2 + (k - 12) ** 2) * STEP
    grey = np.maximum(grey, 40.0 + 1160.0 / (1.0 + np.exp((ball - 3.2) / 0.2))).astype(np.int16)
    affine = np.diag([STEP, STEP, STEP, 1.0])
    found = half_maximum_threshold(grey, affine, load_anatomy("bone").boundary, estimate_intensity_scale(grey))
    assert found.inside == pytest.approx(1200.0, rel=0.04) and found.value == pytest.approx(620.0, abs=40.0)
