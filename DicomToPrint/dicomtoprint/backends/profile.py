"""Backends as data: how a program is called, what its labels mean, how coarse they are, and what its licence allows."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import resources
from ..config.run_settings import backend_choice
from ..errors import UsageError
from ..messages import _, join
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
    content, _text = resources.load_json_resource("backends", name_or_file)
    try:
        backend = _backend(content)
        for pattern in (backend.progress, *(one for patterns in backend.failures.values() for one in patterns)):
            re.compile(pattern)
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise UsageError(
            _(
                "{name_or_file} is no backend as data/backends/schema.json describes it ({kind}: {error}): "
                "correct the file.",
                name_or_file=Path(name_or_file).name,
                kind=type(error).__name__,
                error=error,
            )
        ) from None
    return backend


def _backend(content: Mapping[str, Any]) -> Backend:
    licences = {
        key: Licence(str(entry["title"]), str(entry["use"]), str(entry["text"]))
        for key, entry in content["licences"].items()
    }
    if {licence.use for licence in licences.values()} - set(USES):
        raise ValueError(_("a use of a licence is one of {uses}", uses=join(", ", USES)))
    if content["kind"] not in ("fixed", "model-folder") or not content["commands"]:
        raise ValueError(_("kind is fixed or model-folder, and commands names a program"))
    limits = content["limits"]
    home = content.get("home")
    return Backend(
        name=str(content["name"]),
        title=str(content["title"]),
        version=str(content["version"]),
        help=str(content.get("help", "")),
        commands=tuple(map(str, content["commands"])),
        module=str(content.get("module", "")),
        call=str(content.get("call", "")),
        package=str(content["package"]),
        kind=str(content["kind"]),
        input=_inside(content["input"]),
        output=_inside(content["output"]),
        arguments=tuple(map(str, content["arguments"])),
        environment={str(key): str(value) for key, value in content.get("environment", {}).items()},
        home=None if home is None else _home(home),
        telemetry=str(content["telemetry"]),
        limits=ProgramLimits(
            3600.0 * float(limits["hours"]), 1024.0 * float(limits["memory_gb"]), 1024.0 * float(limits["disk_gb"])
        ),
        progress=str(content.get("progress", "")),
        failures={key: tuple(map(str, content["failures"].get(key, ()))) for key in FAILURES},
        licences=licences,
        faults=tuple(map(str, content["faults"])),
        default_task=str(content["default_task"]),
        codes=_codes(content.get("codes")),
        tasks={str(name): _task(str(name), entry, licences) for name, entry in content["tasks"].items()},
        extension=None if "slicer_extension" not in content else _extension(content["slicer_extension"]),
    )


def _inside(text: Any) -> str:
    """A path below the folder of a run. Raises ValueError for one that leads out of it."""
    path = Path(str(text))
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(_("'{text}' is no file in the folder of the run", text=text))
    return path.as_posix()


def _home(entry: Mapping[str, Any]) -> PrivateHome:
    return PrivateHome(
        str(entry["variable"]),
        str(entry["default"]),
        _inside(entry["file"]),
        dict(entry["set"]),
        dict(entry.get("absent", {})),
    )


def _extension(entry: Mapping[str, Any]) -> SlicerExtension:
    return SlicerExtension(str(entry["title"]), str(entry["module"]), tuple(map(str, entry["packages"])))


def _task(name: str, entry: Mapping[str, Any], licences: Mapping[str, Licence]) -> BackendTask:
    labels, voxel = entry["labels"], entry["voxel_mm"]
    if isinstance(labels, str):
        named = {value: style.name for value, style in load_label_names(labels).items()}
    else:
        named = {int(value): str(text) for value, text in labels.items()}
    return BackendTask(
        name=name,
        modality=str(entry["modality"]),
        voxel_mm=None if voxel is None else (float(voxel[0]), float(voxel[1]), float(voxel[2])),
        licence=licences[entry["licence"]],
        arguments=tuple(map(str, entry["arguments"])),
        labels=named,
        faults=tuple(map(str, entry.get("faults", ()))),
    )


def _codes(name: str | None) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    if not name:
        return {}
    return dict(resources.load_json_resource("codes", name)[0]["codes"])
