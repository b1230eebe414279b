"""The method of presets whose structures a given segmentation names."""

from typing import TYPE_CHECKING

from ..progress import ProgressCallback
from ..volume import Volume
from .segmenter import SegmentationHints, Segmenter
from .types import Segmentation
from .validation import require_grey

if TYPE_CHECKING:
    from .presets import AnatomyPreset


class GivenLabels(Segmenter):
    """Finds nothing by itself: `refine_labelmap` takes over where a segmentation is given."""

    name = "labels"

    def segment(
        self, volume: Volume, anatomy: "AnatomyPreset", hints: SegmentationHints, progress: ProgressCallback
    ) -> Segmentation:
        require_grey(anatomy)
        raise AssertionError("require_grey lets no preset of this method pass")
