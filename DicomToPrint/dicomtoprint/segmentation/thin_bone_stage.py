"""Thin bone joins the mask: walls raised to the boundary, ridges where a scan is too coarse for profiles."""

import numpy as np

from ..progress import ProgressCallback
from .state import SegmentationState
from .thick_bone import COARSEST_MM, FINEST_MM
from .thin_bone import detect_ridges
from .thin_walls import raised_walls


def add_thin_bone(state: SegmentationState, progress: ProgressCallback) -> None:
    """Thin walls by hysteresis: raised to the boundary, kept where they hang on to the rest or are large themselves."""
    if state.anatomy.thin.share >= 1.0 or state.edges is None or not state.bright:
        return
    if max(state.volume.spacing) > COARSEST_MM:
        return
    volume, edges = state.volume, state.edges
    if max(*volume.spacing, state.slice_mm) > FINEST_MM:
        _bridge_thin(state, progress)
        return
    noise = float(state.figures["noise"])  # type: ignore[arg-type]
    in_air = edges.outside < state.scale.grey(-500.0)
    found = raised_walls(
        volume.array,
        volume.spacing,
        state.low,
        edges.inside,
        edges.outside,
        noise,
        state.slice_mm,
        in_air,
        progress,
    )
    state.figures["thin_mm3"] = float(np.count_nonzero(found.wall)) * volume.voxel_volume
    state.mask.reshape(-1)[found.at[found.wall]] = True
    state.raised = found if len(found.at) else None


def _bridge_thin(state: SegmentationState, progress: ProgressCallback) -> None:
    """Thin bone of a coarse scan, whose profiles tell no thickness: ridges, marked as bridged."""
    assert state.edges is not None
    share = state.anatomy.thin.share
    contrast = state.low - state.edges.outside
    low = state.edges.outside + share * contrast
    rise = max(0.75 * share * contrast, 3.0 * float(state.figures["noise"]))  # type: ignore[arg-type]
    found = detect_ridges(state.volume.array, state.volume.spacing, low, state.low, rise, progress, state.slice_mm)
    state.figures["thin_mm3"] = float(np.count_nonzero(found)) * state.volume.voxel_volume
    state.mask |= found
    state.bridge(found)
