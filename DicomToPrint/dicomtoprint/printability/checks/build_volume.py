"""Facts of the model in the printer: does it fit, turned how; what it needs to stand and to be carried."""

from collections.abc import Sequence

import numpy as np

from ...mesh.chordal_error import chordal_error
from ...mesh.core import Mesh
from ...mesh.surface_sampling import SurfaceSamples, triangles_of_samples
from ...progress import ProgressCallback, subprogress
from ...rules import MISSING, Fact
from ..build_volume_fit import find_fitting_rotation
from ..overhangs import analyse_overhangs
from ..process import Printer, PrintProcess
from ..scan_reference import ScanReference
from ..stable_pose import find_stable_pose
from .mesh import MOST_PLACES, describe_positions, round_sizes, subsample_positions
from .scale import size_words

FITS_SEPARATELY = "each on its own"
TOO_LARGE = "too large"


def fit_facts(meshes: Sequence[Mesh], printer: Printer, progress: ProgressCallback) -> dict[str, Fact]:
    """Whether the model fits as it stands, turned, its objects each on its own, or not at all; the rotation that fits the whole
    stands in the parameters."""
    room = np.array(printer.usable_mm)
    points = np.concatenate([mesh.points for mesh in meshes])
    extents = points.max(axis=0) - points.min(axis=0)
    found = find_fitting_rotation(points, room, subprogress(progress, 0.0, 0.5))
    if found is not None:
        value = "as it stands" if found.angle_deg == 0.0 else "turned"
    elif len(meshes) > 1 and all(
        find_fitting_rotation(mesh.points, room, subprogress(progress, 0.5, 1.0)) for mesh in meshes
    ):
        value = FITS_SEPARATELY
    else:
        value = TOO_LARGE
    parameters = {
        "size": size_words(extents),
        "room": " x ".join(f"{value:g}" for value in room),
        "rotation": found.words if found else "",
        "matrix": found.matrix.tolist() if found else None,
        "objects": len(meshes),
    }
    return {"fit": Fact("fit", value, parameters=parameters)}


def support_facts(
    mesh: Mesh,
    samples: SurfaceSamples,
    process: PrintProcess,
    reference: ScanReference | None,
    progress: ProgressCallback,
) -> dict[str, Fact]:
    """Overhangs, supports, bridges and the pose, as the model stands with z up; its detail beside that of layers and scan."""
    facts: dict[str, Fact] = {}
    angle = process.limit("overhang_deg")
    layer = process.limit("layer_mm") or 0.2
    if angle is not None and process.overhangs == "supports":
        found = analyse_overhangs(mesh, samples, angle, base_mm=1.5 * layer, progress=subprogress(progress, 0.0, 0.6))
        shown = found.patches[:MOST_PLACES]
        centres = np.array([patch.centre for patch in shown]).reshape(-1, 3)
        facts["overhang_mm2"] = Fact(
            "overhang_mm2",
            round(found.area, 2),
            where=describe_positions(centres),
            places=subsample_positions(centres),
            parameters={"angle": angle, "support": found.support_mm3 / 1000.0},
            area_mm2=round(found.area, 2) if shown else None,
            sizes=round_sizes(patch.area for patch in shown),
            marked=triangles_of_samples(mesh, samples, np.concatenate([patch.rows for patch in found.patches]))
            if shown
            else None,
        )
        at = np.zeros((0, 3)) if found.bridge_at is None else found.bridge_at[None]
        facts["bridge_mm"] = Fact(
            "bridge_mm",
            round(found.bridge_mm, 2),
            where=describe_positions(at),
            places=subsample_positions(at),
            area_mm2=None if found.bridge_at is None else round(found.bridge_mm2, 2),
        )
    progress(0.7, "looking for a stable pose")
    standing = find_stable_pose(mesh)
    rotation = standing.rotation
    facts["stands"] = Fact(
        "stands",
        standing.stands,
        parameters={
            "contact": standing.contact_mm2,
            "rotation": rotation.words if rotation else "no face found",
            "matrix": rotation.matrix.tolist() if rotation else None,
        },
    )
    progress(0.9, "measuring detail")
    error = chordal_error(mesh)
    voxel = reference.voxel_mm if reference is not None else None
    facts["facet_error_mm"] = Fact(
        "facet_error_mm",
        MISSING if error is None else round(error, 4),
        parameters={"layer": layer, "voxel": " x ".join(f"{step:.2f}" for step in voxel) if voxel else ""},
    )
    return facts
