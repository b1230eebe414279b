"""Segmentation: voxels to labelled anatomy, by presets that are data."""

from .by_method import segment
from .label_smoothing import smooth_labels
from .labelmap_files import choose_segments, keep_largest_islands, read_labelmap
from .labelmap_refinement import refine_labelmap
from .presets import AnatomyPreset, load_anatomy
from .scan_edge import cut_by_scan
from .segmenter import SegmentationHints, Segmenter
from .types import Segment, Segmentation

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
]
