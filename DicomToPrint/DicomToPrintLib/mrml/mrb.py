"""A Slicer scene of a finished run, written without the application too: `run --scene`."""

import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dicomtoprint.errors import OutputError
from dicomtoprint.io import WrittenFile, sha256_of
from dicomtoprint.mesh.core import Mesh
from dicomtoprint.messages import _
from dicomtoprint.pipeline import RunResult, file_stem
from dicomtoprint.rules import Finding
from dicomtoprint.segmentation import Segmentation
from dicomtoprint.volume import Volume

from .findings_nodes import findings_markups, findings_table, json_node
from .matrices import linear_transform
from .models import default_overlays, mesh_to_node, show_in_slices, show_overlay
from .scene import new_scene
from .segmentations import segmentation_to_node
from .subject_hierarchy import add_node, run_folder
from .volumes import volume_to_node

TITLES = ("Rule", "Outcome", "Severity", "Measured", "Limit", "Where", "Message", "Remedy")
OVERLAY_TITLES = {"Deviation": "Deviation (mm)", "Wall": "Wall (mm)", "Provenance": "Provenance"}
MARKUPS = "vtkMRMLMarkupsNode"
PROVENANCE_NAMES = ("measured", "bridged", "cut", "added", "modelled")


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
    Written under a temporary name, read back and counted, then moved. Raises `OutputError` where that fails.
    """
    scene = new_scene()
    folder = run_folder(scene, job)
    volume_node = None
    if volume is not None:
        volume_node = volume_to_node(volume, scene, f"{job} scan")
        add_node(scene, folder, volume_node, "scan")
    if segmentation is not None:
        add_node(scene, folder, segmentation_to_node(segmentation, scene, f"{job} anatomy", volume_node), "anatomy")
    ways_back: list[Any] = []
    for index, mesh in enumerate(meshes):
        node = mesh_to_node(mesh, scene, mesh.name)
        show_in_slices([node])
        shown = "Deviation" if "Deviation" in mesh.point_arrays else None
        show_overlay(node, default_overlays(OVERLAY_TITLES, PROVENANCE_NAMES)[shown] if shown else None)
        add_node(scene, folder, node, "model")
        moved = turned[index] if index < len(turned) else None
        if moved is not None:
            ways_back.append(linear_transform(np.linalg.inv(moved), scene, f"{mesh.name} from the print to the scan"))
            add_node(scene, folder, ways_back[-1], "way-back")
            node.SetAndObserveTransformNodeID(ways_back[-1].GetID())
    listed = tuple(findings)
    if listed:
        add_node(scene, folder, findings_table(listed, scene, f"{job} findings", TITLES), "findings")
        marks = findings_markups(listed, scene, f"{job} places") if len(ways_back) < 2 else None
        if marks is not None:
            add_node(scene, folder, marks, "places")
            for way_back in ways_back:
                marks.SetAndObserveTransformNodeID(way_back.GetID())
    for name, content in (texts or {}).items():
        add_node(scene, folder, json_node(content, scene, name), "record")
    return write_mrb(scene, path)


def write_run_scene(result: RunResult) -> WrittenFile:
    """The scene of a finished run beside its files: named like them without the number of a part. Raises `OutputError`."""
    path = write_scene(
        result.folder / f"{file_stem(result.settings)}.mrb",
        volume=result.scan.volume,
        segmentation=result.segmentation,
        meshes=result.model.meshes,
        findings=result.readiness.findings,
        texts={"printability": result.readiness.as_json()},
        turned=result.print_transforms,
    )
    return WrittenFile(path, "mrb", sha256_of(path), path.stat().st_size)


def write_mrb(scene: Any, path: Path) -> Path:
    """Write `scene` as a bundle, read it back in a scene of its own, and move it to its name. Raises `OutputError`."""
    path = path.absolute()  # the scene refuses to write where the path is not a full one
    folder = Path(tempfile.mkdtemp(dir=path.parent))
    try:
        draft = folder / path.with_suffix(".mrb").name
        if not (scene.WriteToMRB(str(draft), None) and draft.is_file() and _counts(read_mrb(draft)) == _counts(scene)):
            raise OutputError(
                _("The scene '{path}' did not read back as it was meant: free space and run it again.", path=path.name)
            )
        return draft.replace(path.with_suffix(".mrb"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def read_mrb(path: Path) -> Any:
    """A private scene with the content of a bundle that this library wrote.

    Unpacked here, since Slicer's own bundle reader needs the application's cache folder.
    """
    scene = new_scene()
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
    """What a scene holds: nodes of each kind, and the points of all its markups."""
    kinds = ("vtkMRMLDisplayableNode", "vtkMRMLTableNode", "vtkMRMLTextNode")
    markups = [scene.GetNthNodeByClass(n, MARKUPS) for n in range(scene.GetNumberOfNodesByClass(MARKUPS))]
    points = sum(int(node.GetNumberOfControlPoints()) for node in markups)
    return [*(int(scene.GetNumberOfNodesByClass(kind)) for kind in kinds), points]
