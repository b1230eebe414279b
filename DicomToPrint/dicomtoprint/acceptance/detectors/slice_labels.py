"""Naming slices to a radiographer, and saying how sure a detector is."""

from collections.abc import Sequence

import numpy as np

from ...dicom import Series, compute_slice_geometry
from ...messages import _, join
from ...volume import Volume


def instance_numbers(volume: Volume, series: Series | None) -> tuple[int, ...]:
    """Instance number of each slice as the console shows it, or 1, 2, 3... where it is not known."""
    count = len(volume.array)
    plain = tuple(range(1, count + 1))
    placed = compute_slice_geometry(series) if series is not None else None
    if placed is None or series is None or len(placed.rows) != count:
        return plain
    numbers = series.table("InstanceNumber", 1)[placed.rows, 0]
    return plain if np.isnan(numbers).any() else tuple(int(number) for number in numbers)


def format_slices(slices: Sequence[int], numbers: Sequence[int], limit: int = 8) -> str:
    """Words for slice indices: "images 31, 32 and 3 more"."""
    named = [str(numbers[k]) for k in slices]
    more = len(named) - limit
    listed = join(", ", named[:limit]) + (_(" and {more} more", more=more) if more > 0 else "")
    return (
        _("{named_count} {listed}", named_count=_("image") if len(named) == 1 else _("images"), listed=listed)
        if named
        else ""
    )


def slice_center(volume: Volume, k: int) -> tuple[float, float, float]:
    """LPS mm of the middle of slice `k`, for a view to jump to."""
    _unused, rows, columns = volume.array.shape
    x, y, z = volume.to_lps(np.array([[(columns - 1) / 2, (rows - 1) / 2, k]]))[0]
    return float(x), float(y), float(z)


def confidence_label(ratio: float) -> str:
    """ "clear" where a measure is twice or half its method's limit, else "borderline"; `ratio` is measure over limit."""
    return "clear" if ratio >= 2.0 or ratio <= 0.5 else "borderline"
