"""Facts of the model in the printer: does it fit, turned how; what it needs to stand and to be carried."""

from collections.abc import Sequence

import numpy as np

from ...io import MeshFile
from ...mesh.chordal_error import chordal_error
from ...mesh.core import Mesh, concatenate
from ...mesh.footing import find_footing
from ...mesh.surface_sampling import SurfaceSamples, triangles_of_samples
from ...messages import _, join
from ...progress import ProgressCallback, subprogress
from ...rules import MISSING, Fact
from ..build_volume_fit import Rotation, find_fitting_rotation
from ..overhangs import analyse_overhangs
from ..process import Printer, PrintProcess
from ..scan_reference import ScanReference
from ..stable_pose import find_stable_pose
from .mesh import MOST_PLACES, describe_positions, round_sizes, subsample_positions
from .scale import size_words

FITS_SEPARATELY = _("each on its own")
TOO_LARGE = _("too large")


def fit_facts(meshes: Sequence[Mesh], printer: Printer, progress: ProgressCallback) -> dict[str, Fact]:
    """Whether the model fits as it stands, turned, its objects each on its own, or not at all; the rotation that fits the whole, or
    those that fit each object, stand in the parameters."""
    room = np.array(printer.usable_mm)
    points = np.concatenate([mesh.points for mesh in meshes])
    extents = points.max(axis=0) - points.min(axis=0)
    found = find_fitting_rotation(points, room, subprogress(progress, 0.0, 0.5))
    each: list[Rotation] = []
    value = TOO_LARGE
    if found is not None:
        value = _("as it stands") if found.angle_deg == 0.0 else _("turned")
    elif len(meshes) > 1:
        for mesh in meshes:
            alone = find_fitting_rotation(mesh.points, room, subprogress(progress, 0.5, 1.0))
            if alone is None:
                break
            each.append(alone)
        else:
            value = FITS_SEPARATELY
    parameters = {
        "size": size_words(extents),
        "room": join(" x ", (_("{value:g}", value=value) for value in room)),
        "rotation": found.words if found else "",
        "matrix": found.matrix.tolist() if found else None,
        "objects": len(meshes),
        "matrices": [one.matrix.tolist() for one in each] if value == FITS_SEPARATELY else None,
        "turned": [
            (mesh.name, one.words)
            for mesh, one in zip(meshes, each)
            if one.angle_deg > 0.0 and value == FITS_SEPARATELY
        ],
    }
    return {"fit": Fact("fit", value, parameters=parameters)}


def footing_facts(file: MeshFile, fit: Fact, process: PrintProcess) -> dict[str, Fact]:
    """How long a line the first layer holds of the object that touches the plate with least, in the pose in which it fits;
    nothing where the process lays no lines: resin hangs on supports, powder carries."""
    line, layer = process.limit("first_line_mm"), process.limit("first_layer_mm")
    if line is None or layer is None:
        return {}
    upwards = [np.array([0.0, 0.0, 1.0])] * len(file.meshes)
    if fit.value == "turned":
        upwards = [np.array(fit.parameters["matrix"])[2]] * len(file.meshes)
    alone = fit.value == FITS_SEPARATELY
    if alone:
        upwards = list(np.array(fit.parameters["matrices"])[:, 2])
    items = np.arange(len(file.meshes)) if alone else np.array(file.items or [0] * len(file.meshes))
    found = []
    for number in np.unique(items):
        rows = np.flatnonzero(items == number)
        whole = concatenate([file.meshes[row] for row in rows])
        # A slicing program takes its section in the middle of the layer.
        found.append((find_footing(whole, layer / 2.0, line, upwards[rows[0]]), file.meshes[rows[0]].name))
    least, name = min(found, key=lambda item: item[0].length)
    place = least.place[None]
    return {
        "footing_mm": Fact(
            "footing_mm",
            round(least.length, 3),
            where=describe_positions(place),
            places=subsample_positions(place),
            parameters={"object": name if len(found) > 1 else "", "layer": layer, "line": line},
        )
    }


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
    progress(0.7, _("looking for a stable pose"))
    standing = find_stable_pose(mesh)
    rotation = standing.rotation
    facts["stands"] = Fact(
        "stands",
        standing.stands,
        parameters={
            "contact": standing.contact_mm2,
            "rotation": rotation.words if rotation else _("no face found"),
            "matrix": rotation.matrix.tolist() if rotation else None,
        },
    )
    progress(0.9, _("measuring detail"))
    error = chordal_error(mesh)
    voxel = reference.voxel_mm if reference is not None else None
    facts["facet_error_mm"] = Fact(
        "facet_error_mm",
        MISSING if error is None else round(error, 4),
        parameters={
            "layer": layer,
            "voxel": join(" x ", (_("{step:.2f}", step=step) for step in voxel)) if voxel else "",
        },
    )
    return facts
