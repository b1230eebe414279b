"""The folder of a trained nnU-Net model: names of its labels, voxels, folds and kind of file, from its own two JSON files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..messages import _
from .profile import Backend, BackendTask

LARGEST_LABEL = 65_535
CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth")


def open_model_folder(backend: Backend, name: str) -> BackendTask:
    """What the model in the folder `name` does.

    Raises `UsageError` in one sentence where it is no such folder, has no trained fold, or needs more than one image.
    """
    if not name:
        raise UsageError(
            _(
                "{backend} needs the folder of a model: {--segment-with:{backend2}}:FOLDER, the one that "
                "holds dataset.json.",
                backend=backend.title,
                backend2=backend.name,
            )
        )
    folder = Path(name)
    dataset, plans = _read(folder, "dataset.json"), _read(folder, "plans.json")
    channels = dataset.get("channel_names", dataset.get("modality"))
    if not isinstance(channels, Mapping) or len(channels) != 1:
        count = len(channels) if isinstance(channels, Mapping) else 0
        raise UsageError(
            _(
                "The model in {folder} takes {count} images of a case, and there is one scan: choose a model for one.",
                folder=folder.name,
                count=count,
            )
        )
    folds = sorted(path for path in folder.glob("fold_*") if any((path / one).is_file() for one in CHECKPOINTS))
    if not folds:
        raise UsageError(
            _(
                "{folder} holds no trained fold (fold_0/{checkpoints}): choose the folder of a trained model.",
                folder=folder.name,
                checkpoints=CHECKPOINTS[0],
            )
        )
    checkpoint = next(
        (one for one in CHECKPOINTS if all((fold / one).is_file() for fold in folds)),
        next(one for one in CHECKPOINTS if (folds[0] / one).is_file()),
    )
    usable = [fold for fold in folds if (fold / checkpoint).is_file()]
    labels = _labels(dataset)
    if not labels:
        raise UsageError(
            _("dataset.json in {folder} names no labels: correct it, or choose another model.", folder=folder.name)
        )
    return BackendTask(
        name=folder.name,
        modality=_modality(channels),
        voxel_mm=_voxel(plans, folder.name),
        licence=next(iter(backend.licences.values())),
        arguments=(),
        labels=labels,
        ending=_ending(dataset.get("file_ending"), folder.name),
        values={
            "model": (str(folder.resolve()),),
            "folds": tuple(fold.name.removeprefix("fold_") for fold in usable),
            "checkpoint": (checkpoint,),
        },
    )


def _read(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        content = json.loads((folder / name).read_text(encoding="utf-8"))
    except OSError:
        raise UsageError(
            _(
                "{folder} holds no {name}: choose the folder of a trained model, the one with dataset.json, "
                "plans.json and fold_0.",
                folder=folder.name,
                name=name,
            )
        ) from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise UsageError(_("{name} in {folder} is damaged: copy the model again.", name=name, folder=folder.name))
    return content


def _labels(dataset: Mapping[str, Any]) -> dict[int, str]:
    """Names by value; of a model trained on regions (several values a name) by `regions_class_order`, as nnU-Net writes them."""
    table = dataset.get("labels")
    pairs = list(table.items()) if isinstance(table, Mapping) else []
    if any(isinstance(value, list) and len(value) > 1 for _name, value in pairs):
        order = dataset.get("regions_class_order")
        regions = [name for name, value in pairs if value not in (0, [0])]
        pairs = list(zip(regions, order)) if isinstance(order, list) else []
    found: dict[int, str] = {}
    for name, value in pairs:
        number = value[0] if isinstance(value, list) and value else value
        if isinstance(number, int) and 0 < number <= LARGEST_LABEL:
            found.setdefault(number, str(name))
    return found


def _modality(channels: Mapping[str, Any]) -> str:
    """CT where the only channel says so, as nnU-Net's own rule for CT; else nobody says."""
    return "CT" if str(next(iter(channels.values()))).strip().casefold() == "ct" else ""


def _ending(text: Any, folder: str) -> str:
    if text not in (".nii.gz", ".nii", ".nrrd", ".mha"):
        raise UsageError(
            _(
                "The model in {folder} takes files ending in '{text}', which are not written here: choose another.",
                folder=folder,
                text=text,
            )
        )
    return str(text)


def _voxel(plans: Mapping[str, Any], folder: str) -> tuple[float, float, float] | None:
    """Voxel of the configuration that the folder is named for (``trainer__plans__3d_fullres``), (x, y, z) mm; None where nobody says."""
    configurations = plans.get("configurations")
    if not isinstance(configurations, Mapping):
        return None
    entry = configurations.get(folder.rpartition("__")[2], configurations.get("3d_fullres"))
    for _unused in range(8):  # one that inherits names its parent
        if not isinstance(entry, Mapping) or "spacing" in entry:
            break
        entry = configurations.get(entry.get("inherits_from"))
    spacing = entry.get("spacing") if isinstance(entry, Mapping) else None
    if not isinstance(spacing, list) or len(spacing) not in (2, 3) or not all(_is_length(v) for v in spacing):
        return None
    z, y, x = spacing if len(spacing) == 3 else [max(spacing), *spacing]
    return (float(x), float(y), float(z))


def _is_length(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0.0 < value < 1000.0
