"""The smallest CT that a whole run takes: a ball of bone in a cylinder of tissue, conformant but for what a case changes."""

from __future__ import annotations

import numpy as np

from .files import File
from .series import series

SPACING_MM = 1.2


def ball_scan(
    name: str = "one", radius_mm: float = 8.0, slices: int = 24, side: int = 24, bone_hu: float = 900.0
) -> list[File]:
    """A classic series: `slices` of `side` x `side` voxels of 1.2 mm, noise of 8 HU; its UIDs are made from `name`."""
    k, j, i = np.meshgrid(*(np.arange(count) - (count - 1) / 2 for count in (slices, side, side)), indexing="ij")
    distance = SPACING_MM * np.sqrt(k**2 + j**2 + i**2)
    grey = np.where(SPACING_MM * np.hypot(j, i) < 0.45 * SPACING_MM * side, 40.0, -1000.0)
    grey += (bone_hu - 40.0) * np.clip((radius_mm - distance) / SPACING_MM + 0.5, 0.0, 1.0)
    grey += np.random.default_rng(0).normal(0.0, 8.0, grey.shape)
    stored = np.clip(np.rint(grey + 1024.0), 0, 4095).astype("<u2")
    corner = -SPACING_MM * (side - 1) / 2
    return series(
        "classic",
        name,
        pixels=[layer.tobytes() for layer in stored],
        count=slices,
        spacing=SPACING_MM,
        pixel=(SPACING_MM, SPACING_MM),
        size=(side, side),
        origin=(corner, corner, -40.0),
    )
