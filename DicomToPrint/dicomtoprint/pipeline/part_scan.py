"""The scan of a printed part, a surface or a CT of it, as a closed or open surface in mm."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.run_settings import RunSettings
from ..errors import DicomToPrintError, InputError, UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from .scan_loading import GateClosedError, is_volume_file, load_scan

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    from ..mesh.core import Mesh

SURFACE_SUFFIXES = (".stl", ".ply", ".obj", ".vtp", ".3mf")
_DEVIATION_MM, _TRIANGLES = 0.01, 1_000_000  # what making the surface of a CT simpler may move, and how large it may be


@dataclass(frozen=True)
class PartScan:
    """`mesh` in mm, facing outward; `notes` on what was assumed; `kind` is surface or ct."""

    mesh: "Mesh"
    notes: tuple[str, ...]
    kind: str


def read_part(
    path: Path,
    unit: str | None,
    model: "Mesh",
    series: str | None = None,
    progress: ProgressCallback = no_progress,
) -> PartScan:
    """The scan of the part that was printed of `model`, in mm. Raises `InputError`."""
    if not path.exists():
        raise InputError(
            _(
                "'{path}' does not exist: name a surface scan of the part ({surface_suffixes}) or a CT of it.",
                path=path.name,
                surface_suffixes=join(", ", SURFACE_SUFFIXES),
            )
        )
    if path.is_file() and path.suffix.lower() in SURFACE_SUFFIXES:
        return _read_surface(path, unit, progress)
    if path.is_file() and not is_volume_file(path) and not _is_dicom(path):
        raise InputError(
            _(
                "'{path}' is no scan that can be read: name a surface scan of the part ({surface_suffixes}), "
                "or a CT of it as DICOM files or NIfTI.",
                path=path.name,
                surface_suffixes=join(", ", SURFACE_SUFFIXES),
            )
        )
    if unit is not None:
        raise UsageError(_("A CT says itself how large it is: leave {--unit} out."))
    return _read_ct(path, model, series, progress)


def _is_dicom(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(132)[128:] == b"DICM"


def _read_surface(path: Path, unit: str | None, progress: ProgressCallback) -> PartScan:
    import numpy as np

    from ..io import read_mesh_file
    from ..mesh.core import Mesh, concatenate

    file = read_mesh_file(path, unit, progress)
    mesh = concatenate(list(file.meshes))
    notes: tuple[str, ...] = (
        ()
        if file.unit
        else (_("The scan states no unit: its numbers were taken as millimetres ({--unit} says another)."),)
    )
    part = Mesh(mesh.points.astype(np.float64), mesh.triangles, "part")
    if part.area <= 0.0:
        raise InputError(
            _("{path} has triangles without area only: export the scan again as a surface.", path=path.name)
        )
    if part.volume < 0.0:
        part = replace(part, triangles=part.triangles[:, ::-1])
        notes += (_("The triangles of the scan face inward and were turned."),)
    return PartScan(part, notes, "surface")


def _read_ct(path: Path, model: "Mesh", series: str | None, progress: ProgressCallback) -> PartScan:
    """The boundary of the plastic in a CT of the part, by the same reconstruction as that of anatomy."""
    import numpy as np

    from ..mesh.core import Mesh
    from ..reconstruction import reconstruct_surfaces
    from ..segmentation.plastic import segment_plastic

    try:
        settings = replace(RunSettings(), use="general", series=series)
        volume = load_scan(path, settings, subprogress(progress, 0.0, 0.4)).volume
        found = segment_plastic(volume, float(np.linalg.norm(np.ptp(model.points, axis=0))))
        progress(0.5, _("finding the surface of the part"))
        made = reconstruct_surfaces(
            found,
            max_deviation_mm=_DEVIATION_MM,
            max_triangles=_TRIANGLES,
            # Of infill only the outside is the model's; a model with a cavity of its own is held against it.
            max_cavity_mm3=1.0 if _has_cavity(model) else float("inf"),
            progress=subprogress(progress, 0.5, 1.0),
        )
    except (InputError, UsageError):
        raise
    except (DicomToPrintError, GateClosedError) as error:
        # A scan that is refused tells nothing of the part: exit 1 would say that the part failed.
        raise InputError(_("The CT of the part cannot be used: {error}", error=error)) from None
    mesh = made.meshes[0]
    return PartScan(Mesh(mesh.points.astype(np.float64), mesh.triangles, "part"), (*volume.notes, *found.notes), "ct")


def _has_cavity(model: "Mesh") -> bool:
    from ..mesh.components import component_volumes, label_components

    labels, count = label_components(model)
    return bool((component_volumes(model.points, model.triangles, labels, count) < 0.0).any())
