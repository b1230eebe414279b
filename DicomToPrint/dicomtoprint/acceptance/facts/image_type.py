"""Facts about what kind of image a series holds: image type, kernel, reformats, mixtures."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ...dicom import Series, compute_slice_geometry
from ...dicom.attributes import split_text_values
from ...dicom.series import CRANIOFACIAL
from ...messages import _, join
from ...rules import Fact
from ...text import pluralize
from .registry import FactContext, missing_fact, not_applicable_fact, register_fact

# Only tell thin slices as scanned from a set of reformats; what a protocol allows stands in its rules.
THIN_MM, AXIAL_COSINE = 1.5, 0.9998
UPRIGHT_DEGREES = 0.1  # less is rounding of positions; only tells a tilt that was made from one that was only stated
_IMAGE_TYPE = "Image Type (0008,0008)"
_KERNEL = "Convolution Kernel (0018,1210)"
_REFORMAT_VALUES = (
    "MPR",
    "CSA MPR",
    "CPR",
    "REFORMATTED",
    "REFORMAT",
    "PROJECTION IMAGE",
    "PROJECTION",
    "3D",
    "SCREEN SAVE",
    "MAX_IP",
    "MIN_IP",
    "MIP",
    "MINIP",
    "VRT",
    "SSD",
    "VOLUME_RENDER",
    "SURFACE_RENDER",
    "CSA RESAMPLED",
    "CSA PARALLEL",
    "CSA 3D EDITOR",
    "MEAN_IP",
    "MPR THICK",
    "CURVED MPR",
)
# In a description "for MPR" says what thin slices are good for, and "3D" may name the routine that the protocol asks
# for.
_REFORMAT_WORDS = re.compile(
    r"(?<!for )(?<!for_)\b(c?mpr|reformat(ted|s)?|projection|screen ?save|mip|minip|vrt|ssd|"
    r"3d (recon\w*|render\w*|view|image|ssd|vr)|volume render\w*)\b",
    re.IGNORECASE,
)
# Words that may also say what thin slices are for, and words beside them that leave no doubt.
_ONLY_FOR = re.compile(r"mpr|3d recon\w*", re.IGNORECASE)
_OTHER_PLANE = re.compile(
    r"\b(cor\w*|sag\w*|obl\w*|curved|csa|range|reform\w*|mip|project\w*|render\w*)\b", re.IGNORECASE
)
_METAL_WORDS = re.compile(r"\b(imar|o-?mar|semar|smart ?mar|mar)\b", re.IGNORECASE)


def _image_types(series: Series) -> list[tuple[tuple[str, ...], np.ndarray]]:
    """Distinct image types, stripped and in capitals, with their rows; a frame's own type stands beside the file's."""
    found = []
    for keyword in ("ImageType", "FrameType"):
        column = series.column(keyword)
        for at, value in enumerate(column.values):
            found.append((tuple(word.upper() for word in split_text_values(value)), np.flatnonzero(column.index == at)))
    return found


@register_fact("image_type")
def image_type(series: Series, context: FactContext) -> Fact:
    """``original primary axial`` (``volume`` for multi-frame) on all slices, or the first other combination.

    Values that are no defined term are reported as ``other``: free text may hold a name.
    """
    if _only_localizers(series):
        return not_applicable_fact("image_type", _IMAGE_TYPE)
    types = _image_types(series)
    lost = series.rows_without("ImageType")
    known = (
        "ORIGINAL",
        "DERIVED",
        "MIXED",
        "PRIMARY",
        "SECONDARY",
        "AXIAL",
        "VOLUME",
        "LOCALIZER",
        "REFORMATTED",
        "PERFUSION",
        "OTHER",
        "PROJECTION IMAGE",
        "MPR",
        "CSA MPR",
        "ANGIO",
    )
    for values, rows in types:
        shown = join(" ", (word.lower() if word in known else "other" for word in values[:3]))
        plane = ("AXIAL", "VOLUME") if series.is_multi_frame else ("AXIAL",)
        if len(values) and (values[:2] != ("ORIGINAL", "PRIMARY") or (len(values) > 2 and values[2] not in plane)):
            return Fact("image_type", shown, series.names_of(rows) if len(types) > 1 else "", _IMAGE_TYPE)
    if len(lost) or any(len(values) < 3 for values, _unused in types):
        return missing_fact("image_type", series.names_of(lost) if len(lost) else "", _IMAGE_TYPE, _("not stated"))
    return Fact(
        "image_type",
        _("original primary volume") if series.is_multi_frame else _("original primary axial"),
        "",
        _IMAGE_TYPE,
    )


@register_fact("third_value")
def image_type_value3(series: Series, context: FactContext) -> Fact:
    """The third value of Image Type on all slices: ``as stated``, ``other`` or ``missing``; the file's own, not the
    frame's.
    """
    wanted = "VOLUME" if series.is_multi_frame else "AXIAL"
    column = series.column("ImageType")
    thirds = {(*split_text_values(value), "", "", "")[2].upper() for value in column.values}
    lost = series.rows_without("ImageType")
    name = "third_value_of_frames" if series.is_multi_frame else "third_value_of_slices"
    kind = "missing" if len(lost) or "" in thirds else _("as stated") if thirds == {wanted} else _("other")
    odd = [at for at, value in enumerate(column.values) if (*split_text_values(value), "", "", "")[2].upper() != wanted]
    rows = np.flatnonzero(np.isin(column.index, odd) | (column.index < 0))
    return Fact(
        name,
        _("{is_multi_frame}: {kind}", is_multi_frame=_("volume") if series.is_multi_frame else _("slice"), kind=kind),
        series.names_of(rows) if 0 < len(rows) < len(series) else "",
        _IMAGE_TYPE,
    )


def _only_localizers(series: Series) -> bool:
    return bool(series.localizers) and set(series.localizers) == {file.name for file in series.files}


@register_fact("localizers")
def localizers(series: Series, context: FactContext) -> Fact:
    """``none``, ``dropped`` (they are left out of the volume) or ``only`` (nothing else is there)."""
    kind = "none" if not series.localizers else "only" if _only_localizers(series) else "dropped"
    count = len(series.localizers)
    return Fact("localizers", kind, pluralize(count, "image") if count else "", _IMAGE_TYPE)


@register_fact("reformat")
def reformat_status(series: Series, context: FactContext) -> Fact:
    """``no``, or where something says that the images are reformatted, projected or rendered."""
    for values, rows in _image_types(series):
        met = [
            word
            for word in values
            if word.replace("\\", " ") in _REFORMAT_VALUES or word.startswith(("CSA MPR", "MPR"))
        ]
        if met:
            return Fact("reformat", _("image type"), series.names_of(rows), _IMAGE_TYPE, parameters={"word": met[0]})
    for keyword, evidence in (
        ("SeriesDescription", "Series Description (0008,103E)"),
        ("DerivationDescription", "Derivation Description (0008,2111)"),
    ):
        said = [
            match.group(0)
            for text in map(str, series.distinct(keyword))
            for match in [_REFORMAT_WORDS.search(text.replace("_", " "))]
            if match
        ]
        if said:
            weak = all(_ONLY_FOR.fullmatch(word) for word in said) and not any(
                _OTHER_PLANE.search(text.replace("_", " ")) for text in map(str, series.distinct(keyword))
            )
            thin = keyword == "SeriesDescription" and weak and _is_thin_original(series)
            kind = _("thin original") if thin else _("description")
            return Fact("reformat", kind, "", evidence, parameters={"word": said[0].upper()})
    calculated = {
        str(value)
        for keyword in ("VolumeBasedCalculationTechnique", "FrameVolumeBasedCalculationTechnique")
        for value in series.distinct(keyword)
    } - {"NONE", "MIXED"}
    if calculated:
        return Fact(
            "reformat", "calculation", "", "Volume Based Calculation Technique (0008,9207)", parameters={"word": ""}
        )
    return Fact("reformat", "no", "", _IMAGE_TYPE)


def _is_thin_original(series: Series) -> bool:
    """True where image type, plane and spacing are those of thin slices as scanned: then a word in the description may
    tell what the slices are for.
    """
    types = [values for values, _unused in _image_types(series)]
    placed = compute_slice_geometry(series)
    if placed is None or len(placed.steps) == 0 or not types:
        return False
    original = all(values[:3] == ("ORIGINAL", "PRIMARY", "AXIAL") for values in types)
    axial = placed.same_orientation and abs(placed.normal[2]) > AXIAL_COSINE
    return original and axial and placed.median_step <= THIN_MM


@register_fact("tilt_taken_out")
def gantry_tilt_corrected(series: Series, context: FactContext) -> Fact:
    """``no``, or why a gantry tilt must have been taken out: a tilt in the tag without shear, or a resampled
    derivation.
    """
    texts = [
        str(value).upper()
        for keyword in ("DerivationDescription", "SeriesDescription")
        for value in series.distinct(keyword)
    ]
    texts += [word for values, _unused in _image_types(series) for word in values]
    if any("MEDCOM_RESAMPLED" in text or "TILT CORRECT" in text for text in texts):
        return Fact("tilt_taken_out", "derivation", "", "Derivation Description (0008,2111)")
    tags = [abs(number) for value in series.distinct("GantryDetectorTilt") for number in _tilt_numbers(value)]
    placed = compute_slice_geometry(series)
    tags = [tag for tag in tags if not np.isnan(tag)]  # another rule asks about a tilt that is no number
    if not tags or max(tags) == 0.0:
        return Fact("tilt_taken_out", "no", "", "Gantry/Detector Tilt (0018,1120)")
    if placed is None or len(placed.rows) < 2 or np.isnan(placed.shear_degrees):
        return not_applicable_fact("tilt_taken_out")
    straight = placed.shear_degrees <= 0.1 or (placed.shear_degrees < 0.5 * max(tags) and max(tags) > 0.2)
    return Fact(
        "tilt_taken_out",
        _("tag without shear") if straight else _("no"),
        "",
        "Gantry/Detector Tilt (0018,1120)",
        parameters={"tag": max(tags)},
    )


def _tilt_numbers(value: object) -> list[float]:
    parts = []
    for part in str(value).split("\\"):
        try:
            parts.append(float(part))
        except ValueError:
            parts.append(0.0 if not part.strip(" \0") else float("nan"))
    return parts


@register_fact("tilt_tag")
def stated_gantry_tilt(series: Series, context: FactContext) -> Fact:
    """Largest absolute tilt that any tag states, degrees; not applicable where none does."""
    evidence = "Gantry/Detector Tilt (0018,1120)"
    values = [number for value in series.distinct("GantryDetectorTilt") for number in _tilt_numbers(value)]
    if CRANIOFACIAL in series.sop_classes or not values:
        return not_applicable_fact("tilt_tag", evidence)
    if any(np.isnan(values)):
        return missing_fact("tilt_tag", evidence=evidence, kind=_("no number"))
    placed = compute_slice_geometry(series)
    tilted = placed is not None and placed.shear_degrees > UPRIGHT_DEGREES
    parameters = {"kind": _("tilted") if tilted else _("tag alone")}
    return Fact("tilt_tag", max(abs(value) for value in values), evidence=evidence, parameters=parameters)


@register_fact("kernel_family")
def kernel_family(series: Series, context: FactContext) -> Fact:
    """Family of the reconstruction kernel by the kernel table: ``listed``, ``smooth``, ``sharp``, ``unknown`` or
    ``mixed``.
    """
    if compute_slice_geometry(series) is None:
        return not_applicable_fact("kernel_family", _KERNEL)
    column = series.column("ConvolutionKernel")
    firsts = {(split_text_values(value) or ("",))[0] for value in column.values} - {""}
    lost = series.rows_without("ConvolutionKernel")
    if not firsts:
        kind = _("cone beam") if is_cone_beam(series, context) else _("no kernel")
        return missing_fact("kernel_family", evidence=_KERNEL, kind=kind)
    if len(firsts) > 1 or len(lost):
        return Fact("kernel_family", "mixed", series.names_of(lost) if len(lost) else "", _KERNEL)
    vendor = " ".join(str(value) for value in series.distinct("Manufacturer"))
    kernel = firsts.pop()
    family = classify_kernel(kernel, vendor, context.kernels)
    return Fact(
        "kernel_family",
        family,
        "",
        _KERNEL,
        parameters={
            "kernel": kernel if family in ("listed", "smooth", "sharp") else "",
            **({"kind": _("cone beam")} if family == "unknown" and is_cone_beam(series, context) else {}),
        },
    )


def classify_kernel(kernel: str, vendor: str, table: object) -> str:
    """Family of a kernel by the first row whose vendor and pattern match; ``unknown`` where none does."""
    for row in table if isinstance(table, (list, tuple)) else ():
        assert isinstance(row, Mapping)
        if re.search(str(row["vendor"]), vendor, re.IGNORECASE) and re.fullmatch(
            str(row["pattern"]), kernel, re.IGNORECASE
        ):
            return str(row["family"])
    return "unknown"


@register_fact("mixed_types")
def distinct_image_types(series: Series, context: FactContext) -> Fact:
    """How many different combinations of image type and kernel there are in one series."""
    combinations = {
        tuple(map(split_text_values, values)) for values in series.combinations("ImageType", "ConvolutionKernel")
    }
    return Fact(
        "mixed_types", len(combinations), evidence=_("{image_type}, {kernel}", image_type=_IMAGE_TYPE, kernel=_KERNEL)
    )


@register_fact("phases")
def temporal_phase_count(series: Series, context: FactContext) -> Fact:
    """How many temporal positions the series holds (1 where none is stated)."""
    met = [len(series.distinct(keyword)) for keyword in ("TemporalPositionIdentifier", "TemporalPositionIndex")]
    return Fact("phases", max(1, *met), evidence="Temporal Position Identifier (0020,0100)")


@register_fact("volumetric")
def volumetric_properties(series: Series, context: FactContext) -> Fact:
    """Volumetric Properties, the worst of all frames; not applicable where none is stated."""
    met = {
        str(value).upper()
        for keyword in ("VolumetricProperties", "FrameVolumetricProperties")
        for value in series.distinct(keyword)
    }
    if not met:
        return not_applicable_fact("volumetric")
    known = next((name for name in ("DISTORTED", "SAMPLED", "MIXED") if name in met), None)
    return Fact(
        "volumetric",
        (known or ("VOLUME" if met == {"VOLUME"} else "other")).lower(),
        evidence="Volumetric Properties (0008,9206)",
    )


@register_fact("metal_reduction")
def metal_artifact_reduction(series: Series, context: FactContext) -> Fact:
    """``named`` where kernel or description names a metal artefact reduction; ``not named`` otherwise."""
    texts = [
        str(value)
        for keyword in ("ConvolutionKernel", "SeriesDescription", "FilterType", "ProtocolName", "ScanOptions")
        for value in series.distinct(keyword)
    ]
    named = any(_METAL_WORDS.search(text.replace("_", " ").replace("\\", " ")) for text in texts)
    return Fact(
        "metal_reduction",
        _("named") if named else _("not named"),
        evidence=f"{_KERNEL}, Series Description (0008,103E)",
    )


@register_fact("cone_beam")
def cone_beam(series: Series, context: FactContext) -> Fact:
    """``no``, or how a cone-beam CT is known: ``by its object``, or ``by its maker`` in the table of vendors and
    models.
    """
    maker = " ".join(
        str(value) for keyword in ("Manufacturer", "ManufacturerModelName") for value in series.distinct(keyword)
    )
    known = any(re.search(str(row["pattern"]), maker, re.IGNORECASE) for row in context.cone_beam)
    kind = _("by its object") if CRANIOFACIAL in series.sop_classes else _("by its maker") if known else _("no")
    return Fact("cone_beam", kind, evidence="Manufacturer, Manufacturer's Model Name")


def is_cone_beam(series: Series, context: FactContext) -> bool:
    """True for a scan that its object or its maker tells to be of a cone beam unit."""
    return cone_beam(series, context).value != "no"
