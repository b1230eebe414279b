"""Where the slices lie: order, gaps, shear, from positions and orientations alone."""

from dataclasses import dataclass

import numpy as np

from .series import Series

# Component-wise: 0.001 turns a slice by 0.06 degrees, which moves its corner by a quarter of a pixel.
SAME_ORIENTATION = 1e-3
# Slices closer than this lie at the same place.
SAME_PLACE_MM = 0.01


def median(values: np.ndarray) -> np.ndarray:
    """Median along the first axis, NaN where there is none; numpy's own loads numpy.ma, a fortieth of a check of headers."""
    ordered = np.sort(values, axis=0)
    count = len(ordered)
    if count == 0 or np.isnan(ordered[-1]).any():
        return np.median(values, axis=0)
    return (ordered[(count - 1) // 2] + ordered[count // 2]) / 2


@dataclass(frozen=True)
class SliceGeometry:
    """Positions of the slices of a series.

    `rows` (m,) are the rows that have a position and an orientation, in the order in which they lie along `normal`;
    `positions` (m, 3) LPS mm in that order; `depths` (m,) mm along the normal; `gaps` (m-1,) mm, never negative.
    `same_orientation` is False where slices differ by more than 0.001 in a component. `shear_degrees` is the angle
    between the normal and the way from the first slice to the last, along `direction`; NaN where they lie at one
    place.
    """

    rows: np.ndarray
    positions: np.ndarray
    depths: np.ndarray
    gaps: np.ndarray
    normal: np.ndarray
    orientation: np.ndarray
    same_orientation: bool
    shear_degrees: float
    direction: np.ndarray

    @property
    def steps(self) -> np.ndarray:
        """Gaps between distinct places, mm: slices at one place count once."""
        return self.gaps[self.gaps >= SAME_PLACE_MM]

    @property
    def median_step(self) -> float:
        """The median of `steps`, mm; NaN where all slices lie at one place."""
        return float(median(self.steps))


def compute_slice_geometry(series: Series) -> SliceGeometry | None:
    """Geometry of a series, or None where no slice has both position and orientation."""
    if "geometry" not in series.cache:
        series.cache["geometry"] = _geometry(series)
    return series.cache["geometry"]


def _geometry(series: Series) -> SliceGeometry | None:
    positions = series.table("ImagePositionPatient", 3)
    orientations = series.table("ImageOrientationPatient", 6)
    usable = np.flatnonzero(~np.isnan(positions).any(axis=1) & ~np.isnan(orientations).any(axis=1))
    if len(usable) == 0:
        return None
    own = orientations[usable]
    orientation = own[0]
    normal = np.cross(orientation[:3], orientation[3:])
    length = float(np.linalg.norm(normal))
    if length < 1e-6:
        return None
    normal = normal / length
    depths = positions[usable] @ normal
    order = np.argsort(depths, kind="stable")
    rows, depths, placed = usable[order], depths[order], positions[usable][order]
    same = bool(np.abs(own - orientation).max() <= SAME_ORIENTATION)
    way = placed[-1] - placed[0]
    distance = float(np.linalg.norm(way))
    direction = way / distance if distance > 1e-6 else np.full(3, np.nan)
    shear = (
        float(np.degrees(np.arctan2(np.linalg.norm(np.cross(normal, direction)), abs(direction @ normal))))
        if distance > 1e-6
        else float("nan")
    )
    return SliceGeometry(rows, placed, depths, np.diff(depths), normal, orientation, same, shear, direction)
