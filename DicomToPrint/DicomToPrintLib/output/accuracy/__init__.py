"""How near the model comes to the anatomy: the scan's own blur, and the edges as they were before it."""

from ...measure.blur import Blur, blur_of
from .estimate import Accuracy, accuracy_of

__all__ = ["Accuracy", "Blur", "accuracy_of", "blur_of"]
