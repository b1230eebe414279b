"""Processes and printers as data: what a print technology's published guidelines ask for, and a printer's build volume."""

import datetime
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config import resources
from ..errors import UsageError
from ..messages import _, join

PROJECT_THRESHOLDS = ("thin_patch_mm2", "small_patch_mm2", "edge_walls", "trapped_mm3", "triangles", "facet_error_mm")
# Named later: a file of one's own that lacks them has those of the built-in process below.
LATER_THRESHOLDS = ("speck_mm", "loose_specks", "thin_share", "pocket_mm3", "undrained_mm3", "suction_mm3")
_DEFAULTS = "fdm"


@dataclass(frozen=True)
class GuidelineLimit:
    """One guideline: `value`, the `low` and `high` of what vendors publish, a `recommended` value, the id of its source, a note.

    `value` None: nobody publishes a figure, or it makes no sense for the process. Unit as in the limit's name.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    recommended: float | None = None
    source: str = ""
    note: str = ""


@dataclass(frozen=True)
class Calibration:
    """What a test plate of one printer and material showed; file form in `data/processes/schema.json`.

    `date` and `expires` (the last day on which it holds) are days, `person`, `printer` and `material` as they were given, `coupon` the id
    of the plate, `measured` the limits that it showed. `scale` says how many mm are printed for one along x, y, z of the printer, to
    `scale_error_percent` (95 % bound); `compensation` what a model is scaled by before it is printed.
    """

    base: str
    date: datetime.date
    expires: datetime.date
    person: str
    printer: str
    material: str
    coupon: str
    measured: tuple[str, ...]
    scale: tuple[float, float, float]
    scale_error_percent: float
    compensation: tuple[float, float, float]

    def is_expired(self, day: datetime.date) -> bool:
        """Whether it holds no longer on a day."""
        return day > self.expires

    @property
    def is_compensated(self) -> bool:
        """Whether a model is scaled against the printer's own scale."""
        return self.compensation != (1.0, 1.0, 1.0)

    @property
    def in_words(self) -> str:
        """Where the figures come from: ``test plate of PRINTER with MATERIAL, measured DATE by PERSON, holds until DATE``."""
        return _(
            "test plate of {printer} with {material}, measured on {date} by {person}, holds until {expires}",
            printer=self.printer,
            material=self.material,
            date=self.date,
            person=self.person,
            expires=self.expires,
        )


@dataclass(frozen=True)
class PrintProcess:
    """A print technology's guidelines; file form in `data/processes/schema.json`.

    `overhangs` is ``supports`` or ``free``; `trapped` says what a closed cavity keeps: ``closed`` (nothing), ``liquid``, ``powder`` or
    ``support``. `wall_by_size` rows are (sum of the three extents in mm below which, wall in mm). `judgement` holds the areas from
    which a place counts. `calibration` is None but for a lab's own file, whose limits were measured.
    """

    name: str
    title: str
    version: str
    limits: Mapping[str, GuidelineLimit]
    sources: Mapping[str, str]
    overhangs: str
    trapped: str
    printer: str
    judgement: Mapping[str, float]
    wall_by_size: tuple[tuple[float, float], ...] = ()
    calibration: Calibration | None = None

    @property
    def technology(self) -> str:
        """Name of the built-in process that it is or was made from."""
        return self.name if self.calibration is None else self.calibration.base

    def limit(self, name: str) -> float | None:
        """Value of a limit by name (``wall_supported_mm``); None where there is none."""
        entry = self.limits.get(name)
        return entry.value if entry else None

    def low_limit(self, name: str) -> float | None:
        """The lowest figure that a vendor publishes for a limit; the limit itself where it has no range."""
        entry = self.limits.get(name)
        return None if entry is None else entry.low if entry.low is not None else entry.value

    def wall_recommended(self, size_sum_mm: float) -> float | None:
        """Wall in mm that is recommended for a model whose extents add up to `size_sum_mm`."""
        for below, wall in self.wall_by_size:
            if size_sum_mm < below:
                return wall
        entry = self.limits.get("wall_supported_mm")
        return entry.recommended if entry else None


