"""Where the views look: slices and cameras to a point, by nodes alone, so that it works in both hosts."""

from typing import Any

import numpy as np


def show_volume(volume_node: Any) -> None:
    """Show a volume in every slice view, whole; what is loaded by a reader of Slicer's is shown by that reader."""
    import slicer

    scene = volume_node.GetScene()
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSliceCompositeNode")):
        scene.GetNthNodeByClass(index, "vtkMRMLSliceCompositeNode").SetBackgroundVolumeID(volume_node.GetID())
    if getattr(slicer, "app", None) is not None and slicer.app.layoutManager() is not None:
        slicer.util.resetSliceViews()


def show_models() -> None:
    """Turn the 3D views to what is shown in them: a scan may lie far from where they look."""
    import slicer

    if getattr(slicer, "app", None) is not None and slicer.app.layoutManager() is not None:
        slicer.util.resetThreeDViews()


def jump_slices(scene: Any, lps: tuple[float, float, float]) -> None:
    """Move every slice view to a point in LPS mm."""
    import slicer

    slicer.vtkMRMLSliceNode.JumpAllSlices(scene, -lps[0], -lps[1], lps[2], slicer.vtkMRMLSliceNode.CenteredJumpSlice)


def jump_cameras(scene: Any, lps: tuple[float, float, float], distance_mm: float = 120.0) -> None:
    """Turn every 3D view to a point in LPS mm, seen from where it is now, from `distance_mm`."""
    target = np.array([-lps[0], -lps[1], lps[2]])
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLCameraNode")):
        camera = scene.GetNthNodeByClass(index, "vtkMRMLCameraNode")
        direction = np.array(camera.GetPosition()) - np.array(camera.GetFocalPoint())
        length = float(np.linalg.norm(direction))
        direction = direction / length if length > 0.0 else np.array([0.0, 1.0, 0.0])
        camera.SetFocalPoint(*target)
        camera.SetPosition(*(target + distance_mm * direction))
        camera.ResetClippingRange()


def slice_center(volume_node: Any, lps: tuple[float, float, float]) -> tuple[float, float, float] | None:
    """LPS mm of the middle of the slice of a volume node that a point lies in; None where it lies outside of all."""
    import vtk

    image = volume_node.GetImageData()
    if image is None:
        return None
    size = image.GetDimensions()
    matrix = vtk.vtkMatrix4x4()
    volume_node.GetRASToIJKMatrix(matrix)
    index = round(matrix.MultiplyPoint((-lps[0], -lps[1], lps[2], 1.0))[2])
    if not 0 <= index < size[2]:
        return None
    volume_node.GetIJKToRASMatrix(matrix)
    r, a, s, _ = matrix.MultiplyPoint((size[0] / 2.0, size[1] / 2.0, float(index), 1.0))
    return (-r, -a, s)
