"""Slicers as data: how a program is asked, and how its answer is read."""

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
    content = resources.load_data_file("slicers", name_or_file).content
    return SlicerProfile(
        name=content["name"],
        title=content["title"],
        commands=tuple(content["commands"]),
        timeout_s=float(content["timeout_s"]),
        formats=tuple(content["formats"]),
        severity=content["severity"],
        jobs={name: _job(entry) for name, entry in content["jobs"].items()},
        refusals=tuple(content["refusals"]),
        warnings=tuple(content["warnings"]),
    )


def _job(entry: Mapping[str, Any]) -> SlicerJob:
    marks = entry.get("islands")
    return SlicerJob(
        output=Path(entry["output"]).name,
        arguments=tuple(entry["arguments"]),
        time_pattern=entry["time"]["pattern"],
        time_unit=entry["time"]["unit"],
        material_pattern=entry["material"]["pattern"],
        member=entry.get("member", ""),
        layer_count=entry["layers"].get("count", ""),
        layer_sums=tuple(entry["layers"].get("sum", ())),
        islands=None
        if marks is None
        else IslandMarks(marks["layer"], marks["type"], tuple(marks["outer"]), tuple(marks["ignored"])),
    )


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
