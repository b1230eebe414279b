"""The pipeline's steps on MRML nodes: what `DicomToPrintLogic` offers to other modules and to scripts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomtoprint import pipeline
from dicomtoprint.config.formats import MESH_FORMATS, is_mesh_format
from dicomtoprint.config.run_settings import RunSettings
from dicomtoprint.errors import InputError, UsageError
from dicomtoprint.messages import _, join
from dicomtoprint.progress import ProgressCallback, no_progress

from . import dicom_database, models, segmentations, step_nodes, views, volumes

if TYPE_CHECKING:
    from dicomtoprint.printability import Readiness

RUN_NAME = "DicomToPrint"


def is_node(value: Any) -> bool:
    """True for an MRML node."""
    return hasattr(value, "IsA") and value.IsA("vtkMRMLNode")


def resolve_source(scan: Any, store: Any) -> Any:
    """A path, or the DICOM files behind a volume node or a ``dicomdb:UID``; None for a volume that has none.

    Raises `InputError` where the database has lost the files.
    """
    if is_node(scan):
        series = dicom_database.series_of_volume(store, scan)
        return (
            dicom_database.series_files(store, series) if series is not None else dicom_database.folder_of_volume(scan)
        )
    if str(scan).startswith(dicom_database.URI_PREFIX):
        return dicom_database.series_files(store, str(scan)[len(dicom_database.URI_PREFIX) :])
    return Path(str(scan))


class _Linked:
    """A source as one path: the files of a series stand as links in a folder while they are read."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.folder: Path | None = None

    def __enter__(self) -> Path:
        if isinstance(self.source, Path):
            return self.source
        self.folder = dicom_database.link_files(self.source)
        return self.folder

    def __exit__(self, *error: object) -> None:
        import shutil

        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def phantom_series() -> str:
    """Series UID of the application's phantom."""
    from dicomtoprint.dicom import read_study

    (series,) = read_study(dicom_database.phantom_folder()).series
    return str(series.uid)


def load_phantom(scene: Any, progress: ProgressCallback = no_progress) -> Any:
    """Volume node of the application's phantom, read from its folder where there is no DICOM database to load it from."""
    from dicomtoprint.dicom import read_study, read_volume

    (series,) = read_study(dicom_database.phantom_folder()).series
    node = volumes.volume_to_node(read_volume(series, progress), scene, "DicomToPrintPhantom", series)
    node.SetAttribute(dicom_database.PHANTOM, "1")
    views.show_volume(node)
    return node


def check(
    scan: Any, settings: RunSettings, store: Any = None, progress: ProgressCallback = no_progress
) -> dict[str, Any]:
    """Acceptance of a volume node, a ``dicomdb:UID`` or a path, in the form of ``check --json``.

    Raises `InputError` for a volume that does not come from DICOM files: there are no headers to judge.
    """
    source = resolve_source(scan, store)
    if source is None:
        raise InputError(
            _("'{getname}' does not come from DICOM files, so there are no headers to judge.", getname=scan.GetName())
        )
    with _Linked(source) as path:
        return dict(pipeline.check_scan(path, settings, progress).as_json(settings.include_identifiers))


def segment(
    scan: Any, settings: RunSettings, scene: Any, store: Any = None, progress: ProgressCallback = no_progress
) -> Any:
    """Segmentation node of the anatomy. A scan with DICOM files passes the gate of the use first (`RefusedError`,
    `UnansweredQuestionError`).
    """
    source = resolve_source(scan, store)
    if source is None:
        volume = volumes.volume_from_node(scan)
    else:
        try:
            with _Linked(source) as path:
                volume = pipeline.load_scan(path, settings, progress).volume
        except pipeline.GateClosedError as shut:
            raise shut.error from None
    found = pipeline.segment(volume, settings, progress)
    return step_nodes.show_anatomy(scene, RUN_NAME, "Anatomy to print", found, scan if is_node(scan) else None)


