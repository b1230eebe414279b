"""Facts about a series: each function measures one thing and knows no limit. `FACTS` maps a fact's name to its
function.
"""

from . import acquisition, attributes, file_integrity, image_type, slice_geometry, study
from .registry import FACTS, PIXEL_FACTS, FactContext, evaluate_fact

__all__ = [
    "FACTS",
    "PIXEL_FACTS",
    "FactContext",
    "acquisition",
    "attributes",
    "evaluate_fact",
    "file_integrity",
    "image_type",
    "slice_geometry",
    "study",
]
