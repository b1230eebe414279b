"""Facts that only the pixels tell: motion, metal, contrast, truncated anatomy, corrected tilt, kernel, HU offset, use of
the field of view.

The methods and their measured figures stand in the catalogue of rules. What is accepted stands in the protocols.
"""

from .run import run_anatomy_detectors, run_detectors
from .truncation import segment_truncation

__all__ = ["run_anatomy_detectors", "run_detectors", "segment_truncation"]
