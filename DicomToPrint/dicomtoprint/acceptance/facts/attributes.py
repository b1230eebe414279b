"""Facts about single attributes that must be there, or hold one of a few values."""

from __future__ import annotations

import re
from datetime import date
from functools import cache

import numpy as np
from pydicom.charset import python_encoding
from pydicom.datadict import dictionary_description, dictionary_VR, tag_for_keyword

from ...dicom import Series
from ...dicom.attributes import parse_decimal_strings
from ...dicom.series import CRANIOFACIAL, CT, ENHANCED_CT, LEGACY_CT
from ...messages import _
from ...rules import Fact
from .registry import FactContext, missing_fact, not_applicable_fact, register_fact, register_fact_family

_CLASS_NAMES = {
    CT: "CT Image",
    ENHANCED_CT: "Enhanced CT Image",
    LEGACY_CT: "Legacy Converted Enhanced CT Image",
    CRANIOFACIAL: "X-Ray 3D Craniofacial Image",
}


@cache
def attribute_label(keyword: str) -> str:
    """Name and tag of an attribute, as the standard prints them."""
    tag = tag_for_keyword(keyword) or 0
    return _(
        "{dictionary_description} ({tag:04X},{tag2:04X})",
        dictionary_description=dictionary_description(tag),
        tag=tag >> 16,
        tag2=tag & 65535,
    )


@register_fact("sop_class")
def sop_class(series: Series, context: FactContext) -> Fact:
    """Name of the SOP class; ``other`` outside the CT family, ``mixed`` for several."""
    classes = series.sop_classes
    lost = series.rows_without("SOPClassUID")
    if len(lost) or not classes:
        return missing_fact("sop_class", series.names_of(lost), attribute_label("SOPClassUID"))
    if len(classes) > 1:
        return Fact("sop_class", "mixed", evidence=attribute_label("SOPClassUID"))
    return Fact("sop_class", _CLASS_NAMES.get(classes[0], "other"), evidence=attribute_label("SOPClassUID"))


@register_fact("modality")
def modality(series: Series, context: FactContext) -> Fact:
    """``as the class`` where Modality is CT (DX for Craniofacial) on all slices; else ``other``."""
    lost = series.rows_without("Modality")
    if len(lost):
        return missing_fact("modality", series.names_of(lost), attribute_label("Modality"))
    wanted = "DX" if CRANIOFACIAL in series.sop_classes else "CT"
    found = series.distinct("Modality")
    return Fact(
        "modality", _("as the class") if found == (wanted,) else _("other"), evidence=attribute_label("Modality")
    )


@register_fact("object_type")
def object_type(series: Series, context: FactContext) -> Fact:
    """``CT`` for a medical CT (CBCT as Craniofacial included), ``other`` for anything else.

    Class and Modality must both say so: a segmentation may be stored as CT Image, an MR may call its Modality CT. A
    missing class leaves it to Modality; another rule rejects the missing class.
    """
    said = modality(series, context)
    if not said.applicable or said.value not in (_("as the class"), "other"):
        return missing_fact("object_type", said.where, attribute_label("Modality"))
    foreign = [name for name in series.sop_classes if name not in _CLASS_NAMES]
    fits = said.value == "as the class" and not foreign
    kind = "CT" if fits else _("no CT class") if foreign or not series.sop_classes else _("mislabelled")
    evidence = _(
        "{attribute_label}, {attribute_label2}",
        attribute_label=attribute_label("SOPClassUID"),
        attribute_label2=attribute_label("Modality"),
    )
    return Fact("object_type", "CT" if fits else "other", evidence=evidence, parameters={"kind": kind})


@register_fact("charset")
def specific_character_set(series: Series, context: FactContext) -> Fact:
    """The character set: a defined term, ``default`` for none, ``several`` for more than one, ``unknown`` for no
    defined term.
    """
    values = {str(value).strip(" \0") for value in series.column("SpecificCharacterSet").values} - {""}
    if not values:
        return Fact("charset", "default", evidence=attribute_label("SpecificCharacterSet"))
    if len(values) > 1 or any("\\" in value for value in values):
        return Fact("charset", "several", evidence=attribute_label("SpecificCharacterSet"))
    value = values.pop()
    return Fact(
        "charset", value if value in python_encoding else "unknown", evidence=attribute_label("SpecificCharacterSet")
    )


def _whole(name: str, keyword: str, series: Series) -> Fact | int:
    """The one whole number of an attribute on all slices, or a fact: missing, or ``differs``."""
    column = series.column(keyword)
    lost = np.flatnonzero(column.index < 0)
    if len(lost):
        return missing_fact(name, series.names_of(lost), attribute_label(keyword))
    values = sorted({value for value in column.values if isinstance(value, int)})
    if len(values) != 1:
        return Fact(name, "differs", evidence=attribute_label(keyword))
    return values[0]


