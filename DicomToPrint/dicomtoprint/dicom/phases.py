"""Phases or reconstructions that stand in one series: separated, so that one of them can be chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..messages import _
from .series import Series
from .slice_geometry import SAME_PLACE_MM, compute_slice_geometry
from .subset import subset

# What tells one phase from another, the surest first; names as a radiographer knows them.
SEPARATORS = {
    "TemporalPositionIdentifier": _("temporal position (0020,0100)"),
    "TemporalPositionIndex": _("temporal position (0020,9128)"),
    "NominalPercentageOfCardiacPhase": _("part of the heartbeat (0020,9241)"),
    "TriggerTime": _("trigger time (0018,1060)"),
    "ConvolutionKernel": _("kernel (0018,1210)"),
    "AcquisitionNumber": _("acquisition (0020,0012)"),
    "FrameAcquisitionNumber": _("acquisition (0020,9156)"),
}
MIN_SLICES, MAX_PHASES = 2, 40


@dataclass(frozen=True)
class Phase:
    """A part of a series that is a volume by itself: its series, with an id of the form ``ID/1``, and what tells it apart."""

    series: Series
    by: str


def phases(series: Series) -> tuple[Phase, ...]:
    """The phases of a series whose slices lie several times at the same places; empty where nothing tells them apart.

    Each phase has every place once. The first attribute counts that does so.
    """
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.gaps) == 0 or placed.gaps.min() >= SAME_PLACE_MM:
        return ()
    for keyword, name in SEPARATORS.items():
        index = series.column(keyword).index
        kinds = np.unique(index)
        if not 2 <= len(kinds) <= MAX_PHASES or kinds[0] < 0:
            continue
        parts = [np.flatnonzero(index == kind) for kind in kinds]
        if all(_is_volume(series, part) for part in parts):
            return tuple(Phase(subset(series, part, str(at)), name) for at, part in enumerate(parts, 1))
    return ()


def _is_volume(series: Series, rows: np.ndarray) -> bool:
    placed = compute_slice_geometry(subset(series, rows))
    return placed is not None and len(placed.rows) >= MIN_SLICES and bool(placed.gaps.min() >= SAME_PLACE_MM)
