"""Small scans of walls whose truth is known: any shape that has a signed distance, any material, any kernel.

Nothing here knows how walls are measured: materials are painted on a grid several times finer than the voxels, and
that is blurred by the scanner's point spread function and averaged over each voxel. Lengths are LPS mm.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..volume import Volume
from .ct_simulation import add_noise

AIR_HU, SOFT_HU = -1000.0, 40.0
_FINE_MM = 0.12  # largest step of the fine grid
_PLANES = 8
_BONE_HU = 500.0

Distance = Callable[[np.ndarray], np.ndarray]
Density = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Layer:
    """A material: where it is, by its signed `distance` (n, 3) -> (n,) mm, and its `hu`, a number or (n, 3) -> (n,).
    It replaces what the layers before it put there."""

    distance: Distance
    hu: "float | Density"


@dataclass(frozen=True)
class Wall:
    """A wall of the truth: `middle` (n, 3) points of its middle surface with unit `normals` (n, 3), `thickness` mm.
    `solid`: only its outer faces count, whatever lies between."""

    name: str
    middle: np.ndarray
    normals: np.ndarray
    thickness: float
    solid: bool = False


@dataclass(frozen=True)
class WallScene:
    """Layers in the order in which they are painted, over air, and the walls that are known in them."""

    layers: Sequence[Layer]
    walls: Sequence[Wall]
    size_mm: tuple[float, float, float] = (30.0, 30.0, 30.0)


@dataclass(frozen=True)
class Scanner:
    """How a scene is scanned. `psf_mm` standard deviation of the point spread function; `overshoot` share of a second,
    twice as wide Gaussian that an edge-enhancing kernel takes off; `noise_hu` with in-plane `correlation` from voxel to
    voxel; grey = `gain` x HU + `offset` + `cupping` x (distance from the axis / half the field)^2."""

    spacing: tuple[float, float, float] = (0.4, 0.4, 0.5)
    psf_mm: float = 0.4
    overshoot: float = 0.0
    noise_hu: float = 20.0
    correlation: float = 0.5
    seed: int = 0
    gain: float = 1.0
    offset: float = 0.0
    cupping: float = 0.0


@dataclass(frozen=True)
class _Axis:
    """Coarse voxels of one axis on their fine cells: `places` mm of the fine cells, `weights` by width of the blur."""

    places: np.ndarray
    coarse: np.ndarray
    step: float
    fine: float

    def weights(self, sigma: float) -> np.ndarray:
        """(coarse, fine) share of each fine cell in a voxel: the voxel's box widened by a Gaussian."""
        from scipy.special import ndtr

        apart = self.coarse[:, None] - self.places
        half = 0.5 * self.step
        share = ndtr((apart + half) / sigma) - ndtr((apart - half) / sigma)
        return (share / share.sum(axis=1, keepdims=True)).astype(np.float32)


def _axis(length: float, step: float, reach: float) -> _Axis:
    count = max(round(length / step), 2)
    coarse = (np.arange(count) - 0.5 * (count - 1)) * step
    fine = step / np.ceil(step / _FINE_MM)
    half = 0.5 * count * step + reach
    cells = int(np.ceil(2.0 * half / fine))
    return _Axis((np.arange(cells) - 0.5 * (cells - 1)) * fine, coarse, step, fine)


def scan_of(scene: WallScene, scanner: Scanner) -> Volume:
    """The scan of a scene in grey values, int16, centred on the origin."""
    wide = 2.0 * scanner.psf_mm
    reach = 3.5 * (wide if scanner.overshoot else scanner.psf_mm)
    i, j, k = (_axis(length, step, reach) for length, step in zip(scene.size_mm, scanner.spacing))
    widths = [scanner.psf_mm] + ([wide] if scanner.overshoot else [])
    shares = [1.0 + scanner.overshoot, -scanner.overshoot] if scanner.overshoot else [1.0]
    planes = [np.empty((len(k.places), len(j.coarse), len(i.coarse)), np.float32) for _ in widths]
    matrices = [(i.weights(width).T, j.weights(width)) for width in widths]
    for start in range(0, len(k.places), _PLANES):
        some = _painted(scene.layers, i, j, k.places[start : start + _PLANES])
        for result, (across, down) in zip(planes, matrices):
            result[start : start + len(some)] = down @ (some @ across)
    flat = [p.reshape(len(p), -1) for p in planes]
    values = sum(share * (k.weights(width) @ plane) for share, width, plane in zip(shares, widths, flat))
    array = np.asarray(values, np.float32).reshape(len(k.coarse), len(j.coarse), len(i.coarse))
    add_noise(array, scanner.noise_hu, scanner.correlation, scanner.seed)
    array = scanner.gain * array + scanner.offset
    if scanner.cupping:
        away = np.hypot(*np.meshgrid(j.coarse, i.coarse, indexing="ij")) / (0.5 * scene.size_mm[0])
        array = array + scanner.cupping * away**2
    affine = np.diag([*scanner.spacing, 1.0])
    affine[:3, 3] = i.coarse[0], j.coarse[0], k.coarse[0]
    return Volume(np.rint(np.clip(array, -32000, 32000)).astype(np.int16), affine)


