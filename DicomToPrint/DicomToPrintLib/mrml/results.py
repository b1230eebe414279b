"""The result of each step in the scene: in the job's folder, in place of what the same step left before."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..findings import Finding
from ..mesh import Mesh
from .findings_nodes import findings_table, json_node, places_markup
from .folder import job_folder, nodes, put, remove
from .models import Overlay, mesh_from_node, mesh_to_node, show_overlay
from .segmentations import segmentation_to_node

if TYPE_CHECKING:  # the panel opens without the rooms that compute
    from ..segmentation import Segmentation
    from ..surface import Model


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
    folder = job_folder(scene, job)
    remove(scene, folder, role)
    table = findings_table(findings, scene, name, titles)
    put(scene, folder, table, role)
    put(scene, folder, json_node(content, scene, f"{name} (JSON)"), role)
    marks = places_markup(findings, scene, f"{name} (places)") if with_places else None
    if marks is not None:
        marks.GetDisplayNode().SetVisibility(False)
        put(scene, folder, marks, role)
    return table


def show_anatomy(scene: Any, job: str, name: str, segmentation: "Segmentation", volume_node: Any) -> Any:
    """The segmentation node of the anatomy."""
    folder = job_folder(scene, job)
    remove(scene, folder, "anatomy")
    node = segmentation_to_node(segmentation, scene, name, volume_node)
    put(scene, folder, node, "anatomy")
    return node


def show_meshes(
    scene: Any, job: str, meshes: Sequence[Mesh], role: str = "model", overlay: Overlay | None = None
) -> list[Any]:
    """Model nodes of the meshes, coloured by `overlay` where they carry it."""
    folder = job_folder(scene, job)
    remove(scene, folder, role)
    made = []
    for index, mesh in enumerate(meshes):
        node = mesh_to_node(mesh, scene, mesh.name)
        show_overlay(node, overlay, with_legend=index == 0)
        put(scene, folder, node, role)
        made.append(node)
    return made


def shown(scene: Any, job: str, role: str) -> list[Any]:
    """Nodes that a step has left in the job's folder."""
    return nodes(scene, job_folder(scene, job), role)


def model_shown(scene: Any, job: str) -> "Model | None":
    """The model that step 3 left in the scene, with the figures that its arrays hold; None where there is none."""
    from ..measure.deviation import point_areas, spread
    from ..surface import Model

    meshes = [mesh_from_node(node) for node in shown(scene, job, "model") if node.IsA("vtkMRMLModelNode")]
    if not meshes or any("Deviation" not in mesh.point_arrays for mesh in meshes):
        return None
    figures = tuple(
        {
            **spread(mesh.point_arrays["Deviation"], point_areas(mesh)),
            "triangles": len(mesh.triangles),
            "volume_mm3": mesh.volume,
        }
        for mesh in meshes
    )
    return Model(tuple(meshes), figures)


def forget(scene: Any, job: str, *roles: str) -> None:
    """Take the results of steps out of the scene."""
    folder = job_folder(scene, job)
    for role in roles:
        remove(scene, folder, role)


def place(scene: Any, job: str, node: Any, role: str) -> None:
    """Put a node of the caller's into the job's folder."""
    put(scene, job_folder(scene, job), node, role)
