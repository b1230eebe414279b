"""Facts about the acquisition: date, dose, restarts, patient, frame of reference."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from datetime import date, timedelta

import numpy as np

from ...dicom import Series, compute_slice_geometry
from ...dicom.identity import count_patients
from ...messages import _, join
from ...rules import Fact
from ...text import pluralize
from .attributes import parse_dicom_date
from .registry import FactContext, missing_fact, not_applicable_fact, register_fact

# The order of the protocol's catalogue: the acquisition itself first, the study's date last. The file's own time
# never counts.
_DATE_KEYWORDS = (
    "AcquisitionDateTime",
    "FrameAcquisitionDateTime",
    "AcquisitionDate",
    "ContentDate",
    "SeriesDate",
    "StudyDate",
)
_FIRST_CT = date(1971, 10, 1)
_HALF_DAY = 43_200


def scan_date(series: Series, today: date) -> date | None:
    """Day of the scan, or None where none is stated, it was shifted on purpose, or it cannot be (before 1971, in
    the future).
    """
    if any(
        str(value).upper() in ("MODIFIED", "REMOVED")
        for value in series.distinct("LongitudinalTemporalInformationModified")
    ):
        return None
    for keyword in _DATE_KEYWORDS:
        texts = [str(value) for value in series.distinct(keyword)]
        if not texts:
            continue
        dates = [parse_dicom_date(text) for text in texts]
        known = [day for day in dates if day is not None]
        if len(known) < len(dates):
            continue
        earliest = min(known)
        return earliest if earliest >= _FIRST_CT and max(known) <= today else None
    return None


def months_before(day: date, months: int) -> date:
    """The same day `months` calendar months earlier, clamped to the end of a shorter month (31 August - 6 = 28
    February).
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


@register_fact("scan_age")
def scan_age(series: Series, context: FactContext) -> Fact:
    """Whole calendar months from the scan to the surgery, begun months counted; the anniversary still counts as the
    full one.

    Not applicable without a surgery date (then it is a question), unless the scan itself has no date that can be.
    """
    # East of here the day begins earlier.
    latest = max(context.today + timedelta(days=1), context.surgery_date or context.today)
    scanned = scan_date(series, latest)
    if scanned is None:
        return missing_fact(
            "scan_age", evidence=_("Acquisition, Content, Series and Study Date"), kind=_undated(series)
        )
    if context.surgery_date is None:
        return not_applicable_fact("scan_age", _("no date of surgery was given"))
    if scanned > context.surgery_date:
        return missing_fact("scan_age", evidence=_("the scan is dated after the surgery"), kind=_("after the surgery"))
    months = 0
    while months < 2400 and scanned < months_before(context.surgery_date, months):
        months += 1
    return Fact(
        "scan_age",
        months,
        evidence=_("Acquisition, Content, Series and Study Date"),
        parameters={"age": _age(scanned, context.surgery_date, months)},
    )


def _age(scanned: date, surgery: date, begun: int) -> str:
    """Whole months and days between two dates in words: "6 months and 1 day"."""
    whole = begun if scanned == months_before(surgery, begun) else begun - 1
    days = (months_before(surgery, max(whole, 0)) - scanned).days
    parts = [
        words for count, words in ((whole, pluralize(whole, "month")), (days, pluralize(days, "day"))) if count > 0
    ]
    return join(_(" and "), parts) or pluralize(0, "day")


def _undated(series: Series) -> str:
    """Why a scan has no date: it gives none, was shifted on purpose, or gives one that cannot be."""
    if series.distinct("LongitudinalTemporalInformationModified") and any(
        str(value).upper() in ("MODIFIED", "REMOVED")
        for value in series.distinct("LongitudinalTemporalInformationModified")
    ):
        return "shifted"
    return _("no real date") if any(series.distinct(keyword) for keyword in _DATE_KEYWORDS) else _("no date")


@register_fact("dose")
def dose(series: Series, context: FactContext) -> Fact:
    """CTDIvol, tube voltage and mAs as far as they are stated; shown, never judged."""
    parts = []
    for keyword, unit in (("CTDIvol", "mGy"), ("KVP", "kV"), ("ExposureInmAs", "mAs"), ("Exposure", "mAs")):
        known = series.table(keyword, 1)
        known = known[~np.isnan(known)]
        if len(known):
            parts.append(
                _("{known:g} {unit}", known=known.min(), unit=unit)
                if known.min() == known.max()
                else _("{known:g}-{known2:g} {unit}", known=known.min(), known2=known.max(), unit=unit)
            )
    if not parts:
        return not_applicable_fact("dose")
    return Fact("dose", join(", ", parts), evidence="CTDIvol, KVP, Exposure")


