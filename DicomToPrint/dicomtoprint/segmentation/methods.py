"""Which segmenters there are, by the method that an anatomy preset names."""

from typing import Any

from ..config.registry import Registry
from ..messages import _

SEGMENTERS: Registry[Any] = Registry(
    _("segmentation method"),
    "dicomtoprint.segmenters",
    {
        "grey": "segmentation.threshold_segmenter:ThresholdSegmenter",
        "labels": "segmentation.given_labels:GivenLabels",
    },
)
