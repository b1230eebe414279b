"""From the readings of a test plate to the process file of one printer and one material."""

import copy
import datetime
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import RefusedError
from ..messages import _
from .form import FeatureReading
from .plan import GROWING_HARDER

SOURCE = "measured"  # id of the source of what a plate showed
AXES = ("x", "y", "z")


@dataclass(frozen=True)
class Circumstances:
    """Who measured what with what: printer, material, person, instrument and day, and the last day on which it shall hold."""

    printer: str
    material: str
    person: str
    date: datetime.date
    expires: datetime.date
    instrument: str = ""


@dataclass(frozen=True)
class PrintedSize:
    """How large the plate was printed: along x, y, z `scale` and `growth_mm` (what all lengths are larger by besides), the 95 % bounds of
    the scale's error in percent, and how far the plate lay at most (scan: 95 % of its surface) from what was drawn, scale apart."""

    scale: tuple[float, float, float]
    growth_mm: tuple[float, float, float]
    scale_error_percent: float
    tolerance_mm: float
    method: str


def size_from_blocks(
    coupon: Mapping[str, Any], readings: Sequence[FeatureReading], gauge_error_mm: float, largest_scale_percent: float
) -> PrintedSize:
    """Scale and growth by axis from two blocks along each, and the tolerance from all lengths that were taken.

    Two lengths n1 < n2 that measure m1, m2 give scale = (m2 - m1) / (n2 - n1) and growth = m1 - scale n1. The tolerance is the largest
    distance of a measured length from scale times the drawn one, and the caliper's error.

    Raises `RefusedError` for a scale that no printer has.
    """
    measured = {reading.name: reading for reading in readings}
    blocks = {axis: [f for f in coupon["features"] if f["axis"] == axis] for axis in AXES}
    scale, growth, errors = [], [], []
    for axis in AXES:
        short, long = sorted(blocks[axis], key=lambda feature: float(feature["nominal"]))
        found = [float(measured[feature["name"]].measured_mm or 0.0) for feature in (short, long)]
        apart = float(long["nominal"]) - float(short["nominal"])
        factor = (found[1] - found[0]) / apart
        if abs(factor - 1.0) > largest_scale_percent / 100.0:
            raise RefusedError(
                _(
                    "{name} and {name2} say that {axis} is printed {factor:.1f} % as large as drawn, which no "
                    "printer in order does: measure these two again.",
                    name=short["name"],
                    name2=long["name"],
                    axis=axis,
                    factor=100.0 * factor,
                )
            )
        scale.append(factor)
        growth.append(found[0] - factor * float(short["nominal"]))
        errors.append(100.0 * math.sqrt(2.0) * gauge_error_mm / apart)
    off = [gauge_error_mm]
    across = (scale[0] + scale[1]) / 2.0
    for feature in coupon["features"]:
        reading = measured[feature["name"]]
        if reading.measured_mm is None or reading.holds is False:
            continue
        factor = scale[AXES.index(feature["axis"])] if feature["axis"] else across
        off.append(abs(reading.measured_mm - factor * float(feature["nominal"])) + gauge_error_mm)
    return PrintedSize(
        tuple(scale),  # type: ignore[arg-type]
        tuple(growth),  # type: ignore[arg-type]
        max(errors),
        max(off),
        "caliper",
    )


def held(coupon: Mapping[str, Any], readings: Sequence[FeatureReading]) -> dict[str, bool | None]:
    """Whether each feature of a ladder came out as it was drawn, by name; None where that was not judged.

    One that stands, but is farther from its size than the process's tolerance, did not: a wall of 0.4 mm that is 0.8 mm thick holds 0.8.
    """
    tolerance = coupon["process"]["limits"]["tolerance_mm"]["value"] or math.inf
    drawn = {feature["name"]: feature for feature in coupon["features"]}
    found: dict[str, bool | None] = {}
    for reading in readings:
        feature = drawn[reading.name]
        if not feature["asked"]:
            continue
        off = 0.0 if reading.measured_mm is None else abs(reading.measured_mm - float(feature["nominal"]))
        found[reading.name] = None if reading.holds is None else reading.holds and off <= tolerance
    return found


