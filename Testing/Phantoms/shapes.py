"""Small scans with known contents for the tests of this room."""

import numpy as np

from dicomtoprint.volume import Volume


def scan(shape=(40, 60, 60), spacing=(1.0, 1.0, 1.0), shear=0.0, background=40.0) -> Volume:
    """An even scan; `shear` moves each slice by that many mm along j, as a tilted gantry does."""
    affine = np.diag([*spacing, 1.0])
    affine[1, 2] = shear
    affine[:3, 3] = (-20.0, 35.0, 100.0)
    return Volume(np.full(shape, background, dtype=np.float32), affine)


def add_ball(volume: Volume, centre_lps, radius: float, value: float, blur_mm: float = 0.6) -> None:
    """Puts a ball with a soft edge (its half-way level lies on the radius) into the scan, in place."""
    k, j, i = np.indices(volume.array.shape)
    points = volume.to_lps(np.stack([i.ravel(), j.ravel(), k.ravel()], axis=1))
    depth = radius - np.linalg.norm(points - np.asarray(centre_lps), axis=1)
    share = 1.0 / (1.0 + np.exp(-np.clip(depth / (0.6 * blur_mm), -40, 40)))
    flat = volume.array.reshape(-1)
    flat[:] = flat * (1 - share) + value * share


def with_noise(volume: Volume, sigma: float, seed: int = 0, dtype=np.int16) -> Volume:
    """The scan with white noise, as `dtype`."""
    noisy = volume.array + np.random.default_rng(seed).normal(0, sigma, volume.array.shape)
    return Volume(np.rint(noisy).astype(dtype), volume.affine)


def middle(volume: Volume, *offset: float):
    """LPS mm of the scan's middle, moved by `offset`."""
    centre = volume.to_lps((np.array([volume.array.shape[::-1]]) - 1) / 2)[0]
    return tuple(float(v) for v in centre + np.asarray(offset if offset else (0, 0, 0)))


def dice(first, second) -> float:
    """Overlap of two masks, 1 for the same."""
    return 2.0 * np.count_nonzero(first & second) / (np.count_nonzero(first) + np.count_nonzero(second))
