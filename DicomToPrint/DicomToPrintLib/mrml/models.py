"""`Mesh` to model nodes and back, and their overlays: deviation, wall and provenance in colour, with a legend."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dicomtoprint.errors import InputError
from dicomtoprint.mesh.core import Mesh, from_polydata, to_polydata
from dicomtoprint.messages import _

MESH_NAME = "DicomToPrint.Part"


def mesh_to_node(mesh: Mesh, scene: Any, name: str) -> Any:
    """New model node of the mesh (RAS inside the scene, as everywhere in Slicer), with its arrays; in 3D views alone, until
    `show_in_slices`.
    """
    turned = np.array(mesh.points, copy=True)
    turned[:, :2] *= -1.0
    node, display = (scene.CreateNodeByClass(kind) for kind in ("vtkMRMLModelNode", "vtkMRMLModelDisplayNode"))
    for made in (node, display):
        made.UnRegister(None)
    node.SetName(scene.GenerateUniqueName(name))
    node.SetAttribute(MESH_NAME, mesh.name)
    # Whole before the scene knows of it: every change of a node in the scene is drawn in every view.
    node.SetAndObserveMesh(to_polydata(replace(mesh, points=turned)))
    display.SetColor(*mesh.color)
    node.SetAndObserveDisplayNodeID(scene.AddNode(display).GetID())
    return scene.AddNode(node)


def show_in_slices(nodes: Sequence[Any]) -> None:
    """Show where models cut the slices, for those that are in a scene still."""
    for node in nodes:
        if node.GetScene() is not None and node.GetDisplayNode() is not None:
            node.GetDisplayNode().SetVisibility2D(True)


def mesh_from_node(node: Any) -> Mesh:
    """Mesh of a model node in LPS mm, parent transform applied. Raises `InputError` for an empty node or a bent
    transform.
    """
    import vtk

    from .matrices import world_matrix

    polydata = node.GetPolyData()
    if polydata is None or polydata.GetNumberOfPolys() == 0:
        raise InputError(
            _("The model '{getname}' has no triangles: run step 3 or choose another model.", getname=node.GetName())
        )
    moved = world_matrix(node)
    if moved is None:
        raise InputError(
            _(
                "The model '{getname}' lies under a bent transform: harden the transform, then run this step again.",
                getname=node.GetName(),
            )
        )
    cells = polydata.GetPolys()
    if cells.GetMaxCellSize() > 3 or polydata.GetNumberOfStrips():
        triangles = vtk.vtkTriangleFilter()
        triangles.SetInputData(polydata)
        triangles.PassVertsOff()
        triangles.PassLinesOff()
        triangles.Update()
        polydata = triangles.GetOutput()
    mesh = from_polydata(polydata, node.GetAttribute(MESH_NAME) or node.GetName())
    points = mesh.points
    if node.GetParentTransformNode() is not None:
        points = points @ moved[:3, :3].T + moved[:3, 3]
    points = np.array(points, copy=True)
    points[:, :2] *= -1.0
    display = node.GetDisplayNode()
    color = tuple(display.GetColor()) if display is not None else mesh.color
    own = {key: value for key, value in mesh.point_arrays.items() if key != "Normals"}
    return replace(mesh, points=points, color=color, point_arrays=own)


def with_origin(written: Sequence[Mesh], prepared: Sequence[Mesh]) -> Sequence[Mesh]:
    """The meshes of a written file with what the prepared ones know of where each triangle comes from.

    No file carries that. It holds the same triangles in the same order, which was checked when it was read back.
    """
    origins = [mesh.triangle_arrays.get("Provenance") for mesh in prepared]
    known = [origin for origin in origins if origin is not None]
    count = sum(len(mesh.triangles) for mesh in written)
    if not written or len(known) < len(origins) or sum(map(len, known)) != count:
        return written
    ends = np.cumsum([len(mesh.triangles) for mesh in written])
    shares = np.split(np.concatenate(known), ends[:-1])
    return [mesh.with_arrays(triangle_arrays={"Provenance": share}) for mesh, share in zip(written, shares)]


@dataclass(frozen=True)
class ScalarOverlay:
    """A scalar shown on the model: array, where it lives, title of its legend, range and colours."""

    array: str
    on_points: bool
    title: str
    low: float
    high: float
    colors: tuple[tuple[float, float, float], ...]
    names: tuple[str, ...] = ()
    table: str = ""  # name of its colour table; by default that of the array


# Okabe and Ito's colours keep their distance for colour-blind eyes; viridis and its reverse are even in lightness.
_VIRIDIS = (
    (0.267, 0.005, 0.329),
    (0.229, 0.322, 0.546),
    (0.128, 0.567, 0.551),
    (0.369, 0.789, 0.383),
    (0.993, 0.906, 0.144),
)
PROVENANCE_COLORS = ((0.90, 0.85, 0.70), (0.90, 0.62, 0.00), (0.00, 0.45, 0.70), (0.80, 0.47, 0.65), (0.00, 0.62, 0.45))


def default_overlays(
    titles: Mapping[str, str], names: tuple[str, ...], wall_limit: float = 2.0, deviation_limit: float = 0.5
) -> dict[str, ScalarOverlay]:
    """The three overlays by array name; titles and provenance names come translated from the caller.

    Walls of `wall_limit` mm and more have one colour, thinner ones a scale; so have deviations up to `deviation_limit`.
    """
    return {
        "Deviation": ScalarOverlay("Deviation", True, titles["Deviation"], 0.0, deviation_limit, _VIRIDIS),
        "Wall": ScalarOverlay("Wall", True, titles["Wall"], 0.0, wall_limit, _VIRIDIS[::-1]),
        "Provenance": ScalarOverlay("Provenance", False, titles["Provenance"], -0.5, 4.5, PROVENANCE_COLORS, names),
    }


def part_overlay(title: str, limit: float) -> ScalarOverlay:
    """How far a printed part lies inside (blue) or outside (orange) its model, up to `limit` mm either way."""
    colors = ((0.00, 0.45, 0.70), (0.95, 0.95, 0.95), (0.90, 0.62, 0.00))
    return ScalarOverlay("Deviation", True, title, -limit, limit, colors, table=f"part {limit:g}")


def hide_legend(node: Any) -> None:
    """Take a model's legend out of the view."""
    import slicer

    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    if legend is not None:
        legend.SetVisibility(False)