def _register_whole(name: str, keyword: str) -> None:
    @register_fact(name)
    def read(series: Series, context: FactContext) -> Fact:
        value = _whole(name, keyword, series)
        return value if isinstance(value, Fact) else Fact(name, value, evidence=attribute_label(keyword))

    read.__doc__ = _("{keyword} where it is the same on all slices, else ``differs``.", keyword=keyword)


for _name, _keyword in (
    ("samples_per_pixel", "SamplesPerPixel"),
    ("bits_allocated", "BitsAllocated"),
    ("pixel_representation", "PixelRepresentation"),
):
    _register_whole(_name, _keyword)


@register_fact("rows")
def rows(series: Series, context: FactContext) -> Fact:
    """Rows where equal and above 0 on all slices; ``differs`` otherwise."""
    return _size("rows", "Rows", series)


@register_fact("columns")
def columns(series: Series, context: FactContext) -> Fact:
    """Columns where equal and above 0 on all slices; ``differs`` otherwise."""
    return _size("columns", "Columns", series)


def _size(name: str, keyword: str, series: Series) -> Fact:
    value = _whole(name, keyword, series)
    if isinstance(value, Fact):
        return (
            value
            if value.value != "differs"
            else Fact(name, 0, _("they differ between slices"), attribute_label(keyword))
        )
    return Fact(name, value, evidence=attribute_label(keyword))


@register_fact("bits_stored")
def bits_stored(series: Series, context: FactContext) -> Fact:
    """Largest Bits Stored."""
    column = series.column("BitsStored")
    if (column.index < 0).any():
        return missing_fact("bits_stored", evidence=attribute_label("BitsStored"))
    values = [value for value in column.values if isinstance(value, int)]
    return Fact("bits_stored", max(values) if min(values) > 0 else 0, evidence=attribute_label("BitsStored"))


@register_fact("high_bit")
def high_bit(series: Series, context: FactContext) -> Fact:
    """High Bit counted from Bits Stored: -1 is right, since it is their difference."""
    pairs = series.combinations("BitsStored", "HighBit")
    if any(value is None for pair in pairs for value in pair):
        return missing_fact("high_bit", evidence=attribute_label("HighBit"))
    found = {high - stored for stored, high in pairs}
    return Fact("high_bit", found.pop() if len(found) == 1 else "differs", evidence=attribute_label("HighBit"))


