"""Facts about the files: readable, whole, in which transfer syntax, consistent with themselves."""

from __future__ import annotations

import re
from collections.abc import Iterable

import numpy as np

from ...dicom import ImageFile, Series
from ...dicom.attributes import parse_decimal_strings, split_text_values
from ...dicom.header import UNCOMPRESSED, UNDEFINED_LENGTH
from ...messages import _
from ...rules import Fact
from ...text import pluralize
from .registry import FactContext, missing_fact, not_applicable_fact, register_fact

_BESIDE = _("named like its slices")
_SYNTAX = "Transfer Syntax UID (0002,0010)"
_LOSSY_SYNTAXES = frozenset(
    "1.2.840.10008.1.2.4." + suffix
    for suffix in [
        "50",
        "51",
        "52",
        "53",
        "54",
        "55",
        "56",
        "59",
        "60",
        "61",
        "62",
        "63",
        "64",
        "81",
        "91",
        "93",
        "100",
        "101",
        "102",
        "103",
        "104",
        "105",
        "106",
        "107",
        "108",
        "112",
        "203",
        "205",
    ]
)
# Lossless members of the ranges above that were retired with them are not listed; 81, 91, 93 may hold lossless data,
# yet allow loss.
_ENCAPSULATED_PLAIN = "1.2.840.10008.1.2.1.98"
_DEFLATED = "1.2.840.10008.1.2.1.99"
_LOSSY_WORDS = re.compile(r"\b(lossy|irreversibl[ey])\b", re.IGNORECASE)


def _named(files: Iterable[ImageFile], series: Series) -> str:
    return series.names_of_files(files)


@register_fact("files_without_preamble")
def files_without_preamble(series: Series, context: FactContext) -> Fact:
    """Number of files that lack the preamble or the file meta information of a DICOM file."""
    bad = [file for file in series.files if not file.has_preamble]
    return Fact("files_without_preamble", len(bad), _named(bad, series), "preamble")


@register_fact("unreadable_files")
def unreadable_files(series: Series, context: FactContext) -> Fact:
    """Number of files of the series that cannot be read: named like its slices, or damaged in the header."""
    damaged = [file for file in series.files if file.problem]
    return Fact(
        "unreadable_files",
        len(damaged) + len(series.unreadable_near),
        _named(damaged, series) or (_BESIDE if series.unreadable_near else ""),
        parameters={"unlisted": len(series.unreadable_near)},
    )


@register_fact("wrong_syntax_files")
def transfer_syntax_mismatch_files(series: Series, context: FactContext) -> Fact:
    """Number of files whose first element is encoded otherwise than the declared transfer syntax says."""
    bad = [file for file in series.files if file.wrong_syntax]
    return Fact("wrong_syntax_files", len(bad), _named(bad, series), _SYNTAX)


def short_of_pixels(file: ImageFile) -> bool:
    """True for a file that breaks off, or whose pixel data are missing or not as long as its matrix calls for."""
    if file.problem or not file.pixel_element:
        return True
    if file.pixel_length == UNDEFINED_LENGTH:
        return file.fragments < max(file.frames, 1) and file.fragments < 1
    if file.pixel_offset + file.pixel_length > file.body_size:
        return True
    surplus = file.pixel_length - file.expected_bytes
    return file.expected_bytes >= 0 and surplus != 0 and not (surplus == 1 and file.expected_bytes % 2)


@register_fact("truncated_files")
def truncated_files(series: Series, context: FactContext) -> Fact:
    """Number of files whose pixel data are missing, break off or are not as long as the matrix calls for.

    One padding byte after an odd number of bytes is right.
    """
    bad = [file for file in series.files if short_of_pixels(file)]
    return Fact("truncated_files", len(bad), _named(bad, series), "Pixel Data (7FE0,0010)")


@register_fact("transfer_syntax")
def transfer_syntax(series: Series, context: FactContext) -> Fact:
    """``native`` where every file is in one of the three uncompressed syntaxes; else what the first other one is."""
    undeclared = [file for file in series.files if not file.syntax]
    if undeclared:
        return missing_fact("transfer_syntax", _named(undeclared, series), _SYNTAX)
    other = [file for file in series.files if file.syntax not in UNCOMPRESSED]
    if not other:
        encapsulated = [file for file in series.files if file.pixel_length == UNDEFINED_LENGTH]
        return Fact(
            "transfer_syntax", "encapsulated" if encapsulated else "native", _named(encapsulated, series), _SYNTAX
        )
    syntax = other[0].syntax
    known = {_DEFLATED: _("deflated"), _ENCAPSULATED_PLAIN: _("encapsulated, uncompressed")}
    name = known.get(syntax) or (
        "private" if not syntax.startswith("1.2.840.10008.") else "lossy" if syntax in _LOSSY_SYNTAXES else "lossless"
    )
    return Fact("transfer_syntax", name, _named(other, series), _SYNTAX, parameters={"uid": syntax})


