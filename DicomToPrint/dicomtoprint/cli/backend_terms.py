"""Backends on the terminal: what is installed, what its licence allows, and the question whether that was read."""

import sys

from ..config.run_settings import RunSettings


def confirm_licence(settings: RunSettings) -> RunSettings:
    """The settings with the licence of their backend confirmed where someone at the terminal says so; as they are where nobody is asked."""
    if not settings.segment_with or sys.stdin is None or not sys.stdin.isatty():
        return settings
    from ..pipeline.backends import confirmed, unconfirmed_licence

    notice = unconfirmed_licence(settings)
    if not notice:
        return settings
    print(notice, file=sys.stderr)
    print("Have you read this, and does your use keep to it? (yes/no) ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline().strip().casefold()
    return confirmed(settings) if answer in ("yes", "y") else settings


def backends_summary() -> str:
    """The built-in backends: installed or not, licences, and each task with modality, voxel and number of structures."""
    from ..pipeline.backends import known_backends

    lines = []
    for backend in known_backends():
        where = f"installed ({backend['program']})" if backend["program"] else "not installed"
        lines.append(f"{backend['name']:<22} {backend['title']}: {where}")
        licences = backend["licences"]
        assert isinstance(licences, list)
        lines += [f"{'':<22} licence: {licence}" for licence in licences]
        if backend["takes_folder"]:
            lines.append(f"{'':<22} {backend['name']}:FOLDER, the folder of a trained model")
        tasks = backend["tasks"]
        assert isinstance(tasks, list)
        for task in tasks:
            voxel = task["voxel_mm"]
            size = "voxels not stated" if voxel is None else f"voxels of {' x '.join(f'{v:g}' for v in voxel)} mm"
            count = task["structures"]
            name = f"{backend['name']}:{task['name']}"
            lines.append(
                f"  {name:<44} {task['modality']}, {size}, {count} {'structure' if count == 1 else 'structures'}, {task['licence']}"
            )
    return "\n".join(lines)
