"""Scans of any solids by the phantom's renderer: what the accuracy benchmarks look at beside the phantom itself."""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "DicomToPrint"))

from dicomtoprint.phantom.ct_simulation import DensityStep, add_noise, scan_affine, simulate_ct
from dicomtoprint.phantom.geometry import SOFT_HU
from dicomtoprint.phantom.solids import Solid
from dicomtoprint.phantom.volume import FULL_WIDTH
from dicomtoprint.volume import Volume

AIR_HU, CEILING_HU = -1000.0, 3071
CLINICAL = {"spacing": (0.5, 0.5, 1.0), "noise_hu": 20.0, "psf_mm": 0.8}


def scene(
    field_mm: tuple[float, float, float],
    solids: Sequence[tuple[Solid, float]],
    *,
    spacing: tuple[float, float, float] = (0.5, 0.5, 1.0),
    noise_hu: float = 20.0,
    psf_mm: float = 0.8,
    seed: int = 0,
    tilt_degrees: float = 0.0,
    noise_correlation: float = 0.6,
    background: float = SOFT_HU,
) -> Volume:
    """A scan (int16 HU) of `field_mm` (x, y, z) around the origin: `solids` with the step in HU that each adds to
    `background`.

    Blur, slice profile and noise are the phantom's: a Gaussian of `psf_mm` full width and the pixel's own width,
    averaged over a slice as thick as its step.
    """
    shape = tuple(round(size / step) for size, step in zip(field_mm[::-1], spacing[::-1]))
    affine = scan_affine(shape, spacing, tilt_degrees, (0.0, 0.0, 0.0))
    sigma = float(np.hypot(psf_mm / FULL_WIDTH, np.mean(spacing[:2]) / np.sqrt(12.0)))
    steps = [DensityStep(solid, hu) for solid, hu in solids]
    grey = simulate_ct(affine, shape, steps, sigma, spacing[2], np.zeros((shape[0], 3))) + np.float32(
        background - AIR_HU
    )
    add_noise(grey, noise_hu, noise_correlation, seed)
    return Volume(np.rint(np.clip(grey, -1024, CEILING_HU)).astype(np.int16), affine)


def turned(rng: np.random.Generator) -> tuple:
    """A random orientation, as the rows of a rotation matrix."""
    axes, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    axes[2] *= np.sign(np.linalg.det(axes))
    return tuple(tuple(float(v) for v in row) for row in axes)
