"""Labels of an installed backend: never unless it is asked for by name, and its licence confirmed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from ..config.resources import builtin_names
from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ..backends import Backend, BackendTask
    from ..segmentation import Segmentation
    from ..volume import Volume


def validate_backend(settings: RunSettings) -> None:
    """Raises `UsageError` for a backend or task that is not known, `MissingDependencyError` for one that is not installed,
    `UnansweredQuestionError` where its licence is not confirmed, before any long work."""
    from ..backends import find_backend, require_confirmed_licence

    if not settings.segment_with:
        return
    if settings.segmentation:
        raise UsageError(
            _("A segmentation and a backend were both given: choose {--segmentation} or {--segment-with}.")
        )
    backend, task = chosen_backend(settings)
    find_backend(backend, settings.backend_command)
    require_confirmed_licence(backend, task, settings.confirm_licence)


def label_scan(
    volume: "Volume", settings: RunSettings, progress: ProgressCallback = no_progress
) -> "Segmentation | None":
    """The labels of the backend that the settings name; None where they name none. Raises what `validate_backend` and
    `label_with_backend` raise."""
    from ..backends import find_backend, label_with_backend

    if not settings.segment_with:
        return None
    validate_backend(settings)
    backend, task = chosen_backend(settings)
    command = find_backend(backend, settings.backend_command)
    return label_with_backend(volume, backend, task, command, progress)


def unconfirmed_licence(settings: RunSettings) -> str:
    """What has to be confirmed before these settings may run; empty where nothing has. Raises `UsageError` for an unknown backend."""
    from ..backends import licence_notice, require_confirmed_licence
    from ..errors import UnansweredQuestionError

    if not settings.segment_with:
        return ""
    backend, task = chosen_backend(settings)
    try:
        require_confirmed_licence(backend, task, settings.confirm_licence)
    except UnansweredQuestionError:
        return licence_notice(backend, task)
    return ""


def backend_notice(settings: RunSettings, by_extension: bool = False) -> str:
    """Where the backend of the settings is installed, its licence, what it sends, and how coarse its labels are; `by_extension`: it is
    run by its extension of Slicer. Raises `UsageError`."""
    from ..backends import find_backend, licence_notice
    from ..errors import MissingDependencyError

    backend, task = chosen_backend(settings)
    if by_extension and backend.extension is not None:
        where = _("Installed: Slicer's extension {extension}.", extension=backend.extension.title)
    else:
        try:
            where = _("Installed: {find_backend}.", find_backend=find_backend(backend, settings.backend_command)[0])
        except MissingDependencyError as error:
            where = str(error)
    voxel = (
        _("not stated")
        if task.voxel_mm is None
        else _("{voxel_mm} mm", voxel_mm=join(" x ", (_("{v:g}", v=v) for v in task.voxel_mm)))
    )
    return _(
        "{where} Voxels of its labels: {voxel}. {licence_notice}",
        where=where,
        voxel=voxel,
        licence_notice=licence_notice(backend, task),
    )


def backend_labels(settings: RunSettings) -> tuple[str, ...]:
    """Names of the structures that the task of the settings labels. Raises `UsageError`."""
    return tuple(chosen_backend(settings)[1].labels.values())


def chosen_backend(settings: RunSettings) -> "tuple[Backend, BackendTask]":
    """The backend and the task that the settings name. Raises `UsageError` where there is none."""
    from ..backends import load_backend, open_task, split_choice

    name, task_name = split_choice(settings.segment_with or "")
    backend = load_backend(name)
    return backend, open_task(backend, task_name)


def confirmed(settings: RunSettings) -> RunSettings:
    """The settings with the licence of their backend confirmed."""
    from ..backends import load_backend, split_choice

    return replace(settings, confirm_licence=load_backend(split_choice(settings.segment_with or "")[0]).name)


def known_backends() -> tuple[Mapping[str, object], ...]:
    """Every built-in backend: name, title, program found (empty: not installed), module of Slicer that runs it (empty: none), and of
    its tasks modality, voxel and licence."""
    from ..backends import installed_program, load_backend
    from ..backends.profile import USES

    found = []
    for backend in map(load_backend, builtin_names("backends")):
        found.append(
            {
                "name": backend.name,
                "title": backend.title,
                "help": backend.help,
                "program": installed_program(backend) or "",
                "extension_module": "" if backend.extension is None else backend.extension.module,
                "takes_folder": backend.kind == "model-folder",
                "default_task": backend.default_task,
                "licences": [
                    _("{licence}; for {uses}", licence=licence.title, uses=USES[licence.use])
                    for licence in backend.licences.values()
                ],
                "tasks": [
                    {
                        "name": task.name,
                        "modality": task.modality,
                        "voxel_mm": task.voxel_mm,
                        "licence": _("{licence}; for {uses}", licence=task.licence.title, uses=USES[task.licence.use]),
                        "structures": len(task.labels),
                    }
                    for task in backend.tasks.values()
                ],
            }
        )
    return tuple(found)
