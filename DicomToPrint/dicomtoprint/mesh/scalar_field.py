"""A field on a grid whose one level is a surface."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ScalarField:
    """A field that is above `level` inside the segment and below outside, with no sample equal to it.

    `array` (k, j, i) has one voxel of padding where the segment touches the volume's face, else one of the volume
    around it. `start` (i, j, k) is the index of its first voxel in the segmentation's grid (-1 where padded), `shape`
    (k, j, i) of that grid. `grey` tells whether the level comes from grey values or from the label alone. `affine`
    takes the grid's indices to LPS mm.
    """

    array: np.ndarray
    level: float
    start: tuple[int, int, int]
    shape: tuple[int, int, int]
    affine: np.ndarray
    grey: bool

    @property
    def to_index(self) -> np.ndarray:
        """4x4 from LPS mm to indices (i, j, k) of `array`."""
        result = np.linalg.inv(self.affine)
        result[:3, 3] -= self.start
        return result