def new_limits(coupon: Mapping[str, Any], holds: Mapping[str, bool | None]) -> tuple[dict[str, float], tuple[str, ...]]:
    """The limits that the ladders show, by name, and a sentence on each ladder that shows none.

    A limit is the last feature from the easy end of its ladder up to which all came out. Of two ladders of one limit the stricter counts.

    Raises `RefusedError` where not even the easiest of a ladder came out: then the limit lies beyond the plate.
    """
    limits: dict[str, float] = {}
    untold = []
    kinds = dict.fromkeys(feature["kind"] for feature in coupon["features"] if feature["asked"])
    for kind in kinds:
        ladder = [feature for feature in coupon["features"] if feature["kind"] == kind]
        harder_up = kind in GROWING_HARDER
        ladder.sort(key=lambda feature: float(feature["nominal"]), reverse=not harder_up)  # the easiest first
        names = [str(feature["name"]) for feature in ladder]
        if any(holds[name] is None for name in names):
            dark = ", ".join(sorted(name for name in names if holds[name] is None))
            untold.append(
                _(
                    "{limit} is that of the base process: {dark} could not be judged.",
                    limit=ladder[0]["limit"],
                    dark=dark,
                )
            )
            continue
        if not holds[names[0]]:
            raise RefusedError(
                _(
                    "Not even {names}, the easiest of its row, came out: the limit lies beyond this plate. Mend "
                    "the printer's settings and print the plate again, or choose another base process.",
                    names=names[0],
                )
            )
        last = next((index for index, name in enumerate(names) if not holds[name]), len(names)) - 1
        if any(holds[name] for name in names[last + 1 :]):
            untold.append(
                _("In the row of {names} some came out beyond one that did not: they do not count.", names=names[0])
            )
        for limit, nominal in ((ladder[last]["limit"], "nominal"), (ladder[last]["second"], "second_nominal")):
            if limit and ladder[last][nominal] is not None:
                strict = min if harder_up else max
                value = float(ladder[last][nominal])
                limits[limit] = strict(limits[limit], value) if limit in limits else value
    return limits, tuple(untold)


def process_content(
    coupon: Mapping[str, Any],
    size: PrintedSize,
    limits: Mapping[str, float],
    notes: Sequence[str],
    around: Circumstances,
    name: str | None = None,
) -> dict[str, Any]:
    """The content of the lab's own process file: that of the base with what the plate showed in place of the guidelines.

    The tolerance is what was measured with the scale compensated; what is left of the scale's error stands as its share of the length.
    """
    content: dict[str, Any] = copy.deepcopy(dict(coupon["process"]))
    before = content.get("calibration") or {"base": content["name"], "base_version": content["version"]}
    base = {key: before[key] for key in ("base", "base_version")}
    content["name"] = name or slug(f"{content['name']}-{around.printer}-{around.material}")
    content["title"] = _(
        "{title}, {printer}, {material}", title=content["title"], printer=around.printer, material=around.material
    )
    content["version"] = around.date.strftime("%Y.%m.%d")
    told = _(
        "Test plate {id} of {printer} with {material}, measured on {date} by {person}",
        id=coupon["id"],
        printer=around.printer,
        material=around.material,
        date=around.date,
        person=around.person,
    )
    content["sources"] = [*(one for one in content["sources"] if one["id"] != SOURCE), {"id": SOURCE, "title": told}]
    shown = {**limits, "tolerance_mm": size.tolerance_mm, "tolerance_percent": size.scale_error_percent}
    for limit, value in shown.items():
        old = content["limits"].get(limit, {})
        entry: dict[str, Any] = {"value": round(value, 4), "source": SOURCE}
        if old.get("value") is not None:
            entry["note"] = _("guideline {value:g}", value=old["value"])
        if old.get("recommended", 0.0) > value:
            entry["recommended"] = old["recommended"]
        content["limits"][limit] = entry
    content["calibration"] = {
        **base,
        "date": around.date.isoformat(),
        "expires": around.expires.isoformat(),
        "person": around.person,
        "printer": around.printer,
        "material": around.material,
        "coupon": coupon["id"],
        "method": size.method,
        "instrument": around.instrument,
        "measured": sorted(shown),
        "notes": list(notes),
        "scale": [round(value, 6) for value in size.scale],
        "scale_error_percent": round(size.scale_error_percent, 4),
        "growth_mm": [round(value, 4) for value in size.growth_mm],
        "compensation": [round(1.0 / value, 6) for value in size.scale],
    }
    return content


def slug(text: str) -> str:
    """A name of a process: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60].strip("-") or "process"
