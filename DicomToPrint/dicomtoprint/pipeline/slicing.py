"""Asking an installed slicer about the written files: never unless it is asked for by name."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..config import resources
from ..config.run_settings import RunSettings
from ..progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    from ..io import WrittenFile
    from ..printability import Readiness


def validate_slicer(settings: RunSettings) -> None:
    """Raises `UsageError` for a slicer that is not known or not for this process, `MissingDependencyError` for one that is not installed,
    before any long work."""
    from ..printability import load_process
    from ..slicing import find_program, load_slicer, slicer_job

    if settings.slice_with:
        profile = load_slicer(settings.slice_with)
        slicer_job(profile, load_process(settings.process).technology)
        find_program(profile)


def ask_slicer(
    readiness: "Readiness",
    files: "Sequence[WrittenFile]",
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
) -> "Readiness":
    """The readiness with printing time, material, layers and islands as the slicer of the settings tells them, and its refusal as a
    finding. Files are sliced one by one, in the format that the slicer reads best; as it is where no slicer is asked for."""
    from ..slicing import add_slicing, load_slicer, slice_files, slicer_job

    if not settings.slice_with:
        return readiness
    profile = load_slicer(settings.slice_with)
    job = slicer_job(profile, readiness.process.technology)
    chosen = next((name for name in profile.formats if any(file.format == name for file in files)), None)
    paths = [file.path for file in files if file.format == chosen]
    plan = resources.load_json_resource("plans", "plan")[0]
    offer = plan["processes"].get(readiness.process.technology, {})
    layer = plan["uses"].get(settings.use, plan["uses"]["general"])["layer"]
    width, depth, height = readiness.printer.build_mm
    values = {
        "layer_mm": offer.get("layer_mm", {}).get(layer) or readiness.process.limit("layer_mm") or 0.2,
        "density_g_cm3": offer.get("density_g_cm3", 1.0),
        "width_mm": width,
        "depth_mm": depth,
        "height_mm": height,
    }
    return add_slicing(readiness, slice_files(paths, profile, job, values, progress))
