"""Facts about a series: each function measures one thing and knows no limit. `FACTS` maps a fact's name to its
function.
"""

from . import acquisition, attributes, files, place, study, types
from .registry import FACTS, PIXEL_FACTS, Context, measure

__all__ = [
    "FACTS",
    "PIXEL_FACTS",
    "Context",
    "acquisition",
    "attributes",
    "files",
    "measure",
    "place",
    "study",
    "types",
]
