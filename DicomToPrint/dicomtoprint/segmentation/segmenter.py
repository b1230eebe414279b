"""What a segmenter is."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..progress import ProgressCallback
from ..volume import Volume
from .presets import AnatomyPreset
from .roi import Bounds, Point
from .types import Segmentation


@dataclass(frozen=True)
class SegmentationHints:
    """What the user says of the structure beside its preset.

    Parameters
    ----------
    threshold
        (low, high or None) in grey values of the volume, instead of the measured boundary.
    seeds_lps
        Points in the structure, LPS mm.
    roi_lps
        (x0, x1, y0, y1, z0, z1) in LPS mm, in any order of each pair.
    least_branch_mm
        Diameter below which side branches of a vessel are left out.
    """

    threshold: tuple[float, float | None] | None = None
    seeds_lps: Sequence[Point] = ()
    roi_lps: Bounds | None = None
    least_branch_mm: float | None = None


class Segmenter:
    """One way from voxels to labelled anatomy; `method` of a preset names it.

    Attributes
    ----------
    name
        Its name in presets.
    """

    name = ""

    def segment(
        self, volume: Volume, anatomy: AnatomyPreset, hints: SegmentationHints, progress: ProgressCallback
    ) -> Segmentation:
        """Labelled anatomy on the grid of the volume or of a part of it. Raises `UsageError` and `RefusedError`."""
        raise NotImplementedError