@dataclass(frozen=True)
class Printer:
    """A build volume: `build_mm` along x, y (the plate) and z (height), less `margin_mm` on every side."""

    name: str
    title: str
    build_mm: tuple[float, float, float]
    margin_mm: float = 0.0
    processes: tuple[str, ...] = ()

    @property
    def usable_mm(self) -> tuple[float, float, float]:
        """Room for the model along x, y, z."""
        x, y, z = self.build_mm
        return (x - 2 * self.margin_mm, y - 2 * self.margin_mm, z - self.margin_mm)


def load_process(name_or_file: str) -> PrintProcess:
    """A built-in process by name or a user's JSON file. Raises `UsageError` naming what is wrong and where."""
    file = resources.load_data_file("processes", name_or_file)
    content = file.content
    return PrintProcess(
        name=content["name"],
        title=content["title"],
        version=content["version"],
        limits={name: _limit(entry) for name, entry in content["limits"].items()},
        sources={source["id"]: source["title"] for source in content["sources"]},
        overhangs=content["overhangs"],
        trapped=content["trapped"],
        printer=content["printer"],
        judgement=_judgement(content["judgement"]),
        wall_by_size=tuple(
            (math.inf if row["sum_below_mm"] is None else float(row["sum_below_mm"]), float(row["wall_mm"]))
            for row in content.get("wall_by_size", ())
        ),
        calibration=_calibration(file) if "calibration" in content else None,
    )


def load_printer(name_or_size: str) -> Printer:
    """A built-in printer, a user's JSON file, or a build volume such as ``200x200x180`` (mm, width x depth x height)."""
    size = re.fullmatch(r"\s*([0-9.]+)\s*[xX*]\s*([0-9.]+)\s*[xX*]\s*([0-9.]+)\s*", name_or_size)
    if size:
        try:
            build = tuple(float(word) for word in size.groups())
        except ValueError:
            build = (0.0, 0.0, 0.0)
        if not all(0.0 < value <= 10_000.0 for value in build):
            raise UsageError(
                _(
                    "The build volume '{name_or_size}' makes no sense: give three lengths in mm, such as 200x200x180.",
                    name_or_size=name_or_size,
                )
            )
        sides = [_("{value:g}", value=value) for value in build]
        return Printer("x".join(sides), _("build volume of {sides} mm, as entered", sides=join(" x ", sides)), build)  # type: ignore[arg-type]
    file = resources.load_data_file("printers", name_or_size)
    content = file.content
    x, y, z = map(float, content["build_mm"])
    margin = float(content.get("margin_mm", 0.0))
    if min(x, y, z) <= 2 * margin:
        raise file.fault(("build_mm",), _("'build_mm' must be three lengths larger than the margins"))
    return Printer(content["name"], content["title"], (x, y, z), margin, tuple(content.get("processes", ())))


def _judgement(given: Mapping[str, Any]) -> dict[str, float]:
    found = {name: float(given[name]) for name in PROJECT_THRESHOLDS}
    missing = [name for name in LATER_THRESHOLDS if name not in given]
    usual = resources.load_data_file("processes", _DEFAULTS).content["judgement"] if missing else {}
    return found | {name: float(given.get(name, usual.get(name))) for name in LATER_THRESHOLDS}


def _limit(entry: Mapping[str, Any]) -> GuidelineLimit:
    low, high = entry.get("range", (None, None))
    value, recommended = entry["value"], entry.get("recommended")
    return GuidelineLimit(
        None if value is None else float(value),
        None if low is None else float(low),
        None if high is None else float(high),
        None if recommended is None else float(recommended),
        entry.get("source", ""),
        entry.get("note", ""),
    )


def _calibration(file: resources.DataFile) -> Calibration:
    """What a lab measured. Raises `UsageError` where it ends before it begins."""
    entry = file.content["calibration"]
    date, expires = (datetime.date.fromisoformat(entry[name]) for name in ("date", "expires"))
    if expires < date:
        raise file.fault(("calibration", "expires"), _("'calibration.expires' must not lie before 'calibration.date'"))
    return Calibration(
        date=date,
        expires=expires,
        measured=tuple(entry["measured"]),
        scale_error_percent=float(entry["scale_error_percent"]),
        scale=tuple(map(float, entry["scale"])),  # type: ignore[arg-type]
        compensation=tuple(map(float, entry["compensation"])),  # type: ignore[arg-type]
        **{name: entry[name] for name in ("base", "person", "printer", "material", "coupon")},
    )
