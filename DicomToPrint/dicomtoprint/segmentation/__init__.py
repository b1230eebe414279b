"""Segmentation: voxels to labelled anatomy, by presets that are data.

What the other packages need stands here and is loaded when it is first asked for: names of labels need no voxels.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .by_method import segment
    from .hand_edits import with_edited_labels
    from .label_smoothing import smooth_labels
    from .labelmap_files import choose_segments, keep_largest_islands, read_labelmap
    from .labelmap_refinement import refine_labelmap
    from .presets import AnatomyPreset, load_anatomy
    from .scan_edge import cut_by_scan
    from .segmenter import SegmentationHints, Segmenter
    from .types import Segment, Segmentation

_HOMES = {
    "AnatomyPreset": "presets",
    "Segment": "types",
    "Segmentation": "types",
    "SegmentationHints": "segmenter",
    "Segmenter": "segmenter",
    "choose_segments": "labelmap_files",
    "cut_by_scan": "scan_edge",
    "keep_largest_islands": "labelmap_files",
    "load_anatomy": "presets",
    "read_labelmap": "labelmap_files",
    "refine_labelmap": "labelmap_refinement",
    "segment": "by_method",
    "smooth_labels": "label_smoothing",
    "with_edited_labels": "hand_edits",
}

__all__ = [
    "AnatomyPreset",
    "Segment",
    "Segmentation",
    "SegmentationHints",
    "Segmenter",
    "choose_segments",
    "cut_by_scan",
    "keep_largest_islands",
    "load_anatomy",
    "read_labelmap",
    "refine_labelmap",
    "segment",
    "smooth_labels",
    "with_edited_labels",
]


def __getattr__(name: str) -> Any:
    """The object of a name in `__all__`, from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
