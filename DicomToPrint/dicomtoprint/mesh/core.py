"""Triangles with their arrays: what travels from the surface to the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Any

import numpy as np

from .arrays import Mask, Points, Triangles


def cross_rows(u: Points, v: Points) -> Points:
    """Cross products of (n, 3) and (n, 3): np.cross, three times as fast."""
    result = np.empty_like(u)
    for k, (i, j) in enumerate(((1, 2), (2, 0), (0, 1))):
        result[:, k] = u[:, i] * v[:, j] - u[:, j] * v[:, i]
    return result


class Provenance(IntEnum):
    """Where a voxel or a triangle comes from."""

    MEASURED = 0
    BRIDGED = 1
    CUT = 2
    ADDED = 3
    MODELLED = 4


@dataclass(frozen=True)
class Material:
    """What a file says a triangle is made of: a `name` and a colour, red, green, blue and opacity from 0 to 255."""

    name: str
    rgba: tuple[int, int, int, int]


@dataclass(frozen=True)
class Mesh:
    """Triangles in LPS mm.

    `points` (n, 3) float32 or float64; `triangles` (m, 3) int32 or int64, counter-clockwise seen from outside. `point_arrays`
    have n rows, `triangle_arrays` m rows; ``Provenance`` (uint8, values of `Provenance`) is a triangle array, ``Wall`` and
    ``Deviation`` (float32, mm) are point arrays. `color` is RGB in 0..1. Where triangles of one mesh are of several `materials`,
    the triangle array ``Material`` (int32) holds their numbers in it, -1 for none.
    """

    points: Points
    triangles: Triangles
    name: str = "Model"
    color: tuple[float, float, float] = (0.9, 0.85, 0.7)
    point_arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    triangle_arrays: Mapping[str, np.ndarray] = field(default_factory=dict)
    materials: tuple[Material, ...] = ()

    @property
    def bounds(self) -> tuple[float, float, float, float, float, float]:
        """xmin, xmax, ymin, ymax, zmin, zmax in LPS mm; all zero for an empty mesh."""
        if len(self.points) == 0:
            return (0.0,) * 6
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        return tuple(float(v) for pair in zip(low, high) for v in pair)  # type: ignore[return-value]

    @property
    def volume(self) -> float:
        """Signed volume in mm3, positive where the triangles face outward (divergence theorem)."""
        if len(self.triangles) == 0:
            return 0.0
        # Around the centre: far from the origin the terms would cancel badly.
        points = self.points.astype(np.float64) - self.points.mean(axis=0, dtype=np.float64)
        a, b, c = (points.take(self.triangles[:, k], axis=0) for k in range(3))
        return float(np.einsum("ij,ij->", a, cross_rows(b, c)) / 6.0)

    @property
    def area(self) -> float:
        """Surface area in mm2."""
        return float(np.linalg.norm(self.triangle_normals(), axis=1).sum() / 2.0)

    def triangle_normals(self) -> Points:
        """(m, 3) float64 cross products: direction outward, length twice the triangle's area."""
        points = self.points.astype(np.float64)
        a, b, c = (points.take(self.triangles[:, k], axis=0) for k in range(3))
        return cross_rows(b - a, c - a)

    def with_arrays(
        self,
        point_arrays: Mapping[str, np.ndarray] | None = None,
        triangle_arrays: Mapping[str, np.ndarray] | None = None,
    ) -> "Mesh":
        """The same triangles with more arrays."""
        return replace(
            self,
            point_arrays={**self.point_arrays, **(point_arrays or {})},
            triangle_arrays={**self.triangle_arrays, **(triangle_arrays or {})},
        )


def transformed(mesh: Mesh, matrix: np.ndarray) -> Mesh:
    """The mesh with its points (float64) taken through `matrix` (4x4); where that mirrors, the triangles turn so that they still face
    outwards."""
    points = mesh.points.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    triangles = mesh.triangles if np.linalg.det(matrix[:3, :3]) > 0.0 else mesh.triangles[:, ::-1]
    return replace(mesh, points=points, triangles=np.ascontiguousarray(triangles))