def make_surface(
    segmentation: Any, volume: Any, settings: RunSettings, scene: Any, progress: ProgressCallback = no_progress
) -> list[Any]:
    """Model nodes of the closed surfaces of a segmentation node, with the grey values of a volume node."""
    from dicomtoprint.segmentation import load_anatomy, refine_labelmap

    grey = volumes.volume_from_node(volume)
    labels = segmentations.segmentation_from_node(segmentation, grey)
    ready = refine_labelmap(labels, grey, load_anatomy(settings.anatomy))
    return step_nodes.show_meshes(scene, RUN_NAME, pipeline.make_surface(ready, settings, progress).meshes)


def _model(nodes: Sequence[Any]) -> Any:
    from dicomtoprint.reconstruction import SurfaceModel

    meshes = tuple(models.mesh_from_node(node) for node in nodes)
    return SurfaceModel(meshes, tuple({} for _mesh in meshes))


def repair(
    nodes: Sequence[Any], settings: RunSettings, scene: Any, progress: ProgressCallback = no_progress
) -> list[Any]:
    """Model nodes of the repaired surfaces."""
    return step_nodes.show_meshes(scene, RUN_NAME, pipeline.repair(_model(nodes), settings, progress).meshes)


def prepare(
    nodes: Sequence[Any], settings: RunSettings, scene: Any, progress: ProgressCallback = no_progress
) -> list[Any]:
    """Model nodes of the prepared parts."""
    return step_nodes.show_meshes(
        scene, RUN_NAME, pipeline.prepare(_model(nodes), settings, progress).model.meshes, "print"
    )


def export(
    nodes: Sequence[Any], folder: Path, stem: str, settings: RunSettings, progress: ProgressCallback = no_progress
) -> list[Path]:
    """Model nodes as files of the settings' mesh formats, each written, read back, then named; what carries the scan's
    study (dicom, seg) needs a whole run. Raises `UsageError` where no mesh format is among them.
    """
    from dicomtoprint.io import export_meshes

    formats = tuple(name for name in settings.formats if is_mesh_format(name))
    if not formats:
        raise UsageError(
            _("Models are exported as {mesh_formats}: add one of these formats.", mesh_formats=join(", ", MESH_FORMATS))
        )
    written = export_meshes(_model(nodes).meshes, Path(folder), stem, formats, progress=progress)
    return [Path(file.path) for file in written]


def inspect(model: Any, settings: RunSettings, progress: ProgressCallback = no_progress) -> "Readiness":
    """Verdict on a mesh file, or on model nodes as they would be written."""
    import tempfile

    if isinstance(model, (str, Path)):
        return pipeline.inspect_file(
            Path(model), process=settings.process, printer=settings.printer, progress=progress
        ).readiness
    nodes = [model] if is_node(model) else list(model)
    with tempfile.TemporaryDirectory() as folder:
        from dataclasses import replace

        path = export(nodes, Path(folder), "model", replace(settings, formats=("stl",)))[0]
        return pipeline.inspect_file(
            path, process=settings.process, printer=settings.printer, progress=progress
        ).readiness


def run(
    scan: Any,
    folder: Path,
    settings: RunSettings,
    scene: Any,
    store: Any = None,
    progress: ProgressCallback = no_progress,
) -> Any:
    """A whole run into `folder`, and its results into the scene; returns the pipeline's `RunResult`."""
    source = resolve_source(scan, store)
    if source is None:
        raise InputError(
            _(
                "'{getname}' does not come from DICOM files: save it as NRRD and run on that file.",
                getname=scan.GetName(),
            )
        )
    from .mrb import write_run_scene

    with _Linked(source) as path:
        result = pipeline.run(path, Path(folder), settings, progress, write_run_scene)
    volume = scan
    if not is_node(scan):
        volume = volumes.volume_to_node(result.scan.volume, scene, "Scan")
        step_nodes.remove_step_nodes(scene, RUN_NAME, "scan")
        step_nodes.add_to_run_folder(scene, RUN_NAME, volume, "scan")
    step_nodes.show_anatomy(scene, RUN_NAME, "Anatomy to print", result.segmentation, volume)
    step_nodes.show_meshes(scene, RUN_NAME, result.model.meshes, "print")
    return result
