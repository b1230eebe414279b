"""Prints and their scans as they come: scaled, bent, thinned, with noise, gaps and dust, in other triangles and any pose.

Nothing of the matcher is used here: the truth is known from the displacement of each point.
"""

from dataclasses import dataclass, field, replace

import numpy as np
from scipy.spatial.transform import Rotation
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkDoubleArray
from vtkmodules.vtkFiltersCore import vtkImplicitPolyDataDistance
from vtkmodules.vtkFiltersModeling import vtkAdaptiveSubdivisionFilter

from dicomtoprint.mesh.core import Mesh, concatenate, flying_edges, from_polydata, keep_triangles, to_polydata
from dicomtoprint.mesh.merge_points import merge_duplicate_points
from dicomtoprint.mesh.vtk_smp import sequential_vtk_smp


@dataclass(frozen=True)
class PrintFault:
    """How a print differs: `scale` about the centre, `bend_mm` at the ends of the longest side, `thinned_mm` taken off within
    `wall_radius` of `wall_centre`, half a side, `offset_mm` outward everywhere."""

    scale: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bend_mm: float = 0.0
    thinned_mm: float = 0.0
    wall_centre: tuple[float, float, float] | None = None
    wall_radius: float = 0.0
    offset_mm: float = 0.0


@dataclass(frozen=True)
class ScannerFault:
    """What a scanner adds: `noise_mm` a point, `missing` share of the area in round gaps, `spikes` share of points off by a millimetre or
    two, `dust` loose pieces, `edge_mm` between points."""

    noise_mm: float = 0.03
    missing: float = 0.0
    spikes: float = 0.003
    dust: int = 3
    edge_mm: float = 1.0


@dataclass(frozen=True)
class Scan:
    """The scan with what is true of it: `printed` is the print without the scanner's faults in the model's place, `rotation` and
    `translation` take the scan's file to the model."""

    mesh: Mesh
    printed: Mesh
    rotation: np.ndarray
    translation: np.ndarray
    scale: tuple[float, float, float]
    fault: PrintFault = field(default_factory=PrintFault)


def surface_centre(mesh: Mesh) -> np.ndarray:
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)
    return np.average(mesh.points[mesh.triangles].astype(float).mean(axis=1), axis=0, weights=areas)


def divided(mesh: Mesh, edge_mm: float) -> Mesh:
    """The same surface cut finer, into triangles of about `edge_mm`."""
    welded = Mesh(mesh.points.astype(np.float64), mesh.triangles)
    divided = vtkAdaptiveSubdivisionFilter()
    divided.SetInputData(to_polydata(welded))
    divided.SetMaximumEdgeLength(edge_mm)
    divided.SetMaximumTriangleArea(edge_mm**2)
    divided.Update()
    return merge_duplicate_points(from_polydata(divided.GetOutput()))


def other_triangles(fine: Mesh, seed: int) -> Mesh:
    """A surface cut finer (`divided`) in other triangles: each point moved within one of the triangles around it."""
    random = np.random.default_rng(seed)
    owner = np.zeros(len(fine.points), np.int64)
    order = random.permutation(len(fine.triangles))
    owner[fine.triangles[order].ravel()] = np.repeat(order, 3)
    shares = random.dirichlet((1.0, 1.0, 1.0), len(owner))
    inside = np.einsum("nc,ncx->nx", shares, fine.points[fine.triangles[owner]])
    return Mesh(fine.points + 0.4 * (inside - fine.points), fine.triangles)


def displaced(points: np.ndarray, normals: np.ndarray, mesh: Mesh, fault: PrintFault) -> np.ndarray:
    """Where the points (n, 3) of the model's surface lie on the print."""
    centre = surface_centre(mesh)
    sides = np.ptp(mesh.points, axis=0)
    along, across = int(np.argmax(sides)), int(np.argmin(sides))
    result = (points - centre) * fault.scale + centre
    share = 2.0 * (points[:, along] - mesh.points[:, along].mean()) / sides[along]
    result[:, across] += fault.bend_mm * share**2
    if fault.wall_centre is not None:
        inside = np.linalg.norm(points - fault.wall_centre, axis=1) < fault.wall_radius
        result[inside] -= 0.5 * fault.thinned_mm * normals[inside]
    return result + fault.offset_mm * normals


