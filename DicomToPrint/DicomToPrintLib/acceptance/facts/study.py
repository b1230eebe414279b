"""Facts that the other series and the medium add to a series."""

from __future__ import annotations

from ...dicom import Series
from ...findings import Fact
from .registry import Context, fact, not_applicable


@fact("media_files")
def media_files(series: Series, context: Context) -> Fact:
    """``whole`` where every file that a DICOMDIR names is there and readable and one patient is on the disc; else
    the problem.
    """
    media = context.study.media
    if not media:
        return not_applicable("media_files")
    evidence = "DICOMDIR, Referenced File ID (0004,1500)"
    parameters = {"referenced": sum(item.referenced for item in media), "series": len(context.study.series)}
    damaged = [item.name for item in media if item.damaged]
    if damaged:
        return Fact("media_files", "directory damaged", "", evidence, parameters=parameters)
    lost = [name for item in media for name in item.missing]
    if lost:
        return Fact("media_files", "files missing", f"{len(lost)} files", evidence, parameters=parameters)
    broken = [
        file.name
        for one in context.study.series
        for file in one.files
        if file.problem
        or (0 <= file.pixel_length < 0xFFFFFFFF and file.pixel_offset + file.pixel_length > file.body_size)
    ]
    if broken:
        return Fact("media_files", "files not whole", f"{len(broken)} files", evidence, parameters=parameters)
    if context.study.patients > 1 or any(item.patients > 1 for item in media):
        return Fact("media_files", "several patients", "", evidence, parameters=parameters)
    return Fact("media_files", "whole", "", evidence, parameters=parameters)


@fact("transfer_medium")
def transfer_medium(series: Series, context: Context) -> Fact:
    """Whether the input is a disc with a DICOMDIR or files alone; shown, never judged."""
    return Fact("transfer_medium", "DICOMDIR" if context.study.media else "files without DICOMDIR")


@fact("original_beside")
def original_beside(series: Series, context: Context) -> Fact:
    """For a reformat: whether an original with the same Frame of Reference that nothing rejects is in the study."""
    if context.originals is None or series.id not in context.originals:
        return not_applicable("original_beside")
    return Fact(
        "original_beside",
        "yes" if context.originals[series.id] else "no",
        evidence="Frame of Reference UID (0020,0052)",
    )
