"""From a volume to labelled anatomy, by the method that the preset names."""

from collections.abc import Sequence

from ..progress import ProgressCallback, no_progress
from ..volume import Volume
from .methods import SEGMENTERS
from .presets import AnatomyPreset
from .roi import Bounds, Point
from .segmenter import SegmentationHints
from .types import Segmentation


def segment(
    volume: Volume,
    anatomy: AnatomyPreset,
    *,
    threshold: "tuple[float, float | None] | None" = None,
    seeds_lps: Sequence[Point] = (),
    roi_lps: Bounds | None = None,
    least_branch_mm: float | None = None,
    progress: ProgressCallback = no_progress,
) -> Segmentation:
    """Labelled anatomy of a scan by a preset; the hints are those of `SegmentationHints`.

    Raises `UsageError` for hints that do not fit scan or preset, and `RefusedError` where nothing would be left.
    """
    hints = SegmentationHints(threshold, seeds_lps, roi_lps, least_branch_mm)
    return SEGMENTERS.get(anatomy.method)().segment(volume, anatomy, hints, progress)
