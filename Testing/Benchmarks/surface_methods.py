"""Ours, Slicer's rule and an InVesalius-like chain, from voxels to an STL file."""

import time
from itertools import pairwise
from pathlib import Path

import numpy as np

CEILING = 490_000
BUDGET_MM = 0.02  # so small that the ceiling counts: all methods are compared with many triangles


def labels_of(array: np.ndarray, threshold: float) -> np.ndarray:
    """The mask that all methods get: above the threshold, parts of at least 1000 voxels. Parts are counted in the box
    around it only."""
    import SimpleITK as sitk

    from dicomtoprint.voxel_components import bounding_box

    mask = (array >= threshold).view(np.uint8)
    box = bounding_box(mask)
    inner = np.ascontiguousarray(mask[box])
    image = sitk.ConnectedComponent(sitk.GetImageFromArray(inner))
    places = np.flatnonzero(inner)
    part = sitk.GetArrayViewFromImage(image).reshape(-1)[places]
    inner.reshape(-1)[places[np.bincount(part)[part] < 1000]] = 0
    mask[box] = inner
    return mask


def write(polydata, path: Path) -> None:
    from vtkmodules.vtkIOGeometry import vtkSTLWriter

    writer = vtkSTLWriter()
    writer.SetFileTypeToBinary()
    writer.SetFileName(str(path))
    writer.SetInputData(polydata)
    writer.Write()


def ours(array, affine, labels, threshold: float, path: Path) -> dict:
    from dicomtoprint.segmentation import Segment, Segmentation
    from dicomtoprint.volume import Volume

    segment = Segment("bone", 1, "Bone", (1.0, 1.0, 1.0), threshold, {}, 0.0)
    return surface_of(lambda note: Segmentation(Volume(array, affine), affine, labels, None, (segment,)), path)


def as_run(array, affine, path: Path) -> dict:
    """The anatomy `bone` as `run` segments it: its own boundary, thin walls, solid core."""
    from dicomtoprint.segmentation import load_anatomy, segment
    from dicomtoprint.volume import Volume

    return surface_of(lambda note: segment(Volume(array, affine), load_anatomy("bone"), progress=note), path)


def surface_of(segmented, path: Path) -> dict:
    """The surface of what `segmented` returns, which takes a progress callback; where the CPU seconds go, and the grey value
    of the boundary."""
    from dicomtoprint.mesh.core import to_polydata
    from dicomtoprint.reconstruction import reconstruct_surfaces

    parts: list = []

    def note(fraction: float, phrase: str = "") -> None:
        if phrase and (not parts or parts[-1][0] != phrase):
            parts.append((phrase, time.perf_counter(), time.process_time()))

    segmentation = segmented(note)
    model = reconstruct_surfaces(segmentation, max_triangles=CEILING, max_deviation_mm=BUDGET_MM, progress=note)
    write(to_polydata(model.meshes[0]), path)
    parts.append(("end", time.perf_counter(), time.process_time()))
    shares: dict = {}
    for (phrase, _, cpu), (_, _, after) in pairwise(parts):
        shares[phrase] = shares.get(phrase, 0.0) + after - cpu
    return {"shares": shares, "notes": list(model.notes), "boundary_value": float(segmentation.segments[0].boundary)}


def slicer_rule(array, affine, labels, path: Path, decimated: bool) -> dict:
    import slicer
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    logic_class = slicer.vtkSlicerSegmentationsModuleLogic
    scene = slicer.vtkMRMLScene()
    logic = logic_class()
    logic.SetMRMLScene(scene)
    node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode", "s")
    segment = node.GetSegmentation().AddEmptySegment("bone", "bone", [1, 1, 1])
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(*labels.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(labels.ravel(), deep=True))
    matrix = vtk.vtkMatrix4x4()
    ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    for r in range(4):
        for c in range(4):
            matrix.SetElement(r, c, ras[r, c])
    image.SetGeometryFromImageToWorldMatrix(matrix)
    logic_class.SetBinaryLabelmapToSegment(image, node, segment, logic_class.MODE_REPLACE)
    segmentation = node.GetSegmentation()
    factor = 0.0
    if decimated:
        count = int(
            (labels[:, :, 1:] != labels[:, :, :-1]).sum()
            + (labels[:, 1:] != labels[:, :-1]).sum()
            + (labels[1:] != labels[:-1]).sum()
        )
        factor = max(0.0, 1.0 - CEILING / (2.0 * count))
        segmentation.SetConversionParameter("Decimation factor", f"{factor:.4f}")
    segmentation.CreateRepresentation("Closed surface")
    made = vtk.vtkPolyData()
    node.GetClosedSurfaceRepresentation(segment, made)
    flip = vtk.vtkTransform()
    flip.Scale(-1, -1, 1)
    turned = vtk.vtkTransformPolyDataFilter()
    turned.SetTransform(flip)
    turned.SetInputData(made)
    turned.Update()
    write(turned.GetOutput(), path)
    return {"factor": factor}


def chain(array, affine, labels, threshold: float, path: Path) -> dict:
    """Grey values with the parts outside the mask taken out, contour at the threshold, hole filling, normals:
    InVesalius without its context-aware smoothing and without simplification."""
    import vtk
    from vtkmodules.util.numpy_support import numpy_to_vtk

    masked = np.where((labels > 0) | (array < threshold), array, array.min())
    image = vtk.vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.SetSpacing(*np.linalg.norm(affine[:3, :3], axis=0))
    image.GetPointData().SetScalars(numpy_to_vtk(masked.ravel(), deep=True))
    contour = vtk.vtkFlyingEdges3D()
    contour.SetInputData(image)
    contour.SetValue(0, threshold)
    contour.ComputeNormalsOff()
    filled = vtk.vtkFillHolesFilter()
    filled.SetInputConnection(contour.GetOutputPort())
    filled.SetHoleSize(1000.0)
    normals = vtk.vtkPolyDataNormals()
    normals.SetInputConnection(filled.GetOutputPort())
    normals.SetFeatureAngle(80)
    normals.SplittingOff()
    normals.AutoOrientNormalsOn()
    move = vtk.vtkTransform()
    rotation = np.eye(4)
    rotation[:3, :3] = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    rotation[:3, 3] = affine[:3, 3]
    move.SetMatrix(rotation.ravel())
    moved = vtk.vtkTransformPolyDataFilter()
    moved.SetTransform(move)
    moved.SetInputConnection(normals.GetOutputPort())
    moved.Update()
    write(moved.GetOutput(), path)
    return {}
