"""Cases of the 3D Systems orthopaedic CT protocol (clauses O..), on the limit and just over it."""

from __future__ import annotations

from collections.abc import Iterator

from .case import Case
from .ortho3ds_images import compression_cases, kernels_cases, reformats_cases, types_cases
from .ortho3ds_scan import acquisitions_cases, dates_cases, objects_cases
from .ortho3ds_slices import plane_cases, scale_cases, spacing_cases, tilt_cases


def orthopaedic() -> Iterator[Case]:
    """Every case of the protocol that headers decide."""
    yield from objects_cases()
    yield from dates_cases()
    yield from spacing_cases()
    yield from plane_cases()
    yield from tilt_cases()
    yield from acquisitions_cases()
    yield from compression_cases()
    yield from kernels_cases()
    yield from types_cases()
    yield from reformats_cases()
    yield from scale_cases()