def point_normals(mesh: Mesh) -> np.ndarray:
    facing = mesh.triangle_normals()
    summed = np.stack(
        [
            np.bincount(mesh.triangles.ravel(), np.repeat(facing[:, axis], 3), minlength=len(mesh.points))
            for axis in range(3)
        ],
        axis=1,
    )
    return summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12)


def scan_of(model: Mesh, fault: PrintFault, scanner: ScannerFault, seed: int, fine: Mesh | None = None) -> Scan:
    """A scan of a faulty print of `model`, in a pose of chance; `fine` is the model as `divided` for this scanner, if it is at hand."""
    random = np.random.default_rng(seed)
    printed = other_triangles(divided(model, scanner.edge_mm) if fine is None else fine, seed)
    printed = replace(printed, points=displaced(printed.points, point_normals(printed), model, fault))
    seen = _with_gaps(printed, scanner.missing, random)
    points = seen.points + random.normal(0.0, scanner.noise_mm, seen.points.shape)
    spiky = random.random(len(points)) < scanner.spikes
    points[spiky] += random.normal(0.0, 1.0, (int(spiky.sum()), 3))
    scanned = concatenate([Mesh(points, seen.triangles), *_dust(model, scanner.dust, random)])
    turn = Rotation.random(random_state=int(random.integers(1 << 31))).as_matrix()
    shift = random.uniform(-200.0, 200.0, 3)
    moved = Mesh(scanned.points @ turn.T + shift, scanned.triangles, "scan")
    return Scan(moved, printed, turn.T, -turn.T @ shift, fault.scale, fault)


def _with_gaps(mesh: Mesh, missing: float, random: np.random.Generator) -> Mesh:
    """Without round regions, the largest of a fifth of the whole."""
    centres = mesh.points[mesh.triangles].mean(axis=1)
    areas = np.linalg.norm(mesh.triangle_normals(), axis=1)
    gone = np.zeros(len(centres), bool)
    while areas[gone].sum() < missing * areas.sum():
        rest = missing * areas.sum() - areas[gone].sum()
        middle = centres[random.choice(np.flatnonzero(~gone))]
        order = np.argsort(np.linalg.norm(centres - middle, axis=1))
        order = order[~gone[order]]
        wanted = min(rest, random.uniform(0.03, 0.2) * areas.sum())
        gone[order[: 1 + int(np.searchsorted(np.cumsum(areas[order]), wanted))]] = True
    return keep_triangles(mesh, ~gone)


def _dust(mesh: Mesh, count: int, random: np.random.Generator) -> list[Mesh]:
    """Small shreds around the part."""
    size = float(np.linalg.norm(np.ptp(mesh.points, axis=0)))
    shreds = []
    for _piece in range(count):
        middle = surface_centre(mesh) + random.normal(0.0, 0.35 * size, 3)
        corners = middle + random.normal(0.0, 1.5, (30, 3))
        shreds.append(Mesh(corners, np.arange(30).reshape(-1, 3)))
    return shreds


