"""The distances from slice to slice, as evidence for rules on holes and uneven slices."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..dicom import Series, compute_slice_geometry

FACTS = ("hole_ratio", "gap_deviation", "equidistance")  # that it is evidence for


@dataclass(frozen=True)
class SliceSpacing:
    """`gaps_mm` (n,) between neighbouring slices in their order, the median of those that are no repetition, and between which two
    images the gap lies that departs from it most."""

    gaps_mm: np.ndarray = field(compare=False)
    median_mm: float
    worst_between: tuple[str, str]


def measure_slice_spacing(series: Series) -> SliceSpacing | None:
    """The gaps of a series; None where it has fewer than two."""
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.gaps) < 2 or len(placed.steps) == 0:
        return None
    median = placed.median_step
    worst = int(np.abs(placed.gaps - median).argmax())
    first, second = (series.names_of(placed.rows[[at]]) for at in (worst, worst + 1))
    return SliceSpacing(placed.gaps, median, (first, second))