def to_polydata(mesh: Mesh) -> Any:
    """vtkPolyData of the mesh, with its arrays."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, numpy_to_vtkIdTypeArray
    from vtkmodules.vtkCommonCore import vtkPoints
    from vtkmodules.vtkCommonDataModel import vtkCellArray, vtkPolyData

    points = vtkPoints()
    points.SetData(numpy_to_vtk(np.ascontiguousarray(mesh.points), deep=True))
    cells = vtkCellArray()
    offsets = np.arange(0, 3 * len(mesh.triangles) + 1, 3, dtype=np.int64)
    cells.SetData(
        numpy_to_vtkIdTypeArray(offsets, deep=True),
        numpy_to_vtkIdTypeArray(np.ascontiguousarray(mesh.triangles, dtype=np.int64).ravel(), deep=True),
    )
    polydata = vtkPolyData()
    polydata.SetPoints(points)
    polydata.SetPolys(cells)
    for arrays, target in (
        (mesh.point_arrays, polydata.GetPointData()),
        (mesh.triangle_arrays, polydata.GetCellData()),
    ):
        for name, values in arrays.items():
            array = numpy_to_vtk(np.ascontiguousarray(values), deep=True)
            array.SetName(name)
            target.AddArray(array)
    return polydata


def flying_edges(array: np.ndarray, level: float) -> Mesh:
    """Where `array` (k, j, i) passes `level`, by flying edges: points as indices (i, j, k), facing away from the higher values, open at
    the array's border."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkFiltersCore import vtkFlyingEdges3D

    image = vtkImageData()
    image.SetDimensions(*array.shape[::-1])
    image.GetPointData().SetScalars(numpy_to_vtk(array.reshape(-1), deep=False))
    edges = vtkFlyingEdges3D()
    edges.SetInputData(image)
    edges.SetValue(0, level)
    edges.ComputeNormalsOff()
    edges.ComputeGradientsOff()
    edges.ComputeScalarsOff()
    edges.Update()
    return from_polydata(edges.GetOutput())


def from_polydata(polydata: Any, name: str = "Model") -> Mesh:
    """Mesh of the triangles of a vtkPolyData (other cells are left out: triangulate first), with its arrays."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    points = (
        vtk_to_numpy(polydata.GetPoints().GetData()).copy()
        if polydata.GetNumberOfPoints()
        else np.zeros((0, 3), np.float32)
    )
    cells = polydata.GetPolys()
    offsets = vtk_to_numpy(cells.GetOffsetsArray()) if cells.GetNumberOfCells() else np.zeros(1, np.int64)
    connectivity = vtk_to_numpy(cells.GetConnectivityArray()) if cells.GetNumberOfCells() else np.zeros(0, np.int64)
    is_triangle = np.diff(offsets) == 3
    triangles = (
        connectivity.reshape(-1, 3).copy()
        if is_triangle.all()
        else connectivity[offsets[:-1][is_triangle, None] + np.arange(3)]
    )
    point_arrays = _arrays_of(polydata.GetPointData())
    triangle_arrays = {
        key: values[is_triangle]
        for key, values in _arrays_of(polydata.GetCellData()).items()
        if len(values) == len(is_triangle)
    }
    return Mesh(
        points, np.ascontiguousarray(triangles), name, point_arrays=point_arrays, triangle_arrays=triangle_arrays
    )


def _arrays_of(data: Any) -> dict[str, np.ndarray]:
    from vtkmodules.util.numpy_support import vtk_to_numpy

    arrays = (data.GetArray(index) for index in range(data.GetNumberOfArrays()))
    return {array.GetName(): vtk_to_numpy(array).copy() for array in arrays if array is not None and array.GetName()}


def concatenate(meshes: "list[Mesh] | tuple[Mesh, ...]", name: str = "Model") -> Mesh:
    """All meshes side by side as one (no union); arrays that all share are kept."""
    if len(meshes) == 1:
        return meshes[0]
    starts = np.cumsum([0] + [len(mesh.points) for mesh in meshes])
    point_names = set.intersection(*(set(mesh.point_arrays) for mesh in meshes)) if meshes else set()
    triangle_names = set.intersection(*(set(mesh.triangle_arrays) for mesh in meshes)) if meshes else set()
    return Mesh(
        points=np.concatenate([mesh.points for mesh in meshes]),
        triangles=np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts)]),
        name=name,
        color=meshes[0].color,
        point_arrays={key: np.concatenate([mesh.point_arrays[key] for mesh in meshes]) for key in point_names},
        triangle_arrays={key: np.concatenate([mesh.triangle_arrays[key] for mesh in meshes]) for key in triangle_names},
    )


def keep_triangles(mesh: Mesh, keep: Mask) -> Mesh:
    """The mesh of some of its triangles and the points that they use, in the order they had.

    Parameters
    ----------
    mesh
        Its point arrays are left out where triangles go; triangle arrays are kept.
    keep
        (m,) bool, which triangles stay.
    """
    if keep.all():
        return mesh
    triangles = mesh.triangles[keep]
    used = np.zeros(len(mesh.points), dtype=bool)
    used[triangles.ravel()] = True
    rank = (np.cumsum(used) - 1).astype(np.int32)
    arrays = {name: values[keep] for name, values in mesh.triangle_arrays.items()}
    return Mesh(mesh.points[used], rank[triangles], mesh.name, mesh.color, triangle_arrays=arrays)
