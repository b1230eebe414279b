"""Matrices between Slicer's RAS and the library's LPS, kept exact to the last bit where a node allows it."""

import json
from typing import Any

import numpy as np

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
EXACT_AFFINE = "DicomToPrint.AffineLPS"


def to_vtk_matrix(matrix: np.ndarray) -> Any:
    """vtkMatrix4x4 of a (4, 4) array."""
    import vtk

    result = vtk.vtkMatrix4x4()
    result.DeepCopy([float(value) for value in np.asarray(matrix, dtype=np.float64).ravel()])
    return result


def to_array(matrix: Any) -> np.ndarray:
    """(4, 4) float64 array of a vtkMatrix4x4."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def store_exact_affine(node: Any, affine: np.ndarray) -> None:
    """Note the index-to-LPS affine on the node: a node keeps it as spacing and directions and gives it back rounded."""
    node.SetAttribute(EXACT_AFFINE, json.dumps(np.asarray(affine, dtype=np.float64).tolist()))


def exact_affine_or(node: Any, affine: np.ndarray) -> np.ndarray:
    """The affine noted on the node where it still says the same as `affine` (1e-6 mm); else `affine`."""
    noted = node.GetAttribute(EXACT_AFFINE)
    if noted:
        exact = np.asarray(json.loads(noted), dtype=np.float64)
        if exact.shape == (4, 4) and np.allclose(exact, affine, rtol=0.0, atol=1e-6):
            return exact
    return affine


def world_matrix(node: Any) -> np.ndarray | None:
    """(4, 4) RAS-to-RAS matrix of the node's parent transforms: the identity without one, None for a bent
    (non-linear) one.
    """
    import vtk

    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        return None
    matrix = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return to_array(matrix)


def linear_transform(matrix: np.ndarray, scene: Any, name: str) -> Any:
    """New linear transform node of a matrix (4x4, LPS mm)."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", name)
    node.SetMatrixTransformToParent(to_vtk_matrix(RAS_TO_LPS @ matrix @ RAS_TO_LPS))
    return node
