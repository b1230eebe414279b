"""Facts that only the pixels tell: motion, metal, contrast, cut anatomy, tilt taken out, kernel, HU offset, use of
the field.

The methods and their measured figures stand in the catalogue of rules. What is accepted stands in the protocols.
"""

from .detecting import chosen_contrast, detect, detect_near
from .field_of_view import fov_cut

__all__ = ["chosen_contrast", "detect", "detect_near", "fov_cut"]
