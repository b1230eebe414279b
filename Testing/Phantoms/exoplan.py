"""Cases of the exoplan DICOM conformance statement (clauses E-..), on the limit and just over it."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case
from .exoplan_files import identity_cases, objects_cases, syntaxes_cases, texts_cases
from .exoplan_grid import grid_cases, groups_cases, positions_cases
from .exoplan_pixels import pixel_module_cases, windows_cases
from .exoplan_shown import displayed_cases, unused_cases


def statement() -> Iterator[Case]:
    """Every case of the statement."""
    yield from objects_cases()
    yield from syntaxes_cases()
    yield from grid_cases()
    yield from texts_cases()
    yield from identity_cases()
    yield from positions_cases()
    yield from pixel_module_cases()
    yield from windows_cases()
    yield from groups_cases()
    yield from displayed_cases()
    yield from unused_cases()