def true_offsets(scan: Scan, model: Mesh, points: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """(n,) signed mm of the print's surface along the model's `normals` at `points`, from its displacement there."""
    return np.einsum("ij,ij->i", displaced(points, normals, model, scan.fault) - points, normals)


def solid(distance, size_mm: float, step_mm: float) -> Mesh:
    """The closed surface where `distance` (of x, y, z) is zero, in a cube of `size_mm` around the origin."""
    half = size_mm / 2.0
    axis = np.arange(-half, half + step_mm / 2.0, step_mm)
    z, y, x = np.meshgrid(axis, axis, axis, indexing="ij")
    mesh = flying_edges(-distance(x, y, z).astype(np.float32), 0.0)
    return Mesh(mesh.points.astype(np.float64) * step_mm - half, mesh.triangles, "part")


def rod(x, y, z, start, end, radius):
    """Distance from a rod with round ends."""
    start, end = np.array(start, float), np.array(end, float)
    along = end - start
    points = np.stack([x, y, z], axis=-1)
    share = np.clip((points - start) @ along / (along @ along), 0.0, 1.0)
    return np.linalg.norm(points - start - share[..., None] * along, axis=-1) - radius


def bracket(step_mm: float = 0.8) -> Mesh:
    """Rods of several lengths and a wall of 2 mm: no pose of it looks like another."""

    def distance(x, y, z):
        wall = np.maximum.reduce([np.abs(x + 4) - 10, np.abs(y - 9) - 1, np.abs(z - 3) - 9])
        rods = [
            rod(x, y, z, (-22, 0, -6), (20, 3, 4), 6),
            rod(x, y, z, (10, 0, 0), (14, 4, 22), 4),
            rod(x, y, z, (-14, 0, -6), (-16, -16, -2), 3.5),
            rod(x, y, z, (-4, 2, 0), (-4, 9, 3), 3),
        ]
        return np.minimum.reduce([wall, *rods])

    return solid(distance, 60.0, step_mm)


def block(step_mm: float = 1.2) -> Mesh:
    """Three different sides with round edges: it looks the same after half a turn about each axis."""
    return solid(
        lambda x, y, z: (
            np.linalg.norm(np.maximum(np.abs([x, y, z]) - np.array([[[[16]]], [[[10]]], [[[6]]]]), 0), axis=0) - 3
        ),
        44.0,
        step_mm,
    )


def ball(step_mm: float = 1.2) -> Mesh:
    """What looks the same however it is turned."""
    return solid(lambda x, y, z: np.sqrt(x * x + y * y + z * z) - 14, 36.0, step_mm)


def box(sides_mm) -> Mesh:
    """A block with sharp edges, of twelve triangles."""
    points = np.array([[x, y, z] for z in (0, 1) for y in (0, 1) for x in (0, 1)], float) * sides_mm
    faces = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return Mesh(points, np.array([half for a, b, c, d in faces for half in ((a, b, c), (a, c, d))]), "part")


def ring(outer_mm: float, inner_mm: float, height_mm: float, squash: float, sides: int = 64) -> Mesh:
    """A flat ring with sharp edges, its radii along y smaller by `squash`."""
    angle = np.arange(sides) * 2.0 * np.pi / sides
    around = np.stack([np.cos(angle), squash * np.sin(angle)], axis=1)
    corners = ((outer_mm, 0.0), (outer_mm, height_mm), (inner_mm, height_mm), (inner_mm, 0.0))
    points = np.concatenate([np.column_stack([radius * around, np.full(sides, z)]) for radius, z in corners])
    here, halves = np.arange(sides), []
    ahead = (here + 1) % sides
    for row in range(4):
        low, high = sides * row, sides * ((row + 1) % 4)
        halves += [np.column_stack([low + here, low + ahead, high + ahead])]
        halves += [np.column_stack([low + here, high + ahead, high + here])]
    return Mesh(points, np.concatenate(halves), "part")


def true_map(scan, points):
    """(n,) mm from points of the model to the print without the scanner's faults, outside positive, by VTK's own distance."""
    distance = vtkImplicitPolyDataDistance()
    distance.SetInput(to_polydata(scan.printed))
    given, found = vtkDoubleArray(), vtkDoubleArray()
    given.SetNumberOfComponents(3)
    given.SetNumberOfTuples(len(points))
    vtk_to_numpy(given)[:] = points
    with sequential_vtk_smp():
        distance.FunctionValue(given, found)
    return -vtk_to_numpy(found)
