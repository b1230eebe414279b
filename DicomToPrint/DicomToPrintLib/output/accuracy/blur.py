"""The blur of a scan: it stands in `measure/`, where the surface needs it too."""

from ...measure.blur import FULL_WIDTH, Blur, blur_of

__all__ = ["FULL_WIDTH", "Blur", "blur_of"]
