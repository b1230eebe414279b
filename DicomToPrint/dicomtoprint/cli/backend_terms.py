"""Backends on the terminal: what is installed, what its licence allows, and the question whether that was read."""

import sys

from ..config.run_settings import RunSettings
from ..messages import _, join
from .language import tell


def confirm_licence(settings: RunSettings) -> RunSettings:
    """The settings with the licence of their backend confirmed where someone at the terminal says so; as they are where nobody is asked."""
    if not settings.segment_with or sys.stdin is None or not sys.stdin.isatty():
        return settings
    from ..pipeline.backends import confirmed, unconfirmed_licence

    notice = unconfirmed_licence(settings)
    if not notice:
        return settings
    tell(notice, file=sys.stderr)
    tell(_("Have you read this, and does your use keep to it? (yes/no) "), end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().casefold()
    return confirmed(settings) if answer in ("yes", "y") else settings


def backends_summary() -> str:
    """The built-in backends: installed or not, licences, and each task with modality, voxel and number of structures."""
    from ..pipeline.backends import known_backends

    lines = []
    for backend in known_backends():
        where = _("installed ({program})", program=backend["program"]) if backend["program"] else _("not installed")
        lines.append(_("{name:<22} {title}: {where}", name=backend["name"], title=backend["title"], where=where))
        licences = backend["licences"]
        assert isinstance(licences, list)
        lines += [_("{value:<22} licence: {licence}", value="", licence=licence) for licence in licences]
        if backend["takes_folder"]:
            lines.append(_("{value:<22} {name}:FOLDER, the folder of a trained model", value="", name=backend["name"]))
        tasks = backend["tasks"]
        assert isinstance(tasks, list)
        for task in tasks:
            voxel = task["voxel_mm"]
            size = (
                _("voxels not stated")
                if voxel is None
                else _("voxels of {voxel} mm", voxel=join(" x ", (_("{v:g}", v=v) for v in voxel)))
            )
            count = task["structures"]
            name = _("{name}:{name2}", name=backend["name"], name2=task["name"])
            lines.append(
                _(
                    "  {name:<44} {modality}, {size}, {count} {count2}, {licence}",
                    name=name,
                    modality=task["modality"],
                    size=size,
                    count=count,
                    count2=_("structure") if count == 1 else _("structures"),
                    licence=task["licence"],
                )
            )
    return join("\n", lines)