@register_fact("acquisitions")
def acquisition_overlap(series: Series, context: FactContext) -> Fact:
    """``one run`` where no acquisition goes over another's place; ``overlap`` where two share a range along the
    body.

    Many acquisition numbers are normal (step and shoot), as long as each has its own range.
    """
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.rows) < 2:
        return not_applicable_fact("acquisitions")
    column = series.column("AcquisitionNumber").index[placed.rows]
    if not len(series.distinct("AcquisitionNumber")) > 1:
        return Fact("acquisitions", _("one run"), evidence="Acquisition Number (0020,0012)")
    changes = int((np.diff(column) != 0).sum())
    overlap = changes >= len(set(column.tolist()))
    again = np.flatnonzero(np.diff(column) != 0)
    where = series.names_of(placed.rows[again]) if overlap else ""
    return Fact("acquisitions", _("overlap") if overlap else _("one run"), where, "Acquisition Number (0020,0012)")


@register_fact("acquisition_pause")
def acquisition_pause(series: Series, context: FactContext) -> Fact:
    """Longest pause in seconds between the acquisition times of the slices; not applicable without times."""
    seconds = np.array(sorted(set(_acquisition_seconds(series).tolist())))
    if len(seconds) == 0:
        return not_applicable_fact("acquisition_pause")
    pause = float(np.diff(seconds).max()) if len(seconds) > 1 else 0.0
    if pause > _HALF_DAY:
        # A scan over midnight, with one date for all slices or none: the day is a circle, its largest gap is
        # the night off.
        around = np.unique(seconds % (2 * _HALF_DAY))
        gaps = np.sort(np.append(np.diff(around), around[0] + 2 * _HALF_DAY - around[-1]))
        pause = float(gaps[-2]) if len(gaps) > 1 else 0.0
    return Fact("acquisition_pause", round(pause, 1), evidence="Acquisition Time (0008,0032)")


def _acquisition_seconds(series: Series) -> np.ndarray:
    """Seconds of the distinct acquisition times, since day 1 where they have a date, else since midnight."""
    for keyword in ("AcquisitionDateTime", "FrameAcquisitionDateTime"):
        stamps = [
            re.match(r"(\d{8})(\d{2})(\d{2})(\d{2}(?:\.\d+)?)", str(value).strip())
            for value in series.distinct(keyword)
        ]
        known = [_seconds(stamp.group(1), stamp.groups()[1:]) for stamp in stamps if stamp]
        if len(known) > 1:
            return np.array(known)
    pairs = series.combinations("AcquisitionDate", "AcquisitionTime")
    times = [
        (str(day or ""), re.match(r"(\d{2})(\d{2})(\d{2}(?:\.\d+)?)", str(time or "").strip())) for day, time in pairs
    ]
    return np.array([_seconds(day, time.groups()) for day, time in times if time], dtype=float)


def _seconds(day: str, time: tuple[str, ...]) -> float:
    known = parse_dicom_date(day)
    hours, minutes, seconds = (float(part) for part in time)
    return (known.toordinal() * 2 * _HALF_DAY if known else 0) + hours * 3600 + minutes * 60 + seconds


@register_fact("patients")
def patient_count(series: Series, context: FactContext) -> Fact:
    """How many patients the series holds, by id, name (decoded, by its component groups) and birth date; empty values and
    letter case do not count.
    """
    return Fact("patients", count_patients_of((series,)), evidence="Patient ID, Patient's Name, Patient's Birth Date")


def count_patients_of(series: Iterable[Series]) -> int:
    """How many patients some series tell of."""
    keywords = ("PatientID", "PatientName", "PatientBirthDate", "SpecificCharacterSet")
    return count_patients(entry for one in series for entry in one.combinations(*keywords))


@register_fact("frames_of_reference")
def frames_of_reference(series: Series, context: FactContext) -> Fact:
    """``one``, ``several``, or ``one a slice`` (some writers do so); not applicable where none is stated."""
    count = len(series.distinct("FrameOfReferenceUID"))
    if count == 0:
        return not_applicable_fact("frames_of_reference")
    kind = "one" if count == 1 else _("one a slice") if count == len(series) > 2 else _("several")
    return Fact("frames_of_reference", kind, evidence="Frame of Reference UID (0020,0052)", parameters={"count": count})
