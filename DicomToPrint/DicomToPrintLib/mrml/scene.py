"""A scene outside of the application, and whether a node still is in one."""

from collections.abc import Callable
from typing import Any


def new_scene() -> Any:
    """A new scene that knows the node classes, storage and converters that a run needs; it lives as long as the
    caller holds it.
    """
    import slicer

    scene = slicer.vtkMRMLScene()
    # Segmentation nodes have no converters without this logic: segments could be neither added nor turned into
    # surfaces.
    segmentations = slicer.vtkSlicerSegmentationsModuleLogic()
    segmentations.SetMRMLScene(scene)
    # The colours module registers the legend in the application; its logic wants the application's colour files here.
    scene.RegisterNodeClass(slicer.vtkMRMLColorLegendDisplayNode())
    # Likewise the markups module: without its storage node a scene file holds places without points.
    scene.RegisterNodeClass(slicer.vtkMRMLMarkupsJsonStorageNode())
    # Markups ask it for the unit of lengths, and warn where the application's is missing.
    selection = slicer.vtkMRMLSelectionNode()
    selection.SetSingletonTag("Singleton")
    selection.SetSaveWithScene(False)
    scene.AddNode(selection)
    return scene


def node_or_none(node: Any) -> Any:
    """The node, or None where it is None or no longer in a scene (the user deleted it, or closed the scene)."""
    return node if node is not None and node.GetScene() is not None else None


def observe_leaving(scene: Any, work: Callable[[Any], None]) -> int:
    """Call `work` with each node that is about to be removed, before Slicer's widgets notice; returns the observer's tag."""
    import vtk

    def leaving(caller: Any, event: Any, node: Any) -> None:
        work(node)

    leaving.CallDataType = vtk.VTK_OBJECT  # type: ignore[attr-defined]
    return int(scene.AddObserver(scene.NodeAboutToBeRemovedEvent, leaving, 100.0))
