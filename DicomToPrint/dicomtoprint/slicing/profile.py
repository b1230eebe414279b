"""Slicers as data: how a program is asked, and how its answer is read."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import resources
from ..errors import MissingDependencyError, UsageError
from ..messages import _, join


@dataclass(frozen=True)
class IslandMarks:
    """Marks of G-code by which islands are counted: what begins a line that starts a layer or a type of extrusion, the types that are
    outer loops of the model, and those that are not of the model."""

    layer: str
    type: str
    outer: tuple[str, ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class SlicerJob:
    """How a slicer is asked for one process: its arguments, the name of what it writes (and the file in it, if it is an archive), and the
    patterns of the figures; `layer_count` counts matches, `layer_sums` are numbers to be added."""

    output: str
    arguments: tuple[str, ...]
    time_pattern: str
    time_unit: str
    material_pattern: str
    member: str = ""
    layer_count: str = ""
    layer_sums: tuple[str, ...] = ()
    islands: IslandMarks | None = None


@dataclass(frozen=True)
class SlicerProfile:
    """An installed program that slices; file form in `data/slicers/schema.json`. `severity` is what a refusal does to the verdict."""

    name: str
    title: str
    commands: tuple[str, ...]
    timeout_s: float
    formats: tuple[str, ...]
    severity: str
    jobs: Mapping[str, SlicerJob]
    refusals: tuple[str, ...]
    warnings: tuple[str, ...]


def load_slicer(name_or_file: str) -> SlicerProfile:
    """A built-in slicer by name, or a user's JSON file. Raises `UsageError` naming what is wrong and where."""
    content, _text = resources.load_json_resource("slicers", name_or_file)
    try:
        profile = SlicerProfile(
            name=str(content["name"]),
            title=str(content["title"]),
            commands=tuple(map(str, content["commands"])),
            timeout_s=float(content["timeout_s"]),
            formats=tuple(map(str, content["formats"])),
            severity=str(content["severity"]),
            jobs={name: _job(entry) for name, entry in content["jobs"].items()},
            refusals=tuple(map(str, content["refusals"])),
            warnings=tuple(map(str, content["warnings"])),
        )
        for pattern in _patterns(profile):
            re.compile(pattern)
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise UsageError(
            _(
                "{name_or_file} is no slicer as data/slicers/schema.json describes it ({kind}: {error}): "
                "correct the file.",
                name_or_file=Path(name_or_file).name,
                kind=type(error).__name__,
                error=error,
            )
        ) from None
    if profile.severity not in ("reject", "warn", "info") or not profile.commands or profile.timeout_s <= 0:
        raise UsageError(
            _(
                "{name_or_file} needs a severity of reject, warn or info, a command and a timeout above 0: "
                "correct the file.",
                name_or_file=Path(name_or_file).name,
            )
        )
    return profile


def _job(entry: Mapping[str, Any]) -> SlicerJob:
    marks = entry.get("islands")
    return SlicerJob(
        output=Path(str(entry["output"])).name,
        arguments=tuple(map(str, entry["arguments"])),
        time_pattern=str(entry["time"]["pattern"]),
        time_unit=str(entry["time"]["unit"]),
        material_pattern=str(entry["material"]["pattern"]),
        member=str(entry.get("member", "")),
        layer_count=str(entry["layers"].get("count", "")),
        layer_sums=tuple(map(str, entry["layers"].get("sum", ()))),
        islands=None
        if marks is None
        else IslandMarks(str(marks["layer"]), str(marks["type"]), tuple(marks["outer"]), tuple(marks["ignored"])),
    )


def _patterns(profile: SlicerProfile) -> list[str]:
    own = [
        pattern
        for job in profile.jobs.values()
        for pattern in (job.time_pattern, job.material_pattern, job.layer_count, *job.layer_sums)
    ]
    return [*own, *profile.refusals, *profile.warnings]


def slicer_job(profile: SlicerProfile, process: str) -> SlicerJob:
    """How it is asked for a process. Raises `UsageError` where it cannot be."""
    job = profile.jobs.get(process)
    if job is None:
        known = ", ".join(sorted(profile.jobs))
        raise UsageError(
            _(
                "{profile} is asked for {known} only, not for {process}: leave {--slice-with} out, or choose "
                "{--process} of these.",
                profile=profile.title,
                known=known,
                process=process,
            )
        )
    return job


def find_program(profile: SlicerProfile) -> str:
    """Path of the program. Raises `MissingDependencyError` with the way out."""
    for command in profile.commands:
        found = shutil.which(command)
        if found:
            return found
    raise MissingDependencyError(
        _(
            "{profile} was not found on this computer ({commands}): install it, or leave {--slice-with} out.",
            profile=profile.title,
            commands=join(", ", profile.commands),
        )
    )