@register_fact("lossy")
def lossy_compression(series: Series, context: FactContext) -> Fact:
    """Whether anything says that the pixels were ever compressed with loss, and what says so; ``no`` otherwise."""
    where = _named([file for file in series.files if file.syntax in _LOSSY_SYNTAXES], series)
    if where:
        return Fact("lossy", _("transfer syntax"), where, _SYNTAX)
    flagged = [file for file in series.files if "01" in split_text_values(file.lossy)]
    if "01" in series.distinct("LossyImageCompression") or flagged:
        return Fact("lossy", "flag", _named(flagged, series), "Lossy Image Compression (0028,2110)")
    if series.distinct("LossyImageCompressionMethod"):
        return Fact("lossy", "method", "", "Lossy Image Compression Method (0028,2114)")
    ratios = [ratio for text in series.distinct("LossyImageCompressionRatio") for ratio in parse_decimal_strings(text)]
    if any(ratio > 1.0 for ratio in ratios):
        return Fact("lossy", "ratio", "", "Lossy Image Compression Ratio (0028,2112)")
    if any(_LOSSY_WORDS.search(text) for text in map(str, series.distinct("DerivationDescription"))):
        return Fact("lossy", "derivation", "", "Derivation Description (0008,2111)")
    return Fact("lossy", "no", "", "Lossy Image Compression (0028,2110)")


@register_fact("instance_uids")
def sop_instance_uid_status(series: Series, context: FactContext) -> Fact:
    """``unique``, or ``missing``, ``repeated``, ``copied file``, ``unlike file meta``."""
    evidence = "SOP Instance UID (0008,0018)"
    column = series.column("SOPInstanceUID")
    if len(series.rows_without("SOPInstanceUID")):
        return Fact("instance_uids", "missing", series.names_of(series.rows_without("SOPInstanceUID")), evidence)
    if series.copies:
        return Fact("instance_uids", _("copied file"), pluralize(len(series.copies), "file"), evidence)
    by_file = (
        [str(column[int(np.flatnonzero(series.file_of == at)[0])]).strip(" \0") for at in range(len(series.files))]
        if len(series.files) < len(series)
        else [str(column[row]).strip(" \0") for row in range(len(series))]
    )
    if len(set(by_file)) < len(by_file):
        seen: set[str] = set()
        again = [file for file, uid in zip(series.files, by_file) if uid in seen or seen.add(uid)]  # type: ignore[func-returns-value]
        return Fact("instance_uids", "repeated", _named(again, series), evidence)
    unlike = [file for file, uid in zip(series.files, by_file) if file.media_instance and file.media_instance != uid]
    if unlike:
        return Fact("instance_uids", _("unlike file meta"), _named(unlike, series), evidence)
    return Fact("instance_uids", "unique", "", evidence)


def _presence(name: str, keyword: str, series: Series) -> Fact:
    lost = series.rows_without(keyword)
    return Fact(name, "missing" if len(lost) else "present", series.names_of(lost) if len(lost) else "", keyword)


@register_fact("study_uid")
def study_uid(series: Series, context: FactContext) -> Fact:
    """``present`` where every file names the same study; ``missing`` or ``several`` otherwise."""
    if len(series.distinct("StudyInstanceUID")) > 1:
        return Fact("study_uid", "several", "", "StudyInstanceUID")
    return _presence("study_uid", "StudyInstanceUID", series)


@register_fact("series_uid")
def series_uid(series: Series, context: FactContext) -> Fact:
    """Whether every file names its series; not applicable to multi-frame objects, which hold a series each."""
    if series.is_multi_frame:
        return not_applicable_fact("series_uid")
    return _presence("series_uid", "SeriesInstanceUID", series)


@register_fact("sop_class_as_meta")
def sop_class_mismatch_files(series: Series, context: FactContext) -> Fact:
    """Number of files whose SOP class differs between data set and file meta information."""
    column = series.column("SOPClassUID")
    first: dict[int, int] = {}
    for row, at in enumerate(series.file_of.tolist()):
        first.setdefault(at, row)
    bad = [
        file
        for file, (_unused, row) in zip(series.files, sorted(first.items()))
        if file.media_class and file.media_class != str(column[row] or "").strip(" \0")
    ]
    return Fact("sop_class_as_meta", len(bad), _named(bad, series), "Media Storage SOP Class UID (0002,0002)")


