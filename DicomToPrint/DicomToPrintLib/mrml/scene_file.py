"""A Slicer scene of a finished run, written without the application too: `run --scene`."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import CannotWrite
from ..findings import Finding
from ..mesh import Mesh
from ..output import WrittenFile, sha256_of
from ..pipeline import RunResult, file_stem
from ..segmentation import Segmentation
from ..volume import Volume
from .findings_nodes import findings_table, json_node, places_markup
from .folder import job_folder, put
from .geometry import linear_transform
from .models import mesh_to_node, overlays, show_overlay
from .scene import private_scene
from .segmentations import segmentation_to_node
from .volumes import volume_to_node

TITLES = ("Rule", "Outcome", "Severity", "Measured", "Limit", "Where", "Message", "Remedy")
OVERLAY_TITLES = {"Deviation": "Deviation (mm)", "Wall": "Wall (mm)", "Provenance": "Provenance"}
PROVENANCE_NAMES = ("measured", "bridged", "cut", "added")


def write_scene(
    path: Path,
    *,
    volume: Volume | None,
    segmentation: Segmentation | None,
    meshes: Iterable[Mesh] = (),
    findings: Iterable[Finding] = (),
    texts: Mapping[str, Mapping[str, Any]] | None = None,
    turned: Sequence[np.ndarray | None] = (),
    job: str = "DicomToPrint",
) -> Path:
    """Write everything a run made as one scene bundle `path` (.mrb), LPS in the library, RAS in the scene as always
    in Slicer.

    `turned` are the transforms (4x4, LPS mm) that turned the meshes for the print: these stand under the way back, on
    their anatomy, and so do the places of findings on a single mesh. Where several are turned, places are left out.
    Written under a temporary name, read back and counted, then moved. Raises `CannotWrite` where that fails.
    """
    scene = private_scene()
    folder = job_folder(scene, job)
    volume_node = None
    if volume is not None:
        volume_node = volume_to_node(volume, scene, f"{job} scan")
        put(scene, folder, volume_node, "scan")
    if segmentation is not None:
        put(scene, folder, segmentation_to_node(segmentation, scene, f"{job} anatomy", volume_node), "anatomy")
    ways_back: list[Any] = []
    for index, mesh in enumerate(meshes):
        node = mesh_to_node(mesh, scene, mesh.name)
        shown = "Deviation" if "Deviation" in mesh.point_arrays else None
        show_overlay(node, overlays(OVERLAY_TITLES, PROVENANCE_NAMES)[shown] if shown else None)
        put(scene, folder, node, "model")
        moved = turned[index] if index < len(turned) else None
        if moved is not None:
            ways_back.append(linear_transform(np.linalg.inv(moved), scene, f"{mesh.name} from the print to the scan"))
            put(scene, folder, ways_back[-1], "way-back")
            node.SetAndObserveTransformNodeID(ways_back[-1].GetID())
    listed = tuple(findings)
    if listed:
        put(scene, folder, findings_table(listed, scene, f"{job} findings", TITLES), "findings")
        marks = places_markup(listed, scene, f"{job} places") if len(ways_back) < 2 else None
        if marks is not None:
            put(scene, folder, marks, "places")
            for way_back in ways_back:
                marks.SetAndObserveTransformNodeID(way_back.GetID())
    for name, content in (texts or {}).items():
        put(scene, folder, json_node(content, scene, name), "record")
    return save_bundle(scene, path)


def write_run_scene(result: RunResult) -> WrittenFile:
    """The scene of a finished run beside its files: named like them without the number of a part. Raises `CannotWrite`."""
    path = write_scene(
        result.folder / f"{file_stem(result.settings)}.mrb",
        volume=result.scan.volume,
        segmentation=result.segmentation,
        meshes=result.model.meshes,
        findings=result.readiness.findings,
        texts={"printability": result.readiness.as_json()},
        turned=result.moved,
    )
    return WrittenFile(path, "mrb", sha256_of(path), path.stat().st_size)


def save_bundle(scene: Any, path: Path) -> Path:
    """Write `scene` as a bundle, read it back in a scene of its own, and move it to its name. Raises `CannotWrite`."""
    path = path.absolute()  # the scene refuses to write where the path is not a full one
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    try:
        draft = folder / path.with_suffix(".mrb").name
        if not (
            scene.WriteToMRB(str(draft), None) and draft.is_file() and _counts(read_bundle(draft)) == _counts(scene)
        ):
            raise CannotWrite(
                f"The scene '{path.name}' did not read back as it was meant: free space and run it again."
            )
        return draft.replace(path.with_suffix(".mrb"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_bundle(path: Path) -> Any:
    """A private scene with the content of a bundle that this library wrote.

    Unpacked here, since Slicer's own bundle reader needs the application's cache folder.
    """
    scene = private_scene()
    folder = Path(tempfile.mkdtemp())
    try:
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(folder)
        files = sorted(folder.rglob("*.mrml"))
        if files:
            scene.SetURL(str(files[0]))
            scene.Import()
        return scene
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _counts(scene: Any) -> list[int]:
    kinds = ("vtkMRMLDisplayableNode", "vtkMRMLTableNode", "vtkMRMLTextNode")
    return [int(scene.GetNumberOfNodesByClass(kind)) for kind in kinds]