def _painted(layers: Sequence[Layer], i: _Axis, j: _Axis, heights: np.ndarray) -> np.ndarray:
    """HU (k, j, i) of a few planes of the fine grid; a cell that a face cuts is shared by what lies on its sides.

    Cut into blocks, since most lie wholly on one side of a face: a distance never says more than the true one.
    """
    columns, rows = -(-len(i.places) // _PLANES), -(-len(j.places) // _PLANES)
    x = i.places[0] + i.fine * np.arange(columns * _PLANES).reshape(columns, _PLANES)
    y = j.places[0] + j.fine * np.arange(rows * _PLANES).reshape(rows, _PLANES)
    shape = rows, columns, len(heights), _PLANES, _PLANES
    grid = np.empty((*shape, 3))
    grid[..., 0] = x[None, :, None, None, :]
    grid[..., 1] = y[:, None, None, :, None]
    grid[..., 2] = heights[None, None, :, None, None]
    blocks = grid.reshape(rows * columns, -1, 3)
    centres = 0.5 * (blocks[:, 0] + blocks[:, -1])
    reach = 0.5 * float(np.linalg.norm(blocks[0, -1] - blocks[0, 0])) + i.fine
    result = np.full(blocks.shape[:2], AIR_HU)
    for layer in layers:
        away = layer.distance(centres)
        for some, whole in ((np.flatnonzero(away < -reach), True), (np.flatnonzero(np.abs(away) <= reach), False)):
            if not len(some):
                continue
            points = blocks[some].reshape(-1, 3)
            share = 1.0 if whole else np.clip(0.5 - layer.distance(points) / i.fine, 0.0, 1.0)
            hu = layer.hu(points) if callable(layer.hu) else layer.hu
            before = result[some].reshape(-1)
            result[some] = (before + share * (hu - before)).reshape(len(some), -1)
    planes = result.reshape(shape).transpose(2, 0, 3, 1, 4).reshape(len(heights), rows * _PLANES, columns * _PLANES)
    return planes[:, : len(j.places), : len(i.places)].astype(np.float32)


def frame_of(normal: Sequence[float]) -> np.ndarray:
    """(3, 3) orthonormal rows; the last is along `normal`."""
    n = np.asarray(normal, dtype=float) / np.linalg.norm(normal)
    u = np.cross(n, np.eye(3)[np.argmin(np.abs(n))])
    u /= np.linalg.norm(u)
    return np.stack([u, np.cross(n, u), n])


def box(centre: Sequence[float], half: Sequence[float], axes: np.ndarray | None = None) -> Distance:
    """A box of half sizes `half` along the rows of `axes`."""

    def distance(points: np.ndarray) -> np.ndarray:
        local = points - np.asarray(centre)
        q = np.abs(local if axes is None else local @ axes.T) - np.asarray(half)
        return np.linalg.norm(np.maximum(q, 0.0), axis=1) + np.minimum(q.max(axis=1), 0.0)

    return distance


def ball(centre: Sequence[float], radius: float) -> Distance:
    """A ball."""
    return lambda points: np.linalg.norm(points - np.asarray(centre), axis=1) - radius


def cylinder(centre: Sequence[float], radius: float, half: float, axis: Sequence[float] = (0, 0, 1)) -> Distance:
    """A cylinder of `half` its height along `axis`."""
    n = np.asarray(axis, dtype=float) / np.linalg.norm(axis)

    def distance(points: np.ndarray) -> np.ndarray:
        local = points - np.asarray(centre)
        height = local @ n
        q = np.stack([np.linalg.norm(local - height[:, None] * n, axis=1) - radius, np.abs(height) - half], axis=1)
        return np.linalg.norm(np.maximum(q, 0.0), axis=1) + np.minimum(q.max(axis=1), 0.0)

    return distance


def torus(centre: Sequence[float], ring: float, tube: float, axis: Sequence[float] = (0, 0, 1)) -> Distance:
    """A torus of radii `ring` and `tube`: curved alike outside, as a saddle inside."""
    n = np.asarray(axis, dtype=float) / np.linalg.norm(axis)

    def distance(points: np.ndarray) -> np.ndarray:
        local = points - np.asarray(centre)
        height = local @ n
        away = np.linalg.norm(local - height[:, None] * n, axis=1) - ring
        return np.hypot(away, height) - tube

    return distance


def shell(solid: Distance, thickness: float) -> Distance:
    """The wall of a solid, `thickness` mm inwards of its surface."""

    def distance(points: np.ndarray) -> np.ndarray:
        d = solid(points)
        return np.maximum(d, -thickness - d)

    return distance


def both(*distances: Distance) -> Distance:
    """What lies in all."""
    return lambda points: np.max([d(points) for d in distances], axis=0)


def grown(distance: Distance, by: float) -> Distance:
    """A solid with its surface `by` mm further out."""
    return lambda points: distance(points) - by


def varying(hu: float, share: float, period_mm: float) -> Density:
    """A density about `hu` that rises and falls by `share` / 2 along all axes."""

    def density(points: np.ndarray) -> np.ndarray:
        wave = np.sin(2.0 * np.pi * points / period_mm + np.array([0.3, 1.1, 2.0])).sum(axis=1) / 3.0
        return np.asarray(hu * (1.0 + 0.5 * share * wave))

    return density


def bone_distance(scene: WallScene, points: np.ndarray) -> np.ndarray:
    """(n,) mm, without sign, of points (n, 3) from the nearest face of bone."""
    bone = [layer for layer in scene.layers if callable(layer.hu) or layer.hu >= _BONE_HU]
    return np.asarray(np.min([np.abs(layer.distance(points)) for layer in bone], axis=0))


@dataclass(frozen=True)
class WallMeasure:
    """What a surface makes of a wall: thickness and its spread, the middle's mean distance from the true one, outward
    along the normals (mm), and the share of the places at which there is no wall."""

    name: str
    thickness: float
    mean: float
    spread: float
    middle: float
    missing: float
    values: np.ndarray = field(repr=False, default_factory=lambda: np.zeros(0))


def measured(wall: Wall, points: np.ndarray, triangles: np.ndarray, reach: float = 1.6) -> WallMeasure:
    """The wall as a closed surface (LPS mm) shows it, by rays along the true normals."""
    found, centres = [], []
    corners = points[triangles].astype(np.float64)
    middle, radius = corners.mean(axis=1), np.linalg.norm(corners - corners.mean(axis=1)[:, None], axis=2).max(axis=1)
    for start, n in zip(wall.middle, wall.normals):
        local = middle - start
        along = local @ n
        near = np.flatnonzero(
            (np.abs(along) <= reach + wall.thickness + radius)
            & (np.linalg.norm(local - along[:, None] * n, axis=1) <= radius)
        )
        place, facing = _crossings(start, n, corners[near])
        pairs = [
            (a, b) for a, b, f, g in zip(place[:-1], place[1:], facing[:-1], facing[1:]) if f < 0 < g and b - a > 1e-4
        ]
        if wall.solid and len(place):
            pairs = [(place[0], place[-1])]
        pairs = [p for p in pairs if abs(0.5 * (p[0] + p[1])) <= reach]
        if pairs:
            a, b = min(pairs, key=lambda p: abs(p[0] + p[1]))
            found.append(b - a)
            centres.append(0.5 * (a + b))
    values = np.array(found)
    missing = 1.0 - len(values) / max(len(wall.middle), 1)
    if not len(values):
        return WallMeasure(wall.name, wall.thickness, np.nan, np.nan, np.nan, missing)
    return WallMeasure(
        wall.name, wall.thickness, float(values.mean()), float(values.std()), float(np.mean(centres)), missing, values
    )


def _crossings(start: np.ndarray, n: np.ndarray, corners: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places along a line at which it crosses triangles (m, 3, 3), and whether they face along it (1) or against (-1)."""
    if not len(corners):
        return np.zeros(0), np.zeros(0)
    a, e1, e2 = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    p = np.cross(n, e2)
    det = np.einsum("ij,ij->i", e1, p)
    safe = np.where(np.abs(det) < 1e-14, np.inf, det)
    t = start - a
    u = np.einsum("ij,ij->i", t, p) / safe
    q = np.cross(t, e1)
    v = (q @ n) / safe
    hit = (u >= -1e-7) & (v >= -1e-7) & (u + v <= 1.0 + 1e-7)
    place = np.einsum("ij,ij->i", e2, q) / safe
    facing = np.sign(np.einsum("ij,j->i", np.cross(e1, e2), n))
    order = np.argsort(place[hit])
    return place[hit][order], facing[hit][order]
