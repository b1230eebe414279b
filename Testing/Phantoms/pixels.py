"""Cases that only the pixels show: motion, metal, field of view, contrast, taken-out tilt, noise, lost intercept."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case


def pixel_cases() -> Iterator[Case]:
    """Every case that needs pixels."""
    yield from ()
