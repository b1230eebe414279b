"""The verdict on what was written, or on a mesh file of any program."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..config.formats import MESH_FORMATS, is_mesh_format, mesh_format
from ..config.run_settings import RunSettings
from ..errors import UsageError
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from .calibrated import add_calibration
from .mesh_repair import RepairedMeshes, repair_meshes, repair_options_for
from .output_folder import refuse_same_file
from .scaling import scale_of

if TYPE_CHECKING:  # heavy packages are imported in the stage that needs them
    import numpy as np

    from ..io import WrittenFile
    from ..mesh.core import Mesh
    from ..preparation import LabelResult
    from ..printability import LabelFrame, Readiness, ScanReference
    from ..reconstruction import SurfaceModel
    from ..repair import RepairOptions
    from ..segmentation import Segmentation


@dataclass(frozen=True)
class Inspection:
    """A mesh file with its verdict; `repair` is what a repair did (None: none asked), `repaired_file` where it went."""

    file: Path
    meshes: "tuple[Mesh, ...]"
    readiness: "Readiness"
    repair: "RepairedMeshes | None" = None
    repaired_file: "WrittenFile | None" = None
    not_written: tuple[str, ...] = ()

    @property
    def repaired(self) -> tuple[str, ...]:
        """What the repair did, in words, and what of the file is not in the repaired one; empty where none was asked for."""
        return (*self.repair.lines, *self.not_written) if self.repair is not None else ()

    def as_json(self) -> dict[str, Any]:
        """The readiness in the contract's form, with what a repair did under ``repair``."""
        content: dict[str, Any] = self.readiness.as_json()
        return content if self.repair is None else {**content, "repair": self.repair.as_json()}


def inspect_outputs(
    files: "Sequence[WrittenFile]",
    segmentation: "Segmentation | None",
    model: "SurfaceModel",
    settings: RunSettings,
    progress: ProgressCallback = no_progress,
    labels: "Sequence[LabelResult]" = (),
    moved: "Sequence[np.ndarray | None]" = (),
) -> "Readiness":
    """Verdict on what was written, read again, against the scan it came from; a given mesh has none (`segmentation` None).

    Several meshes are judged together where one file holds them all (3MF, OBJ); else each file is judged by itself, and of each
    rule the worst finding stands, with its part. `labels` and `moved` are what preparation did (`PreparedModel`).
    """
    from ..io import read_mesh_file
    from ..printability import ScanReference, load_printer, load_process, merge_readiness
    from ..printability import assess_file as judge_file

    machine = load_printer(settings.printer) if settings.printer else None
    process = load_process(settings.process)
    whole = [file for file in files if is_mesh_format(file.format) and mesh_format(file.format).keeps_objects]
    targets = (
        whole[:1] if whole and len(model.meshes) > 1 else [file for file in files if file.format == files[0].format]
    )
    judged = []
    for index, file in enumerate(targets):
        step = subprogress(progress, index / len(targets), (index + 1) / len(targets))
        chosen = range(len(model.meshes)) if len(targets) == 1 else [index]
        turned = [moved[at] for at in chosen if at < len(moved) and moved[at] is not None]
        # Parts that were turned each on its own have no common place to compare with.
        source: Literal["scan", "mesh"] = "mesh" if segmentation is None else "scan"
        reference = ScanReference(is_turned=True, source=source, scale=scale_of(settings))
        if len(turned) < 2 or not settings.orient:  # scale and mirror are the same for all
            moved_once = turned[0] if turned else None
            put_on = labels_on(labels, model.meshes, moved, chosen)
            reference = replace(
                _mesh_reference(settings, put_on, moved_once)
                if segmentation is None
                else _reference(segmentation, settings, chosen, put_on, moved_once),
                source=source,
            )
        judged.append(judge_file(read_mesh_file(file.path), process, machine, reference=reference, progress=step))
    return merge_readiness(judged, [mesh.name for mesh in model.meshes])


