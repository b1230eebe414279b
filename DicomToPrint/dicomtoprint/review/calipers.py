"""Distances that were measured by hand, held against those that the report asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config.tables import read_csv
from ..errors import InputError, UsageError
from ..messages import _, join, known


@dataclass(frozen=True)
class CaliperReading:
    """One distance that somebody took, in mm; `name` is the number or the words of a distance of the record."""

    name: str
    measured_mm: float
    person: str = ""
    instrument: str = ""


@dataclass(frozen=True)
class CaliperResult:
    """A distance of the record with what was measured: `measured_mm` None where nobody did, `tolerance_mm` None where there is none."""

    number: int
    description: str
    expected_mm: float
    tolerance_mm: float | None
    measured_mm: float | None = None
    person: str = ""
    instrument: str = ""

    @property
    def difference_mm(self) -> float | None:
        """Measured less expected."""
        return None if self.measured_mm is None else self.measured_mm - self.expected_mm

    @property
    def outcome(self) -> str:
        """pass, fail, or not measured; info without a tolerance."""
        if self.difference_mm is None:
            return _("not measured")
        if self.tolerance_mm is None:
            return "info"
        return "pass" if abs(self.difference_mm) <= self.tolerance_mm + 1e-9 else "fail"

    def as_json(self) -> dict[str, Any]:
        """The result in the contract's form."""
        return {
            "number": self.number,
            "description": self.description,
            "expected_mm": self.expected_mm,
            "measured_mm": self.measured_mm,
            "difference_mm": self.difference_mm,
            "tolerance_mm": self.tolerance_mm,
            "outcome": self.outcome,
            "person": self.person,
            "instrument": self.instrument,
        }


def parse_reading(text: str, person: str = "", instrument: str = "") -> CaliperReading:
    """``NAME=MM``. Raises `UsageError`."""
    name, _sign, value = text.rpartition("=")
    return CaliperReading(name.strip(), _millimetres(value if name.strip() else "", text), person, instrument)


def read_caliper_table(text: str, file: str, person: str = "", instrument: str = "") -> tuple[CaliperReading, ...]:
    """Readings of a CSV with a head: ``name`` (or ``number``), ``measured_mm``, and if wanted ``person`` and ``instrument``.

    Commas or semicolons; with semicolons a comma in a figure is a decimal point. Raises `InputError`.
    """
    table = read_csv(text, file)
    name = next((head for head in ("name", "number") if head in table.heads), None)
    if name is None or "measured_mm" not in table.heads:
        raise InputError(
            _("{file}, line 1: columns 'name' and 'measured_mm' are expected, as in the list of the report.", file=file)
        )
    readings = []
    for row in table.rows:
        value = row.cells["measured_mm"]
        if not value:
            continue  # a form that was not filled in to the end
        try:
            measured = _millimetres(value.replace(",", "."), value)
        except UsageError as error:
            raise InputError(_("{file}, line {line_num}: {error}", file=file, line_num=row.line, error=error)) from None
        who, what = row.cells.get("person") or person, row.cells.get("instrument") or instrument
        readings.append(CaliperReading(row.cells[name], measured, who, what))
    return tuple(readings)


def _millimetres(value: str, whole: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0.0 < number < 1e4:
        raise UsageError(
            _(
                "'{whole}' is no distance: write NAME=MM, such as 1=54.2, with NAME a number of the report's list.",
                whole=whole,
            )
        )
    return number


def match_readings(
    recorded: Sequence[Mapping[str, Any]], readings: Sequence[CaliperReading]
) -> tuple[CaliperResult, ...]:
    """Every distance of the record, with the reading that names it by number or by words.

    Raises `UsageError` for a reading that names none or one that was given before, and where the record asks for none.
    """
    if not recorded:
        raise UsageError(_("The record asks for no distances: review the part by a scan ({--part})."))
    taken: dict[int, CaliperReading] = {}
    for reading in readings:
        number = _number_of(reading.name, recorded)
        if number in taken:
            raise UsageError(_("The distance {number} is given twice: give each distance once.", number=number))
        taken[number] = reading
    results = []
    for entry in recorded:
        number, tolerance = int(entry["number"]), entry.get("tolerance_mm")
        given = taken.get(number)
        results.append(
            CaliperResult(
                number,
                str(entry.get("description", "")),
                float(entry["expected_mm"]),
                None if tolerance is None else float(tolerance),
                None if given is None else given.measured_mm,
                "" if given is None else given.person,
                "" if given is None else given.instrument,
            )
        )
    return tuple(results)


def _number_of(name: str, recorded: Sequence[Mapping[str, Any]]) -> int:
    for entry in recorded:
        if name.casefold() in (str(entry["number"]), str(entry.get("description", "")).casefold()):
            return int(entry["number"])
    listed = join(
        "; ",
        (
            _("{number} {description}", number=entry["number"], description=known(str(entry.get("description", ""))))
            for entry in recorded
        ),
    )
    raise UsageError(
        _("The report asks for no distance '{name}': name one by its number ({known}).", name=name, known=listed)
    )
