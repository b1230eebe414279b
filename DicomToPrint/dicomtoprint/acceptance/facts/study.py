"""Facts that the other series and the medium add to a series."""

from __future__ import annotations

from ...dicom import Series
from ...messages import _
from ...rules import Fact
from ...text import pluralize
from .registry import FactContext, not_applicable_fact, register_fact


@register_fact("media_files")
def dicomdir_completeness(series: Series, context: FactContext) -> Fact:
    """``whole`` where every file that a DICOMDIR names is there and readable and one patient is on the disc; else
    the problem.
    """
    media = context.study.media
    if not media:
        return not_applicable_fact("media_files")
    evidence = "DICOMDIR, Referenced File ID (0004,1500)"
    parameters = {"referenced": sum(item.referenced for item in media), "series": len(context.study.series)}
    damaged = [item.name for item in media if item.damaged]
    if damaged:
        return Fact("media_files", _("directory damaged"), "", evidence, parameters=parameters)
    lost = [name for item in media for name in item.missing]
    if lost:
        return Fact("media_files", _("files missing"), pluralize(len(lost), "file"), evidence, parameters=parameters)
    broken = [
        file.name
        for one in context.study.series
        for file in one.files
        if file.problem
        or (0 <= file.pixel_length < 0xFFFFFFFF and file.pixel_offset + file.pixel_length > file.body_size)
    ]
    if broken:
        return Fact(
            "media_files", _("files not whole"), pluralize(len(broken), "file"), evidence, parameters=parameters
        )
    if context.study.patients > 1 or any(item.patients > 1 for item in media):
        return Fact("media_files", _("several patients"), "", evidence, parameters=parameters)
    return Fact("media_files", "whole", "", evidence, parameters=parameters)


@register_fact("transfer_medium")
def transfer_medium(series: Series, context: FactContext) -> Fact:
    """Whether the input is a disc with a DICOMDIR or files alone; shown, never judged."""
    return Fact("transfer_medium", "DICOMDIR" if context.study.media else _("files without DICOMDIR"))


@register_fact("original_beside")
def original_series_available(series: Series, context: FactContext) -> Fact:
    """For a reformat: whether an original with the same Frame of Reference that nothing rejects is in the study."""
    if context.originals is None or series.id not in context.originals:
        return not_applicable_fact("original_beside")
    return Fact(
        "original_beside",
        "yes" if context.originals[series.id] else "no",
        evidence="Frame of Reference UID (0020,0052)",
    )
