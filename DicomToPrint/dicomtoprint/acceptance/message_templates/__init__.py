"""The sentences of findings: one table for each kind of fact, all of them in `TEXTS`."""

from collections.abc import Mapping

from .acquisition import ACQUISITION
from .files import FILES
from .pixels import PIXELS
from .slices import SLICES
from .template import MessageTemplate

TEXTS: Mapping[str, MessageTemplate] = {**FILES, **SLICES, **PIXELS, **ACQUISITION}

__all__ = ["TEXTS", "MessageTemplate"]
