"""Backends as data: how a program is called, what its labels mean, how coarse they are, and what its licence allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import resources
from ..config.run_settings import backend_choice
from ..errors import UsageError
from ..messages import _
from ..segmentation.labelmap_styles import load_label_names
from ..workers.program import ProgramLimits

FAILURES = ("memory", "disk", "weights", "licence")
USES = {
    "any": _("any use"),
    "non-commercial": _("non-commercial use without payment"),
    "research": _("research only"),
    "unknown": _("not stated"),
}


@dataclass(frozen=True)
class Licence:
    """What code and weights of a task may be used for: `use` is one of `USES`."""

    title: str
    use: str
    text: str


@dataclass(frozen=True)
class PrivateHome:
    """A folder of settings that the program finds by an environment variable; it gets a copy of `file` with entries changed."""

    variable: str
    default: str
    file: str
    changed: Mapping[str, Any]
    absent: Mapping[str, Any]


@dataclass(frozen=True)
class SlicerExtension:
    """An extension of Slicer that runs the same program: its title, the scripted module with its logic, and the Python packages that
    this module has to have installed in Slicer."""

    title: str
    module: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class BackendTask:
    """One thing that a backend can do.

    `modality` is empty and `voxel_mm` (x, y, z) None where nobody says; `labels` are names by value; `values` fill placeholders of the
    backend's arguments, several strings where an argument stands for several.
    """

    name: str
    modality: str
    voxel_mm: tuple[float, float, float] | None
    licence: Licence
    arguments: tuple[str, ...]
    labels: Mapping[int, str]
    faults: tuple[str, ...] = ()
    ending: str = ".nii.gz"
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Backend:
    """A program that labels a scan; file form in `data/backends/schema.json`. `tasks` are its tasks, empty for one that takes the folder
    of a model; `codes` are SNOMED codes by name of structure."""

    name: str
    title: str
    version: str
    help: str
    commands: tuple[str, ...]
    module: str
    call: str
    package: str
    kind: str
    input: str
    output: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str]
    home: PrivateHome | None
    telemetry: str
    limits: ProgramLimits
    progress: str
    failures: Mapping[str, tuple[str, ...]]
    licences: Mapping[str, Licence]
    faults: tuple[str, ...]
    default_task: str
    codes: Mapping[str, Mapping[str, Mapping[str, str]]]
    tasks: Mapping[str, BackendTask]
    extension: SlicerExtension | None = None


def split_choice(text: str) -> tuple[str, str]:
    """Backend and task of ``NAME[:TASK]``; NAME may be a .json file, TASK a folder. Raises `UsageError` for anything else."""
    found = backend_choice(text)
    if not found:
        raise UsageError(
            _(
                "{--segment-with} takes a backend and its task, such as totalsegmentator:total, not "
                "'{text}': see list backends.",
                text=text,
            )
        )
    return found[0], "".join(found[1:])


def load_backend(name_or_file: str) -> Backend:
    """A built-in backend by name, or a user's JSON file. Raises `UsageError` naming what is wrong and where."""
    file = resources.load_data_file("backends", name_or_file)
    content = file.content
    licences = {key: Licence(entry["title"], entry["use"], entry["text"]) for key, entry in content["licences"].items()}
    limits = content["limits"]
    return Backend(
        name=content["name"],
        title=content["title"],
        version=content["version"],
        help=content.get("help", ""),
        commands=tuple(content["commands"]),
        module=content.get("module", ""),
        call=content.get("call", ""),
        package=content["package"],
        kind=content["kind"],
        input=_inside(file, "input"),
        output=_inside(file, "output"),
        arguments=tuple(content["arguments"]),
        environment=dict(content.get("environment", {})),
        home=_home(file) if "home" in content else None,
        telemetry=content["telemetry"],
        limits=ProgramLimits(
            3600.0 * float(limits["hours"]), 1024.0 * float(limits["memory_gb"]), 1024.0 * float(limits["disk_gb"])
        ),
        progress=content.get("progress", ""),
        failures={key: tuple(content["failures"][key]) for key in FAILURES},
        licences=licences,
        faults=tuple(content["faults"]),
        default_task=content["default_task"],
        codes=_codes(content.get("codes")),
        tasks={name: _task(file, name, licences) for name in content["tasks"]},
        extension=_extension(content["slicer_extension"]) if "slicer_extension" in content else None,
    )


def _inside(file: resources.DataFile, *where: str) -> str:
    """A path below the folder of a run. Raises `UsageError` for one that leads out of it."""
    given = file.content
    for name in where:
        given = given[name]
    path = Path(str(given))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise file.fault(where, _("'{text}' is no file in the folder of the run", text=given))
    return path.as_posix()


def _home(file: resources.DataFile) -> PrivateHome:
    entry = file.content["home"]
    return PrivateHome(
        entry["variable"],
        entry["default"],
        _inside(file, "home", "file"),
        dict(entry["set"]),
        dict(entry.get("absent", {})),
    )


def _extension(entry: Mapping[str, Any]) -> SlicerExtension:
    return SlicerExtension(entry["title"], entry["module"], tuple(entry["packages"]))


def _task(file: resources.DataFile, name: str, licences: Mapping[str, Licence]) -> BackendTask:
    entry = file.content["tasks"][name]
    labels, voxel = entry["labels"], entry["voxel_mm"]
    if entry["licence"] not in licences:
        problem = _(
            "task {name} names a licence that the file does not have: {licence}", name=name, licence=entry["licence"]
        )
        raise file.fault(("tasks", name, "licence"), problem)
    if isinstance(labels, str):
        named = {value: style.name for value, style in load_label_names(labels).items()}
    else:
        named = {int(value): text for value, text in labels.items()}
    return BackendTask(
        name=name,
        modality=entry["modality"],
        voxel_mm=None if voxel is None else (float(voxel[0]), float(voxel[1]), float(voxel[2])),
        licence=licences[entry["licence"]],
        arguments=tuple(entry["arguments"]),
        labels=named,
        faults=tuple(entry.get("faults", ())),
    )


def _codes(name: str | None) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    if not name:
        return {}
    return dict(resources.load_json_resource("codes", name)[0]["codes"])
