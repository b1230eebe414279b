"""The register of fact functions, and the context that some need besides the series."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from ...dicom import Series, Study
from ...rules import MISSING, Fact


@dataclass(frozen=True)
class FactContext:
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


FactFunction = Callable[[Series, FactContext], Fact]
FACTS: dict[str, FactFunction] = {}
# Facts of one kind, ``prefix:argument``: the function takes the argument.
FACT_FAMILIES: dict[str, Callable[[Series, str], Fact]] = {}

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
    "blank_slices",
    "repeated_slices",
    "noise_hu",
    "tissue_above_air_hu",
    "pixels_judged",
)

# Facts that depend on what differs within a run: the protocol's tables, and which other series holds.
_NOT_KEPT = ("kernel_family", "cone_beam", "original_beside")


def register_fact(name: str) -> Callable[[FactFunction], FactFunction]:
    """Registers a function under a fact's name."""

    def register(function: FactFunction) -> FactFunction:
        FACTS[name] = function
        return function

    return register


def register_fact_family(prefix: str) -> Callable[[Callable[[Series, str], Fact]], Callable[[Series, str], Fact]]:
    """Registers a function for all facts ``prefix:argument``."""

    def register(function: Callable[[Series, str], Fact]) -> Callable[[Series, str], Fact]:
        FACT_FAMILIES[prefix] = function
        return function

    return register


def evaluate_fact(name: str, series: Series, context: FactContext) -> Fact:
    """The fact `name`: from pixels, from an attribute (``attribute:Keyword``), or from its function.

    Raises KeyError for a name nobody knows.
    """
    family, _, argument = name.partition(":")
    if family in FACT_FAMILIES:
        return FACT_FAMILIES[family](series, argument)
    if name in PIXEL_FACTS:
        return context.pixels.get(name, Fact(name, MISSING, applicable=False))
    if name in _NOT_KEPT:
        return FACTS[name](series, context)
    kept = context.known.setdefault(series.id, {})
    if name not in kept:
        kept[name] = FACTS[name](series, context)
    return kept[name]


def is_known_fact(name: str) -> bool:
    """True for a name that `evaluate_fact` can measure."""
    return name in FACTS or name in PIXEL_FACTS or name.startswith(("attribute:", "rules:"))


def missing_fact(name: str, where: str = "", evidence: str = "", kind: str = "") -> Fact:
    """A fact that could not be established; `kind` says in which way."""
    return Fact(name, MISSING, where, evidence, parameters={"kind": kind} if kind else {})


def not_applicable_fact(name: str, evidence: str = "") -> Fact:
    """A question that makes no sense for this object."""
    return Fact(name, MISSING, evidence=evidence, applicable=False)