def labels_on(
    labels: "Sequence[LabelResult]",
    meshes: "Sequence[Mesh]",
    moved: "Sequence[np.ndarray | None]",
    chosen: Sequence[int],
) -> "list[LabelResult]":
    """The labels that stand on the `chosen` meshes: each on the mesh that comes nearest to its middle. `moved` as in `PreparedModel`."""
    import numpy as np

    own = []
    for label in labels:
        away = []
        for index, mesh in enumerate(meshes):
            transform = moved[index] if index < len(moved) else None
            at = np.append(label.origin, 1.0)
            place = at[:3] if transform is None else (transform @ at)[:3]
            away.append(float(np.linalg.norm(mesh.points - place, axis=1).min()))
        if int(np.argmin(away)) in chosen:
            own.append(label)
    return own


def _reference(
    segmentation: "Segmentation",
    settings: RunSettings,
    chosen: Sequence[int],
    labels: "Sequence[LabelResult]",
    moved: "np.ndarray | None",
) -> "ScanReference":
    """What the scan knows of the chosen segments: where they lie, their voxels, and what preparation put on them.

    Where material was taken out or the model was cut on purpose, the voxels are left out: the file cannot equal them.
    """
    import numpy as np

    from ..volume import Volume

    grid = Volume(segmentation.labels, segmentation.affine)
    shape = segmentation.labels.shape
    corners = grid.to_lps(
        np.array(
            [[i, j, k] for i in (-0.5, shape[2] - 0.5) for j in (-0.5, shape[1] - 0.5) for k in (-0.5, shape[0] - 0.5)]
        )
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    bounds = (float(low[0]), float(high[0]), float(low[1]), float(high[1]), float(low[2]), float(high[2]))
    numbers = [segment.label for segment in segmentation.segments]
    mask, structure = None, 0.0
    if not (settings.cuts or settings.oblique_cuts or settings.split):
        inside = np.isin(segmentation.labels, [numbers[index] for index in chosen if index < len(numbers)])
        structure = _longest_side(inside, grid)
        mask = None if settings.hollow or settings.shell or settings.wrap else inside
    return replace(
        _mesh_reference(settings, labels, moved),
        bounds=bounds,
        mask=mask,
        affine=segmentation.affine,
        voxel_mm=grid.spacing,
        structure_mm=structure,
        raised=None if mask is None else _raised(segmentation),
        **_label_figures(segmentation, [numbers[index] for index in chosen if index < len(numbers)]),
    )


def _label_figures(segmentation: "Segmentation", numbers: Sequence[int]) -> dict[str, Any]:
    """What the segmentation tells of the labels `numbers`, as fields of `ScanReference`; what was not measured is left out."""
    figures, chosen = segmentation.figures, [s for s in segmentation.segments if s.label in numbers]
    names = {segment.name for segment in chosen}
    told: dict[str, Any] = {}
    for field, figure in (("filled_opening_mm2", "disagreement_mm2"), ("cut_by_scan_mm2", "cut_by_scan_mm2")):
        areas = figures.get(figure)
        if isinstance(areas, dict):
            told[field] = {name: area for name, area in areas.items() if name in names}
    voxel, backend = figures.get("label_voxel_mm"), figures.get("backend")
    if isinstance(voxel, float):
        model = (backend.get("voxel_mm") if isinstance(backend, dict) else None) or ()
        told["label_voxel_mm"] = max(voxel, *model) if model else voxel
        told["label_only"] = tuple(s.name for s in chosen if s.boundary is None)
    return told


def _mesh_reference(
    settings: RunSettings, labels: "Sequence[LabelResult]", moved: "np.ndarray | None"
) -> "ScanReference":
    """What preparation put on the model and how it turned it, which is known without a scan too."""
    from ..printability import ScanReference

    asked = {
        _("thicken"): settings.thicken,
        _("shell"): settings.shell,
        _("struts"): settings.struts,
        _("base"): settings.base,
        _("label"): settings.label or settings.scale_bar,
    }
    return ScanReference(
        labels=_label_frames(labels),
        moved=moved,
        intended=tuple(name for name, value in asked.items() if value),
        is_turned=settings.orient and moved is not None,
        scale=scale_of(settings),
    )


def _label_frames(labels: "Sequence[LabelResult]") -> "tuple[LabelFrame, ...]":
    """Where preparation put texts, as the judgement takes them."""
    from ..printability import LabelFrame

    return tuple(
        LabelFrame(
            done.text,
            done.origin,
            done.right,
            done.up,
            done.outward,
            done.width,
            done.height,
            done.depth,
            done.uneven_mm,
            done.is_text,
        )
        for done in labels
    )


def _longest_side(mask: "np.ndarray", grid: Any) -> float:
    """Longest side in mm, along L, P, S, of the box around voxels (k, j, i) bool; 0 where there are none."""
    import numpy as np

    if not mask.any():
        return 0.0
    ends = []
    for axis in range(3):
        rows = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        ends.append((rows[0] - 0.5, rows[-1] + 0.5))
    corners = grid.to_lps(np.array([[i, j, k] for i in ends[2] for j in ends[1] for k in ends[0]]))
    return float(np.ptp(corners, axis=0).max())


def _raised(segmentation: "Segmentation") -> "np.ndarray | None":
    """(k, j, i) bool: voxels that were raised to say where a thin wall is; None where none was."""
    from ..mesh.core import Provenance

    if segmentation.provenance is None:
        return None
    raised = segmentation.provenance == Provenance.MODELLED
    return raised if raised.any() else None


def inspect_file(
    path: Path,
    *,
    process: str = "fdm",
    printer: str | None = None,
    unit: str | None = None,
    repair_to: Path | None = None,
    overwrite: bool = False,
    repair_options: "RepairOptions | None" = None,
    progress: ProgressCallback = no_progress,
) -> Inspection:
    """Verdict on a mesh file of any program; with `repair_to`, the repaired mesh is written there and judged instead.

    Unless `repair_options` state it, a repair may lose nothing larger than the process's smallest feature. Raises `InputError` for
    what is no mesh, `UsageError` for unknown names, and where the repaired mesh would take the place of the one given and not
    `overwrite`, `RefusedError` where the repair would lose more than it may.
    """
    from ..io import read_mesh_file
    from ..printability import assess_file as judge_file
    from ..printability import load_printer, load_process

    limits = load_process(process)
    machine = load_printer(printer) if printer else None
    if repair_to is not None:
        refuse_same_file(repair_to, [path], overwrite)
    file = read_mesh_file(path, unit)
    repaired = written = None
    left_out: tuple[str, ...] = ()
    if repair_to is not None:
        options = repair_options_for(limits, repair_options)
        repaired = repair_meshes(file.meshes, options, subprogress(progress, 0.0, 0.4))
        left_out = _not_written(file, repair_to)
        written = _write_one(repaired.meshes, repair_to, "LPS" if file.space else None)
        file = read_mesh_file(repair_to)
        progress = subprogress(progress, 0.4, 1.0)
    readiness = add_calibration(judge_file(file, limits, machine, progress=progress))
    return Inspection(path, tuple(file.meshes), readiness, repaired, written, left_out)


def _not_written(file: Any, target: Path) -> tuple[str, ...]:
    """What of the file the repaired one has not: objects that are not printed, what is no triangle, colours."""
    lost = [
        _(
            "'{item}' ({kind}) is not written: {consequence}.",
            item=item.name,
            kind=item.kind,
            consequence=item.consequence,
        )
        for item in file.left_out
    ]
    lost += [_("{kind} is not written: it is no triangle.", kind=kind) for kind in file.unjudged]
    colored = [mesh for mesh in file.meshes if mesh.materials]
    if colored and not mesh_format(target.suffix[1:].lower()).keeps_materials:
        lost.append(_("Colours and materials are kept in 3MF only, not in {suffix}.", suffix=target.suffix[1:].upper()))
    return (*lost, *file.notes)


def _write_one(meshes: "Sequence[Mesh]", target: Path, space: str | None) -> "WrittenFile":
    from ..io import export_meshes

    name = target.suffix[1:].lower()
    if not is_mesh_format(name):
        raise UsageError(
            _(
                "{--repair} writes {mesh_formats}, not '{suffix}': choose a file name with one of these endings.",
                mesh_formats=join(", ", MESH_FORMATS),
                suffix=target.suffix,
            )
        )
    files = export_meshes(meshes, target.parent, target.stem, (name,), space=space)
    return next(file for file in files if file.format == name)
