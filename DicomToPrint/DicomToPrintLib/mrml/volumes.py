"""Volume nodes to `Volume` and back, and what a loaded volume hides: transforms, a geometry that is not the files'."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomtoprint.errors import InputError
from dicomtoprint.messages import _
from dicomtoprint.volume import Volume

from .matrices import RAS_TO_LPS, exact_affine_or, store_exact_affine, to_array, to_vtk_matrix, world_matrix

if TYPE_CHECKING:  # pydicom takes a while to import, and the panel opens with this module
    from dicomtoprint.dicom import Series


def volume_from_node(node: Any) -> Volume:
    """Grey values and geometry of a scalar volume node, in LPS mm, shear kept.

    A linear parent transform is applied. Raises `InputError` for a node without voxels, with colours, or under a bent
    (non-linear) transform, such as Slicer's acquisition transform: harden that first.
    """
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    image = node.GetImageData()
    scalars = image.GetPointData().GetScalars() if image is not None else None
    if scalars is None:
        raise InputError(
            _(
                "The volume '{getname}' holds no voxels: load the series again or choose another volume.",
                getname=node.GetName(),
            )
        )
    if scalars.GetNumberOfComponents() != 1:
        raise InputError(
            _("The volume '{getname}' holds colours, no grey values: choose a CT volume.", getname=node.GetName())
        )
    moved = world_matrix(node)
    if moved is None:
        raise InputError(
            _(
                "The volume '{getname}' lies under a bent transform: harden the transform, then run this step again.",
                getname=node.GetName(),
            )
        )
    ijk_to_ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_ras)
    affine = exact_affine_or(node, RAS_TO_LPS @ to_array(ijk_to_ras))
    if node.GetParentTransformNode() is not None:
        affine = RAS_TO_LPS @ moved @ RAS_TO_LPS @ affine
    columns, rows, slices = image.GetDimensions()
    array = vtk_to_numpy(scalars).reshape(slices, rows, columns)
    return Volume(_travelling_type(array), affine)


def _travelling_type(array: np.ndarray) -> np.ndarray:
    """int16 where that holds every value, else float32: the two types that the engine works with."""
    if array.dtype in (np.int16, np.float32):
        return array.copy()
    if np.issubdtype(array.dtype, np.integer) and array.size and array.min() >= -32768 and array.max() <= 32767:
        return array.astype(np.int16)
    return array.astype(np.float32)


def volume_to_node(volume: Volume, scene: Any, name: str, series: "Series | None" = None) -> Any:
    """New scalar volume node of `volume` in `scene`, with the display windows that the scanner suggests in `series`."""
    import vtk
    from vtk.util.numpy_support import numpy_to_vtk

    array = np.ascontiguousarray(volume.array)
    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.ravel(), deep=True))
    node = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(to_vtk_matrix(RAS_TO_LPS @ volume.affine))
    node.SetAndObserveImageData(image)
    node.CreateDefaultDisplayNodes()
    from dicomtoprint.dicom import window_presets

    for window in window_presets(series) if series is not None else ():
        node.GetDisplayNode().AddWindowLevelPreset(window.width, window.center)
    store_exact_affine(node, volume.affine)
    return node


@dataclass(frozen=True)
class TransformState:
    """How a volume node lies against its files: `moved` by a linear transform, `bent` by a non-linear one."""

    moved: bool
    bent: bool
    transform_name: str = ""


def transform_state(node: Any) -> TransformState:
    """Transforms over a volume node."""
    transform = node.GetParentTransformNode()
    if transform is None:
        return TransformState(False, False)
    matrix = world_matrix(node)
    name = transform.GetName() or ""
    if matrix is None:
        return TransformState(False, True, name)
    return TransformState(not np.allclose(matrix, np.eye(4), atol=1e-9), False, name)


def harden_transform(node: Any) -> None:
    """Apply the parent transforms to the voxels: a bent one resamples them (Slicer's own hardening)."""
    node.HardenTransform()
    node.RemoveAttribute("DicomToPrint.AffineLPS")


def max_corner_distance(node: Any, shape: tuple[int, int, int], affine: np.ndarray) -> float | None:
    """Largest distance in mm between the corners of the node's grid and those of the grid of `shape` and `affine`.

    `shape` is (k, j, i), `affine` index to LPS. None where the sizes differ or the node lies under a bent transform.
    """
    import vtk

    moved = world_matrix(node)
    image = node.GetImageData()
    if moved is None or image is None or tuple(image.GetDimensions()) != tuple(shape[::-1]):
        return None
    ijk_to_ras = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(ijk_to_ras)
    size = np.array(shape[::-1]) - 1
    corners = np.array([[i, j, k, 1.0] for i in (0, size[0]) for j in (0, size[1]) for k in (0, size[2])])
    theirs = corners @ (RAS_TO_LPS @ moved @ to_array(ijk_to_ras)).T[:, :3]
    ours = corners @ np.asarray(affine).T[:, :3]
    # Slicer may have stored the slices the other way round: the same grid, counted from the other end.
    nearest = np.linalg.norm(theirs[:, None] - ours[None], axis=2).min(axis=1)
    return float(nearest.max())


def shown_volumes(scene: Any) -> list[Any]:
    """The scalar volume nodes of a scene that choosers offer: no label maps, nothing hidden from editors."""
    nodes = scene.GetNodesByClass("vtkMRMLScalarVolumeNode")
    nodes.UnRegister(None)
    return [
        node
        for node in map(nodes.GetItemAsObject, range(nodes.GetNumberOfItems()))
        if node.GetClassName() == "vtkMRMLScalarVolumeNode" and not node.GetHideFromEditors()
    ]
