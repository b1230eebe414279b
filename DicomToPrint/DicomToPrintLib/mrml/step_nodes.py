"""The result of each step in the scene: in the job's folder, in place of what the same step left before."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dicomtoprint.mesh.core import Mesh
from dicomtoprint.rules import Finding

from .findings_nodes import findings_markups, findings_table, json_node
from .models import (
    ScalarOverlay,
    hide_legend,
    mesh_from_node,
    mesh_to_node,
    show_in_slices,
    show_instead,
    show_overlay,
)
from .segmentations import segmentation_to_node
from .subject_hierarchy import add_node, existing_run_folder, nodes_with_role, remove_role, run_folder

if TYPE_CHECKING:  # the panel opens without the packages that compute
    from dicomtoprint.reconstruction import SurfaceModel
    from dicomtoprint.segmentation import Segmentation


def show_findings(
    scene: Any,
    job: str,
    role: str,
    name: str,
    findings: Sequence[Finding],
    content: Mapping[str, Any],
    titles: Sequence[str],
    with_places: bool,
) -> Any:
    """Table of findings and the step's JSON, and markups at the places where they are points in LPS mm. Returns the
    table node.
    """
    folder = run_folder(scene, job)
    remove_role(scene, folder, role)
    table = findings_table(findings, scene, name, titles)
    add_node(scene, folder, table, role)
    add_node(scene, folder, json_node(content, scene, f"{name} (JSON)"), role)
    marks = findings_markups(findings, scene, f"{name} (places)") if with_places else None
    if marks is not None:
        marks.GetDisplayNode().SetVisibility(False)
        add_node(scene, folder, marks, role)
    return table


def show_anatomy(scene: Any, job: str, name: str, segmentation: "Segmentation", volume_node: Any) -> Any:
    """The segmentation node of the anatomy."""
    folder = run_folder(scene, job)
    remove_role(scene, folder, "anatomy")
    node = segmentation_to_node(segmentation, scene, name, volume_node)
    add_node(scene, folder, node, "anatomy")
    return node


def show_meshes(
    scene: Any, job: str, meshes: Sequence[Mesh], role: str = "model", overlay: ScalarOverlay | None = None
) -> list[Any]:
    """Model nodes of the meshes in 3D and in the slices, coloured by `overlay` where they carry it."""
    made = add_meshes(scene, job, meshes, role, overlay)
    show_in_slices(made)
    return made


def add_meshes(
    scene: Any, job: str, meshes: Sequence[Mesh], role: str, overlay: ScalarOverlay | None = None
) -> list[Any]:
    """As `show_meshes`, in 3D alone: a caller who must not be held up shows them in the slices later."""
    folder = run_folder(scene, job)
    remove_role(scene, folder, role)
    made = []
    for index, mesh in enumerate(meshes):
        node = mesh_to_node(mesh, scene, mesh.name)
        show_overlay(node, overlay, with_legend=index == 0)
        add_node(scene, folder, node, role)
        made.append(node)
    return made


def nodes_of_step(scene: Any, job: str, role: str) -> list[Any]:
    """Nodes that a step has left in the job's folder."""
    folder = existing_run_folder(scene, job)
    return nodes_with_role(scene, folder, role) if folder else []


def show_review(scene: Any, job: str, path: Path, overlay: ScalarOverlay) -> None:
    """The model of a file, coloured by how far the printed part lies from it, in place of the other models."""
    from dicomtoprint.io.mesh import read_meshes

    nodes = show_meshes(scene, job, read_meshes(path, "mm"), "review")
    turn_to(scene, job, "review")
    for index, node in enumerate(nodes):
        show_overlay(node, overlay, with_legend=index == 0)


def turn_to(scene: Any, job: str, role: str) -> None:
    """Show the models of one step alone, where it has some; no step's marks, and no legend."""
    nodes = {name: nodes_of_step(scene, job, name) for name in ("model", "print", "review")}
    made = {name: [node for node in found if node.IsA("vtkMRMLModelNode")] for name, found in nodes.items()}
    shown = made.get(role, [])
    others = [node for name, found in made.items() for node in found if name != role]
    if shown:
        show_instead(shown, others)
    else:
        for node in others:
            hide_legend(node)
    for node in nodes_of_step(scene, job, "print-findings"):
        if node.IsA("vtkMRMLMarkupsNode") and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility(False)


def restore_model(scene: Any, job: str) -> "SurfaceModel | None":
    """The model that step 3 left in the scene, with the figures that its arrays hold; None where there is none."""
    from dicomtoprint.imaging.surface_deviation import vertex_areas, weighted_distance_stats
    from dicomtoprint.reconstruction import SurfaceModel

    meshes = [mesh_from_node(node) for node in nodes_of_step(scene, job, "model") if node.IsA("vtkMRMLModelNode")]
    if not meshes or any("Deviation" not in mesh.point_arrays for mesh in meshes):
        return None
    figures = tuple(
        {
            **weighted_distance_stats(mesh.point_arrays["Deviation"], vertex_areas(mesh)),
            "triangles": len(mesh.triangles),
            "volume_mm3": mesh.volume,
        }
        for mesh in meshes
    )
    return SurfaceModel(tuple(meshes), figures)


def remove_step_nodes(scene: Any, job: str, *roles: str) -> None:
    """Take the results of steps out of the scene."""
    folder = existing_run_folder(scene, job)
    for role in roles if folder else ():
        remove_role(scene, folder, role)


def add_to_run_folder(scene: Any, job: str, node: Any, role: str) -> None:
    """Put a node of the caller's into the job's folder."""
    add_node(scene, run_folder(scene, job), node, role)
