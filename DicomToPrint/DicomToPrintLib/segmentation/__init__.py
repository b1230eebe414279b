"""Segmentation: voxels to labelled anatomy, by presets that are data."""

from .anatomy import Anatomy, anatomy_names, load_anatomy
from .label_files import read_segmentation
from .labels import from_labels
from .result import Segment, Segmentation
from .walk import segment

__all__ = [
    "Anatomy",
    "Segment",
    "Segmentation",
    "anatomy_names",
    "from_labels",
    "load_anatomy",
    "read_segmentation",
    "segment",
]
