"""Solids with known walls, gaps and volumes, built from a few triangles."""

import numpy as np

from dicomtoprint.mesh.core import Mesh, concatenate

_BOX = np.array(
    [
        [0, 2, 1],
        [0, 3, 2],
        [4, 5, 6],
        [4, 6, 7],
        [0, 1, 5],
        [0, 5, 4],
        [1, 2, 6],
        [1, 6, 5],
        [2, 3, 7],
        [2, 7, 6],
        [3, 0, 4],
        [3, 4, 7],
    ]
)


def mesh_of(solid, name: str = "Bone", tagged: bool = True) -> Mesh:
    """The mesh of a manifold3d.Manifold; `tagged`: every triangle counts as measured."""
    raw = solid.to_mesh64()
    triangles = np.asarray(raw.tri_verts).astype(np.int64)
    arrays = {"Provenance": np.zeros(len(triangles), np.uint8)} if tagged else {}
    return Mesh(np.asarray(raw.vert_properties)[:, :3].astype(np.float32), triangles, name, triangle_arrays=arrays)


def box(x: float, y: float, z: float, at=(0.0, 0.0, 0.0)) -> Mesh:
    """A box of 12 triangles whose lowest corner is `at`."""
    corners = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float)
    return Mesh((corners * (x, y, z) + at).astype(np.float32), _BOX.copy())


def turned(mesh: Mesh) -> Mesh:
    """The mesh inside out."""
    return Mesh(mesh.points, mesh.triangles[:, ::-1].copy(), mesh.name)


def moved(mesh: Mesh, by, matrix=((1, 0, 0), (0, 1, 0), (0, 0, 1))) -> Mesh:
    return Mesh((mesh.points @ np.asarray(matrix, dtype=float).T + by).astype(np.float32), mesh.triangles, mesh.name)


def ball(radius: float, rings: int = 40, at=(0.0, 0.0, 0.0)) -> Mesh:
    """A sphere whose points lie on it."""
    import vtk

    from dicomtoprint.mesh.core import from_polydata

    source = vtk.vtkSphereSource()
    source.SetRadius(radius)
    source.SetCenter(*at)
    source.SetThetaResolution(2 * rings)
    source.SetPhiResolution(rings)
    source.Update()
    return from_polydata(source.GetOutput())


def shell(outer: float, inner: float, rings: int = 40) -> Mesh:
    """A hollow ball."""
    return concatenate((ball(outer, rings), turned(ball(inner, rings))))


def rod(radius: float, length: float, sides: int = 48) -> Mesh:
    """A round rod along z from z = 0, closed."""
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1)
    points = np.vstack([np.c_[ring, np.zeros(sides)], np.c_[ring, np.full(sides, length)], [[0, 0, 0], [0, 0, length]]])
    i = np.arange(sides)
    j = (i + 1) % sides
    triangles = np.vstack(
        [
            np.c_[i, j, j + sides],
            np.c_[i, j + sides, i + sides],
            np.c_[np.full(sides, 2 * sides), j, i],
            np.c_[np.full(sides, 2 * sides + 1), i + sides, j + sides],
        ]
    )
    return Mesh(points.astype(np.float32), triangles)


def tube(outer: float, inner: float, length: float, sides: int = 48) -> Mesh:
    """A round tube along z: a hole of diameter 2 x `inner` through a rod."""
    angle = np.arange(sides) * 2 * np.pi / sides
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rings = [
        np.c_[circle * radius, np.full(sides, z)]
        for radius, z in ((outer, 0.0), (outer, length), (inner, length), (inner, 0.0))
    ]
    i = np.arange(sides)
    j = (i + 1) % sides
    triangles = []
    for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
        triangles += [
            np.c_[i + a * sides, j + a * sides, j + b * sides],
            np.c_[i + a * sides, j + b * sides, i + b * sides],
        ]
    return Mesh(np.vstack(rings).astype(np.float32), np.vstack(triangles))


def wedge(degrees: float, length: float = 20.0, depth: float = 10.0) -> Mesh:
    """A wedge whose edge runs along z at x = 0; one side is the plane y = 0."""
    y = length * np.tan(np.radians(degrees))
    points = [[0, 0, 0], [length, 0, 0], [length, y, 0], [0, 0, depth], [length, 0, depth], [length, y, depth]]
    triangles = [[0, 2, 1], [3, 4, 5], [0, 1, 4], [0, 4, 3], [1, 2, 5], [1, 5, 4], [2, 0, 3], [2, 3, 5]]
    return Mesh(np.array(points, np.float32), np.array(triangles))


def table(length: float, width: float, leg: float = 5.0, height: float = 10.0, top: float = 4.0) -> Mesh:
    """A solid bridge: two walls of thickness `leg` across the width under a slab; the span between them is `length`."""
    outline = [
        (0, 0),
        (leg, 0),
        (leg, height),
        (leg + length, height),
        (leg + length, 0),
        (2 * leg + length, 0),
        (2 * leg + length, height + top),
        (0, height + top),
    ]
    caps = [(0, 1, 2), (0, 2, 7), (2, 6, 7), (2, 3, 6), (3, 5, 6), (3, 4, 5)]
    count = len(outline)
    points = [(x, 0.0, z) for x, z in outline] + [(x, width, z) for x, z in outline]
    triangles = [list(cap) for cap in caps] + [[a + count, c + count, b + count] for a, b, c in caps]
    for i in range(count):
        j = (i + 1) % count
        triangles += [[i, j + count, j], [i, i + count, j + count]]
    return Mesh(np.array(points, np.float32), np.array(triangles))


def write_stl(path, mesh: Mesh, header: bytes = b"test") -> None:
    """Binary STL without any help from the writers under test."""
    rows = np.zeros(len(mesh.triangles), np.dtype([("n", "<f4", 3), ("c", "<f4", (3, 3)), ("a", "<u2")]))
    rows["c"] = mesh.points[mesh.triangles]
    path.write_bytes(header.ljust(80, b"\0") + np.uint32(len(rows)).tobytes() + rows.tobytes())
