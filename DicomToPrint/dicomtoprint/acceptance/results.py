"""What an evaluation gives: series under protocols, with findings, questions and causes, and its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from ..dicom import Series, UnreadableFile, phases
from ..images.raster import RasterImage
from ..rules import Finding, Verdict
from . import causes
from .facts.file_integrity import short_of_pixels
from .slice_spacing import SliceSpacing

SCHEMA = "dicom-to-print/acceptance/1"


@dataclass(frozen=True)
class OperatorQuestion:
    """A standing question; `answer` is ``yes``, ``no`` or None while it is open. `if_no` is what the answer no does."""

    rule: str
    text: str
    answer: str | None
    clause: str = ""
    remember: str = ""


@dataclass(frozen=True)
class ProtocolResult:
    """A series under one protocol."""

    version: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    title: str = ""
    document: str = ""
    unverified_source: bool = False


@dataclass(frozen=True)
class SeriesAcceptance:
    """A series under all protocols asked for; `verdict` is the worst of them. `suggested_series` names a series to use
    instead, `pixels` says whether the pixels were judged, and if not, why.
    """

    series: Series
    verdict: Verdict
    protocols: Mapping[str, ProtocolResult]
    questions: tuple[OperatorQuestion, ...]
    pictures: tuple[RasterImage, ...] = ()
    suggested_series: str = ""
    slice_spacing: SliceSpacing | None = None
    pixels: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, identified: bool = False) -> dict[str, Any]:
        """The contract's form; the description only where `identified`. Besides the contract ``instead`` names a better
        series, and ``second_hand`` marks a protocol whose figures were not read in the issuer's own document.
        """
        return {
            "series": self.series.id,
            **({"uid": self.series.uid} if identified else {}),
            "description": self.series.description if identified else "",
            "files": len(self.series.files),
            "verdict": self.verdict.value,
            **({"instead": self.suggested_series} if self.suggested_series else {}),
            **({"phases": self._phases()} if self._phases() else {}),
            **({"pixels": dict(self.pixels)} if self.pixels else {}),
            "protocols": {
                name: {
                    "version": result.version,
                    "verdict": result.verdict.value,
                    "findings": [_plain(finding) for finding in result.findings],
                    **({"second_hand": True} if result.unverified_source else {}),
                }
                for name, result in self.protocols.items()
            },
            "questions": [
                {"rule": question.rule, "text": question.text, "answer": question.answer} for question in self.questions
            ],
            "causes": causes.tree({name: result.findings for name, result in self.protocols.items()}),
        }

    def _phases(self) -> list[dict[str, Any]]:
        return [
            {"series": phase.series.id, "by": phase.by, "files": len(phase.series.files)}
            for phase in phases(self.series)
        ]

    def cut_files(self) -> list[str]:
        """Names of the files that are cut off or damaged, relative to the input: for the terminal alone."""
        names = [file.name for file in self.series.files if short_of_pixels(file)]
        return [*names, *self.series.unreadable_near]


@dataclass(frozen=True)
class AcceptanceReport:
    """All series judged, best verdict first, and what could not be read. `series_in_input` counts those that were not judged
    too, since another was named.
    """

    series: tuple[SeriesAcceptance, ...]
    unreadable: tuple[UnreadableFile, ...]
    non_image_files: tuple[str, ...] = ()
    study_notes: tuple[str, ...] = ()
    documents: Mapping[str, str] = field(default_factory=dict)
    series_in_input: int = 0

    def for_terminal(self, identified: bool = False) -> dict[str, Any]:
        """`as_json`, and in each series the names of its damaged files, which may stand on the terminal only."""
        content = self.as_json(identified)
        for plain, one in zip(content["series"], self.series):
            plain["cut_files"] = one.cut_files()
        told = {item.file for item in self.unreadable}
        content["documents"] = {name: kind for name, kind in self.documents.items() if name not in told}
        return content

    def as_json(self, identified: bool = False) -> dict[str, Any]:
        """``dicom-to-print/acceptance/1``; nothing in it names a patient unless `identified`: files that cannot be read
        stand without their folders, which archives like to call after patients.
        """
        return {
            "schema": SCHEMA,
            **({"study": list(self.study_notes)} if self.study_notes else {}),
            "series": [one.as_json(identified) for one in self.series],
            "unreadable": [
                {"file": item.file if identified else PurePosixPath(item.file).name, "reason": item.reason}
                for item in self.unreadable
            ],
        }


def _plain(finding: Finding) -> dict[str, Any]:
    result = finding.as_json()
    value = result["measured"]
    if isinstance(value, np.generic):
        value = value.item()
    result["measured"] = value if isinstance(value, (int, float, str, type(None))) else str(value)
    if finding.level:
        result["level"] = finding.level
    if finding.follows:
        result["follows"] = finding.follows
    return result
