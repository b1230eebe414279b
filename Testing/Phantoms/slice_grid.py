"""Where the slices of a made series lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

AXIAL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0))


@dataclass(frozen=True)
class Geometry:
    """Where the slices lie. Lengths in mm, vectors in LPS; `gaps` (along the slice direction) overrules `spacing`.

    `shear` is the in-plane shift in mm (along the column direction) from one slice to the next.
    """

    count: int = 7
    spacing: float = 1.0
    gaps: tuple[float, ...] = ()
    pixel: tuple[float, float] = (0.5, 0.5)
    size: tuple[int, int] = (32, 32)
    plane: tuple[tuple[float, float, float], tuple[float, float, float]] = AXIAL
    shear: float = 0.0
    origin: tuple[float, float, float] = (-8.0, -8.0, -40.0)
    digits: int = 10

    def normal(self) -> np.ndarray:
        """Unit normal of the slices."""
        return np.cross(*self.plane)

    def offsets(self) -> np.ndarray:
        """Distance of each slice from the first along the normal."""
        gaps = self.gaps or (self.spacing,) * (self.count - 1)
        return np.concatenate(([0.0], np.cumsum(gaps)))

    def positions(self) -> list[list[str]]:
        """Image Position (Patient) of every slice as decimal strings."""
        direction = np.asarray(self.plane[1])
        points = [
            np.asarray(self.origin) + offset * self.normal() + index * self.shear * direction
            for index, offset in enumerate(self.offsets())
        ]
        return [[decimal(value, self.digits) for value in point] for point in points]

    def orientation(self) -> list[str]:
        """Image Orientation (Patient) as decimal strings."""
        return [decimal(value) for vector in self.plane for value in vector]


def decimal(value: float, digits: int = 10) -> str:
    """A decimal string of at most 16 characters."""
    text = f"{value:.{digits}f}".rstrip("0").rstrip(".")
    text = "0" if text in ("-0", "") else text
    return text if len(text) <= 16 else f"{value:.9e}"[:16]
