"""The register of fact functions, and the context that some need besides the series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ...dicom import Series, Study
from ...findings import MISSING, Fact


@dataclass(frozen=True)
class Context:
    """What the operator and the study add to a series.

    `pixels` are the facts that detectors measured, empty for headers alone. `original_accepted` says whether
    another series with the same Frame of Reference holds without a reject (None: not known yet). `kernels` is the
    kernel table. `known` keeps what was measured of each series, by its id, for the next protocol.
    """

    study: Study
    today: date
    surgery_date: date | None = None
    pixels: Mapping[str, Fact] = field(default_factory=dict)
    kernels: Sequence[Mapping[str, object]] = ()
    cone_beam: Sequence[Mapping[str, str]] = ()
    originals: Mapping[str, bool] | None = None
    known: dict[str, dict[str, Fact]] = field(default_factory=dict)


Measure = Callable[[Series, Context], Fact]
FACTS: dict[str, Measure] = {}

# Facts that only pixels give; not applicable where they were not read.
PIXEL_FACTS = (
    "motion_slices",
    "metal_mm3",
    "fov_cut_mm2",
    "fov_cut_ends_mm2",
    "body_share_of_fov",
    "tilt_taken_out_degrees",
    "kernel_from_noise",
    "contrast_to_noise",
    "air_mode_hu",
)

# Facts that depend on what differs within a run: the protocol's tables, and which other series holds.
_NOT_KEPT = ("kernel_family", "cone_beam", "original_beside")


def fact(name: str) -> Callable[[Measure], Measure]:
    """Registers a function under a fact's name."""

    def register(function: Measure) -> Measure:
        FACTS[name] = function
        return function

    return register


def measure(name: str, series: Series, context: Context) -> Fact:
    """The fact `name`: from pixels, from an attribute (``attribute:Keyword``), or from its function.

    Raises KeyError for a name nobody knows.
    """
    if name.startswith("attribute:"):
        from .attributes import display

        return display(series, name.partition(":")[2])
    if name in PIXEL_FACTS:
        return context.pixels.get(name, Fact(name, MISSING, applicable=False))
    if name in _NOT_KEPT:
        return FACTS[name](series, context)
    kept = context.known.setdefault(series.id, {})
    if name not in kept:
        kept[name] = FACTS[name](series, context)
    return kept[name]


def known(name: str) -> bool:
    """True for a name that `measure` can measure."""
    return name in FACTS or name in PIXEL_FACTS or name.startswith(("attribute:", "rules:"))


def missing(name: str, where: str = "", evidence: str = "") -> Fact:
    """A fact that could not be established."""
    return Fact(name, MISSING, where, evidence)


def not_applicable(name: str, evidence: str = "") -> Fact:
    """A question that makes no sense for this object."""
    return Fact(name, MISSING, evidence=evidence, applicable=False)