@register_fact("frame_count")
def frame_count(series: Series, context: FactContext) -> Fact:
    """``as stated`` where Number of Frames, functional groups and pixel length agree; not applicable to one-frame
    files.
    """
    framed = [file for file in series.files if file.frames != 1 or file.items or file.group_problems]
    if not framed and not series.is_multi_frame:
        return not_applicable_fact("frame_count")
    if series.is_multi_frame and not all(_stated_frames(series)):
        return Fact("frame_count", _("not stated"), "", "Number of Frames (0028,0008)")
    bad = [file for file in series.files if file.frames != file.items and (series.is_multi_frame or file.frames != 1)]
    if bad:
        return Fact(
            "frame_count", _("differs from the frame groups"), _named(bad, series), "Number of Frames (0028,0008)"
        )
    short = [
        file
        for file in series.files
        if short_of_pixels(file) or (file.pixel_length == UNDEFINED_LENGTH and 0 < file.fragments < file.frames)
    ]
    if short:
        return Fact(
            "frame_count", _("differs from the pixel data"), _named(short, series), "Number of Frames (0028,0008)"
        )
    return Fact("frame_count", _("as stated"), "", "Number of Frames (0028,0008)")


def _stated_frames(series: Series) -> list[bool]:
    return [parse_decimal_strings(value) != () for value in series.column("NumberOfFrames").values] + [False] * bool(
        len(series.rows_without("NumberOfFrames"))
    )


@register_fact("functional_groups")
def functional_groups(series: Series, context: FactContext) -> Fact:
    """``sound``, or the worst problem of the shared and per-frame groups of multi-frame objects."""
    if not series.is_multi_frame:
        return not_applicable_fact("functional_groups")
    met = {problem for file in series.files for problem in file.group_problems}
    order = (_("damaged"), _("no shared"), _("no per-frame"), _("several shared"), _("both"), _("measures per frame"))
    worst = next((problem for problem in order if problem in met), "sound")
    bad = [file for file in series.files if worst in file.group_problems]
    return Fact("functional_groups", worst, _named(bad, series), "Functional Groups Sequences (5200,9229), (5200,9230)")


@register_fact("concatenation")
def concatenation_status(series: Series, context: FactContext) -> Fact:
    """``whole`` where every part of a concatenation is there, ``incomplete``, or ``total not stated``."""
    if not series.distinct("ConcatenationUID"):
        return not_applicable_fact("concatenation")
    evidence = "Concatenation UID (0020,9161)"
    present = {int(value) for value in series.distinct("InConcatenationNumber") if isinstance(value, int)}
    totals = {int(value) for value in series.distinct("InConcatenationTotalNumber") if isinstance(value, int)}
    if not present or present != set(range(1, max(present) + 1)) or (totals and max(totals) != max(present)):
        return Fact("concatenation", "incomplete", "", evidence, parameters={"present": len(present)})
    return Fact("concatenation", _("whole") if totals else _("total not stated"), "", evidence)


@register_fact("pixel_element")
def pixel_data_element(series: Series, context: FactContext) -> Fact:
    """Kind of the pixel element: ``OW``, ``OB``, ``float``, ``compressed``; the worst of all files."""

    def kind(file: ImageFile) -> str:
        if file.pixel_element in ("FloatPixelData", "DoubleFloatPixelData"):
            return "float"
        if not file.pixel_element or short_of_pixels(file):
            return _("wrong length")
        if file.pixel_length == UNDEFINED_LENGTH:
            return "compressed"
        eight_bits = (
            file.pixel_vr == "OB"
            and 0 <= file.expected_bytes == file.pixel_length
            and 8 in series.distinct("BitsAllocated")
        )
        return "OW" if eight_bits else file.pixel_vr if file.pixel_vr in ("OW", "OB") else "other"

    kinds = {kind(file): file for file in reversed(series.files)}
    worst = next(
        name for name in (_("float"), _("wrong length"), _("other"), "OB", _("compressed"), "OW") if name in kinds
    )
    bad = [file for file in series.files if kind(file) == worst] if worst not in ("OW", "compressed") else []
    return Fact("pixel_element", worst, _named(bad, series), "Pixel Data (7FE0,0010)")