def show_instead(shown: Sequence[Any], hidden: Sequence[Any]) -> None:
    """Show some models and hide others, without legends: those come with the colours."""
    for nodes, is_shown in ((shown, True), (hidden, False)):
        for node in nodes:
            if node is not None and node.GetDisplayNode() is not None:
                hide_legend(node)
                node.GetDisplayNode().SetVisibility(is_shown)


def show_overlay(node: Any, overlay: ScalarOverlay | None, with_legend: bool = True) -> bool:
    """Colour the model by `overlay`, or plainly for None. False where the model lacks that array.

    The legend stands in the first 3D view alone, and with one of several models alone: each would draw its own.
    """
    import slicer
    import vtk

    display = node.GetDisplayNode()
    if display is None:
        return False
    legend = slicer.vtkSlicerColorLogic.GetColorLegendDisplayNode(node)
    if legend is not None:
        legend.SetVisibility(False)
    data = None
    if overlay is not None and node.GetMesh() is not None:
        data = node.GetMesh().GetPointData() if overlay.on_points else node.GetMesh().GetCellData()
    if overlay is None or data is None or data.GetArray(overlay.array) is None:
        display.SetScalarVisibility(False)
        return overlay is None
    place = vtk.vtkAssignAttribute.POINT_DATA if overlay.on_points else vtk.vtkAssignAttribute.CELL_DATA
    display.SetActiveScalar(overlay.array, place)
    display.SetAndObserveColorNodeID(_color_node(node.GetScene(), overlay).GetID())
    display.SetScalarRangeFlag(slicer.vtkMRMLDisplayNode.UseManualScalarRange)
    display.SetScalarRange(overlay.low, overlay.high)
    display.SetScalarVisibility(True)
    if not with_legend:
        return True
    legend = legend or slicer.vtkSlicerColorLogic.AddDefaultColorLegendDisplayNode(node)
    if legend is not None:
        view = node.GetScene().GetFirstNodeByClass("vtkMRMLViewNode")
        if view is not None:
            legend.SetViewNodeIDs([view.GetID()])
        legend.SetTitleText(overlay.title)
        legend.SetSize(0.25, 0.45)  # of the view: its texts are as large as they can be in it
        legend.SetUseColorNamesForLabels(bool(overlay.names))
        legend.SetLabelFormat("%s" if overlay.names else "%.2f")  # names in a format of numbers read "(none)"
        legend.SetMaxNumberOfColors(len(overlay.names) or 64)
        legend.SetNumberOfLabels(len(overlay.names) or 5)
        legend.SetVisibility(True)
    return True


def _color_node(scene: Any, overlay: ScalarOverlay) -> Any:
    """The overlay's colour table in the scene: one node a kind, built here because the wheel has no colour files."""
    name = f"DicomToPrint {overlay.table or overlay.array}"
    found = scene.GetFirstNodeByName(name)
    if found is not None and found.IsA("vtkMRMLColorTableNode"):
        return found
    node = scene.CreateNodeByClass("vtkMRMLColorTableNode")
    node.UnRegister(None)
    node.SetName(name)
    node.SetTypeToUser()
    node.SetHideFromEditors(True)
    node = scene.AddNode(node)
    count = len(overlay.names) or 64
    node.SetNumberOfColors(count)
    stops = np.linspace(0.0, 1.0, len(overlay.colors))
    for index in range(count):
        position = index / (count - 1)
        color = [float(np.interp(position, stops, [stop[axis] for stop in overlay.colors])) for axis in range(3)]
        node.SetColor(index, overlay.names[index] if overlay.names else f"{index}", *color, 1.0)
    node.GetLookupTable().SetTableRange(overlay.low, overlay.high)
    return node
