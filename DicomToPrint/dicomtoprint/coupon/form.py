"""The form of a test plate: a table to fill in, and read again without trust."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..config.tables import read_csv
from ..errors import InputError
from ..messages import _, join, translate

COLUMNS = ("coupon", "name", "what", "nominal", "unit", "measured_mm", "holds")
YES, NO = ("yes", "y", "1"), ("no", "n", "0")
QUESTIONS: Mapping[str, str] = {
    "wall-held": _("stands whole between its rails"),
    "wall-free": _("stands whole and straight"),
    "pin": _("stands whole and straight"),
    "gap": _("is open from top to plate, all along"),
    "hole": _("is open: light shows through"),
    "engraved": _("can be read at arm's length"),
    "raised": _("can be read at arm's length and is whole"),
    "overhang": _("has a clean underside, without supports"),
    "bridge": _("spans without sagging, without supports"),
}


@dataclass(frozen=True)
class FeatureReading:
    """What was found of a feature: `measured_mm` None where no length was taken, `holds` None where that was not judged or not asked."""

    name: str
    measured_mm: float | None = None
    holds: bool | None = None


def write_form(coupon: Mapping[str, Any]) -> str:
    """The table of a plate's map (``dicom-to-print/coupon/1``), its two last columns to be filled in."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for feature in coupon["features"]:
        writer.writerow(
            [
                coupon["id"],
                feature["name"],
                translate(what_to_do(feature)),
                _("{nominal:g}", nominal=feature["nominal"]),
                feature["unit"],
                "" if feature["measured"] else "-",
                "" if feature["asked"] else "-",
            ]
        )
    return text.getvalue()


def what_to_do(feature: Mapping[str, Any]) -> str:
    """What is measured or looked at, in words."""
    kind = feature["kind"]
    if kind == "block":
        end = _(" from the plate's underside") if feature["axis"] == "z" else ""
        return _("length of the block along {axis}{end}", axis=feature["axis"], end=end)
    if kind == "sphere":
        return _("diameter of the sphere along x")
    measured = _("{kind}; ", kind=_("diameter") if kind == "pin" else _("thickness")) if feature["measured"] else ""
    return measured + QUESTIONS[kind]


def read_form(text: str, file: str, coupon: Mapping[str, Any], largest_error_mm: float) -> tuple[FeatureReading, ...]:
    """Readings of every feature of the plate, from its filled-in form.

    Columns are told by their head; commas or semicolons part them, and with semicolons a comma in a figure is a decimal point.

    Raises `InputError` that names file and line: for no form, one of another plate, rows missing, twice or left open, and figures that are
    none, have another unit, or lie farther than `largest_error_mm` from what was drawn.
    """
    table = read_csv(text, file)
    known = {feature["name"]: feature for feature in coupon["features"]}
    found: dict[str, FeatureReading] = {}
    if not {"coupon", "name", "measured_mm", "holds"} <= set(table.heads):
        raise InputError(
            _("{file}, line 1: this is no form of a test plate; fill in coupon-form.csv beside its map.", file=file)
        )
    for row in table.rows:
        where = _("{file}, line {line_num}", file=file, line_num=row.line)
        if row.is_too_long:
            raise InputError(
                _(
                    "{where}: there are more columns than heads; write figures with a decimal point, or save "
                    "with semicolons.",
                    where=where,
                )
            )
        reading = _reading(row.cells, where, coupon, known, largest_error_mm)
        if reading.name in found:
            raise InputError(
                _("{where}: {reading} is given twice; keep one of the two rows.", where=where, reading=reading.name)
            )
        found[reading.name] = reading
    missing = [name for name in known if name not in found]
    if missing:
        raise InputError(
            _(
                "{file}: the rows of {missing} are missing; fill in the whole form.",
                file=file,
                missing=join(", ", missing),
            )
        )
    return tuple(found[name] for name in known)


def _reading(
    cells: Mapping[str, str], where: str, coupon: Mapping[str, Any], known: Mapping[str, Any], largest_error_mm: float
) -> FeatureReading:
    name = cells["name"]
    if cells["coupon"] != coupon["id"]:
        raise InputError(
            _(
                "{where}: this row is of the plate '{coupon}', and the map is of '{id}'; give the form of this plate.",
                where=where,
                coupon=cells["coupon"][:20],
                id=coupon["id"],
            )
        )
    if name not in known:
        raise InputError(
            _("{where}: the plate has no feature '{name}'; keep the names of the form.", where=where, name=name[:20])
        )
    feature = known[name]
    if cells.get("nominal", f"{feature['nominal']:g}").replace(",", ".") != f"{feature['nominal']:g}":
        raise InputError(
            _(
                "{where}: {name} was drawn as {nominal:g} {unit}; leave that column as it is.",
                where=where,
                name=name,
                nominal=feature["nominal"],
                unit=feature["unit"],
            )
        )
    holds = _holds(cells["holds"], where, name) if feature["asked"] else None
    measured = cells["measured_mm"]
    if not feature["measured"] or (measured in ("", "-") and feature["asked"]):
        if measured not in ("", "-"):
            raise InputError(
                _("{where}: {name} is only looked at; leave measured_mm empty there.", where=where, name=name)
            )
        return FeatureReading(name, None, holds)
    value = _millimetres(measured, where, name)
    if abs(value - feature["nominal"]) > largest_error_mm:
        raise InputError(
            _(
                "{where}: {name} was drawn as {nominal:g} mm and measured as {value:g} mm; measure it again, in mm.",
                where=where,
                name=name,
                nominal=feature["nominal"],
                value=value,
            )
        )
    return FeatureReading(name, value, holds)


def _holds(text: str, where: str, name: str) -> bool:
    word = text.lower()
    if word not in (*YES, *NO):
        said = _("'{text}' is neither yes nor no", text=text[:20]) if text else _("is left open")
        raise InputError(_("{where}: {name}: {said}; write yes or no under holds.", where=where, name=name, said=said))
    return word in YES


def _millimetres(text: str, where: str, name: str) -> float:
    number = text.lower().removesuffix("mm").strip().replace(",", ".")
    try:
        value = float(number) if number.replace(".", "", 1).isdecimal() and number.isascii() else -1.0
    except ValueError:
        value = -1.0
    if not 0.0 < value < 1e4:
        said = (
            _("'{text}' is no length in mm", text=text[:20]) if text not in ("", "-") else _("the length is left open")
        )
        raise InputError(_("{where}: {name}: {said}; write it such as 9.97.", where=where, name=name, said=said))
    return value