@register_fact("photometric")
def photometric_interpretation(series: Series, context: FactContext) -> Fact:
    """The photometric interpretation where it is a defined term; else ``other``."""
    if len(series.rows_without("PhotometricInterpretation")):
        return missing_fact("photometric", evidence=attribute_label("PhotometricInterpretation"))
    values = series.distinct("PhotometricInterpretation")
    shown = values[0] if len(values) == 1 and re.fullmatch(r"[A-Z_0-9 ]{3,16}", str(values[0])) else "other"
    plain = ("MONOCHROME1", "MONOCHROME2", "RGB", "PALETTE COLOR", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
    return Fact(
        "photometric", shown if shown in plain else "other", evidence=attribute_label("PhotometricInterpretation")
    )


@register_fact("pixel_spacing")
def pixel_spacing(series: Series, context: FactContext) -> Fact:
    """``two above 0`` where Pixel Spacing holds two numbers above 0 on every slice; else what is wrong."""
    lost = series.rows_without("PixelSpacing")
    if len(lost):
        return missing_fact("pixel_spacing", series.names_of(lost), attribute_label("PixelSpacing"))
    spacing = series.table("PixelSpacing", 2)
    bad = np.flatnonzero(~(spacing > 0).all(axis=1))
    return Fact(
        "pixel_spacing",
        _("not two numbers above 0") if len(bad) else _("two above 0"),
        series.names_of(bad) if len(bad) else "",
        attribute_label("PixelSpacing"),
    )


@register_fact("rescale")
def rescale_parameters(series: Series, context: FactContext) -> Fact:
    """``whole``, ``zero slope``, or missing where slope or intercept is missing or no number on any slice."""
    slope, intercept = series.table("RescaleSlope", 1)[:, 0], series.table("RescaleIntercept", 1)[:, 0]
    lost = np.flatnonzero(np.isnan(slope) | np.isnan(intercept))
    evidence = _(
        "{attribute_label}, {attribute_label2}",
        attribute_label=attribute_label("RescaleIntercept"),
        attribute_label2=attribute_label("RescaleSlope"),
    )
    if len(lost):
        return missing_fact("rescale", series.names_of(lost), evidence)
    return Fact("rescale", _("zero slope") if (slope == 0).any() else _("whole"), evidence=evidence)


@register_fact("rescale_variants")
def rescale_variants(series: Series, context: FactContext) -> Fact:
    """How many different pairs of slope and intercept there are."""
    pairs = np.stack([series.table("RescaleSlope", 1)[:, 0], series.table("RescaleIntercept", 1)[:, 0]], axis=1)
    pairs = pairs[~np.isnan(pairs).any(axis=1)]
    if len(pairs) == 0:
        return not_applicable_fact("rescale_variants")
    return Fact("rescale_variants", len(set(map(tuple, pairs.tolist()))), evidence=attribute_label("RescaleIntercept"))


@register_fact("window")
def window_presets(series: Series, context: FactContext) -> Fact:
    """``sound`` presets, or what is wrong: ``unpaired``, ``no number``, ``width below 1``; not applicable without
    any.
    """
    evidence = _(
        "{attribute_label}, {attribute_label2}",
        attribute_label=attribute_label("WindowCenter"),
        attribute_label2=attribute_label("WindowWidth"),
    )
    triples = series.combinations("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation")
    problems = {_window_problem(*triple) for triple in triples}
    if problems == {""}:
        return not_applicable_fact("window", evidence)
    worst = next(
        name for name in (_("no number"), _("unpaired"), _("width below 1"), _("sound"), "") if name in problems
    )
    return Fact("window", worst, evidence=evidence)


def _window_problem(center: object, width: object, names: object) -> str:
    texts = [str(value or "").strip(" \0") for value in (center, width, names)]
    if not texts[0] and not texts[1]:
        return ""
    if not texts[0] or not texts[1]:
        return "unpaired"
    centers, widths = parse_decimal_strings(texts[0]), parse_decimal_strings(texts[1])
    if not centers or not widths:
        return _("no number")
    if len(centers) != len(widths) or (texts[2] and len(texts[2].split("\\")) != len(centers)):
        return "unpaired"
    return _("sound") if min(widths) >= 1.0 else _("width below 1")


@register_fact("padding")
def pixel_padding_value(series: Series, context: FactContext) -> Fact:
    """The padding value as a stored value (before rescale), its sign taken from the pixel representation."""
    values = [value for value in series.column("PixelPaddingValue").values if isinstance(value, int)]
    if not values:
        return not_applicable_fact("padding")
    signed = 1 in series.distinct("PixelRepresentation")
    stored = sorted({value - 65536 if signed and value > 32767 else value for value in values})
    return Fact("padding", stored[0], evidence=attribute_label("PixelPaddingValue"))


@register_fact("burned_in")
def burned_in_annotation(series: Series, context: FactContext) -> Fact:
    """Whether an image says that text is burned into its pixels."""
    said = {str(value).upper() for value in series.distinct("BurnedInAnnotation")}
    return Fact("burned_in", "yes" if "YES" in said else "no", evidence=attribute_label("BurnedInAnnotation"))


@register_fact_family("attribute")
def attribute_presence(series: Series, keyword: str) -> Fact:
    """Whether an attribute is ``present``, ``empty``, ``missing`` or ``undecodable``; its value is not kept."""
    name = f"attribute:{keyword}"
    column = series.column(keyword)
    if not column.values:
        return Fact(name, "missing", evidence=attribute_label(keyword))
    values = [value for value in column.values if not isinstance(value, str) or value.strip(" \0")]
    if not values:
        return Fact(name, "empty", evidence=attribute_label(keyword))
    encodings = [str(value).split("\\")[0].strip(" \0") for value in series.column("SpecificCharacterSet").values] or [
        ""
    ]
    encoding = python_encoding.get(encodings[0], "latin-1")
    sound = all(_decodable(value, dictionary_VR(keyword), encoding) for value in values if isinstance(value, str))
    return Fact(name, "present" if sound else "undecodable", evidence=attribute_label(keyword))


def _decodable(text: str, vr: str, encoding: str) -> bool:
    stripped = text.strip(" \0")
    if vr == "DA":
        return parse_dicom_date(stripped) is not None
    if vr == "TM":
        match = re.fullmatch(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d{1,6})?", stripped)
        return match is not None and all(
            int(part or 0) < limit for part, limit in zip(match.groups()[:3], (24, 60, 61))
        )
    try:
        text.encode("latin-1").decode("latin-1" if encoding == "iso8859" else encoding)
    except (UnicodeError, LookupError):
        return False
    return True


def parse_dicom_date(text: str) -> date | None:
    """Date of a DA or DT text (also the old ``1997.04.24``), or None where it is no date."""
    match = re.match(r"(\d{4})[.]?(\d{2})[.]?(\d{2})", text)
    try:
        return date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None
