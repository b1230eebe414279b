"""The pipeline's steps on MRML nodes: what `DicomToPrintLogic` offers to other modules and to scripts."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import pipeline
from ..errors import CannotRead, UsageError
from ..progress import Progress, silent
from ..settings import MESH_FORMATS, Settings
from . import database, models, results, segmentations, volumes

if TYPE_CHECKING:
    from ..printability import Readiness

JOB = "DicomToPrint"


def is_node(value: Any) -> bool:
    """True for an MRML node."""
    return hasattr(value, "IsA") and value.IsA("vtkMRMLNode")


def source_of(scan: Any, store: Any) -> Any:
    """A path, or the DICOM files behind a volume node or a ``dicomdb:UID``; None for a volume that has none.

    Raises `CannotRead` where the database has lost the files.
    """
    if is_node(scan):
        series = database.series_of_volume(store, scan)
        return database.series_files(store, series) if series is not None else database.folder_of_volume(scan)
    if str(scan).startswith(database.PREFIX):
        return database.series_files(store, str(scan)[len(database.PREFIX) :])
    return Path(str(scan))


class _Linked:
    """A source as one path: the files of a series stand as links in a folder while they are read."""

    def __init__(self, source: Any) -> None:
        self.source = source
        self.folder: Path | None = None

    def __enter__(self) -> Path:
        if isinstance(self.source, Path):
            return self.source
        self.folder = database.linked_folder(self.source)
        return self.folder

    def __exit__(self, *error: object) -> None:
        import shutil

        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


def phantom_series() -> str:
    """Series UID of the application's phantom."""
    from ..dicom import read_study

    (series,) = read_study(database.phantom_folder()).series
    return str(series.uid)


def load_phantom(scene: Any, progress: Progress = silent) -> Any:
    """Volume node of the application's phantom, read from its folder where there is no DICOM database to load it from."""
    from ..dicom import read_study, read_volume

    (series,) = read_study(database.phantom_folder()).series
    node = volumes.volume_to_node(read_volume(series, progress), scene, "DicomToPrintPhantom", series)
    node.SetAttribute(database.PHANTOM, "1")
    return node


def check(scan: Any, settings: Settings, store: Any = None, progress: Progress = silent) -> dict[str, Any]:
    """Acceptance of a volume node, a ``dicomdb:UID`` or a path, in the form of ``check --json``.

    Raises `CannotRead` for a volume that does not come from DICOM files: there are no headers to judge.
    """
    source = source_of(scan, store)
    if source is None:
        raise CannotRead(f"'{scan.GetName()}' does not come from DICOM files, so there are no headers to judge.")
    with _Linked(source) as path:
        return dict(pipeline.check(path, settings, progress).as_json(settings.identified))


def segment(scan: Any, settings: Settings, scene: Any, store: Any = None, progress: Progress = silent) -> Any:
    """Segmentation node of the anatomy. A scan with DICOM files passes the gate of the use first (`Refused`,
    `OpenQuestion`).
    """
    source = source_of(scan, store)
    if source is None:
        volume = volumes.volume_from_node(scan)
    else:
        try:
            with _Linked(source) as path:
                volume = pipeline.open_scan(path, settings, progress).volume
        except pipeline.GateShut as shut:
            raise shut.error from None
    found = pipeline.segment(volume, settings, progress)
    return results.show_anatomy(scene, JOB, "Anatomy to print", found, scan if is_node(scan) else None)


def make_surface(
    segmentation: Any, volume: Any, settings: Settings, scene: Any, progress: Progress = silent
) -> list[Any]:
    """Model nodes of the closed surfaces of a segmentation node, with the grey values of a volume node."""
    from ..segmentation import from_labels, load_anatomy

    grey = volumes.volume_from_node(volume)
    labels = segmentations.segmentation_from_node(segmentation, grey)
    ready = from_labels(labels, grey, load_anatomy(settings.anatomy))
    return results.show_meshes(scene, JOB, pipeline.make_surface(ready, settings, progress).meshes)


def _model(nodes: Sequence[Any]) -> Any:
    from ..surface import Model

    meshes = tuple(models.mesh_from_node(node) for node in nodes)
    return Model(meshes, tuple({} for _mesh in meshes))


def repair(nodes: Sequence[Any], settings: Settings, scene: Any, progress: Progress = silent) -> list[Any]:
    """Model nodes of the repaired surfaces."""
    return results.show_meshes(scene, JOB, pipeline.repair(_model(nodes), settings, progress).meshes)


def prepare(nodes: Sequence[Any], settings: Settings, scene: Any, progress: Progress = silent) -> list[Any]:
    """Model nodes of the prepared parts."""
    return results.show_meshes(scene, JOB, pipeline.prepare(_model(nodes), settings, progress).meshes, "print")


def export(
    nodes: Sequence[Any], folder: Path, stem: str, settings: Settings, progress: Progress = silent
) -> list[Path]:
    """Model nodes as files of the settings' mesh formats, each written, read back, then named; what carries the scan's
    study (dicom, seg) needs a whole run. Raises `UsageError` where no mesh format is among them.
    """
    from ..output import write_files

    formats = tuple(name for name in settings.formats if name in MESH_FORMATS)
    if not formats:
        raise UsageError(f"Models are exported as {', '.join(MESH_FORMATS)}: add one of these formats.")
    written = write_files(_model(nodes).meshes, Path(folder), stem, formats, progress=progress)
    return [Path(file.path) for file in written]


def inspect(model: Any, settings: Settings, progress: Progress = silent) -> "Readiness":
    """Verdict on a mesh file, or on model nodes as they would be written."""
    import tempfile

    if isinstance(model, (str, Path)):
        return pipeline.inspect(
            Path(model), process=settings.process, printer=settings.printer, progress=progress
        ).readiness
    nodes = [model] if is_node(model) else list(model)
    with tempfile.TemporaryDirectory() as folder:
        from dataclasses import replace

        path = export(nodes, Path(folder), "model", replace(settings, formats=("stl",)))[0]
        return pipeline.inspect(path, process=settings.process, printer=settings.printer, progress=progress).readiness


def run(scan: Any, folder: Path, settings: Settings, scene: Any, store: Any = None, progress: Progress = silent) -> Any:
    """The whole walk into `folder`, and its results into the scene; returns the pipeline's `RunResult`."""
    source = source_of(scan, store)
    if source is None:
        raise CannotRead(f"'{scan.GetName()}' does not come from DICOM files: save it as NRRD and run on that file.")
    from .scene_file import write_run_scene

    with _Linked(source) as path:
        result = pipeline.run(path, Path(folder), settings, progress, write_run_scene)
    volume = scan
    if not is_node(scan):
        volume = volumes.volume_to_node(result.scan.volume, scene, "Scan")
        results.forget(scene, JOB, "scan")
        results.place(scene, JOB, volume, "scan")
    results.show_anatomy(scene, JOB, "Anatomy to print", result.segmentation, volume)
    results.show_meshes(scene, JOB, result.model.meshes, "print")
    return result
