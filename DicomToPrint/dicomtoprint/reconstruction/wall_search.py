"""Both faces of every thin wall put where the scan's profile says they are.

The contour of the field says where walls are. Its points are moved along their normals to the faces that
`wall_profile` finds there; where a profile tells nothing the neighbours along the wall do. What noise takes from single
points is shared between neighbours by light smoothing that does not shrink.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..config.wall_settings import wall_settings
from ..imaging.surface_deviation import vertex_normals
from ..imaging.voxel_patches import interpolate, runs_through
from ..mesh.core import Mesh, Provenance
from ..mesh.vertex_averaging import VertexAveraging, build_vertex_averaging
from ..volume import Volume
from .bone_density import Density, density_of, profiles_at
from .psf_curvature_correction import psf_curvature_shift
from .scalar_field import ScalarField
from .wall_faces import WallFaces
from .wall_profile import Prior, fitted_walls
from .wall_uncertainty import edge_rounding

if TYPE_CHECKING:
    from ..segmentation import Segment, Segmentation

_SET = wall_settings().search

_FWHM = 2.3548  # widths of the blur: the faces of a thinner wall do not show apart
_CHUNK = 8000


def walls_of(mesh: Mesh, segmentation: "Segmentation", segment: "Segment", field: ScalarField) -> WallFaces | None:
    """The faces of the thin walls along the contour of a segment; None where it has no grey values of bone of its own:
    a boundary that was chosen otherwise is kept as it is."""
    volume, figures = segmentation.volume, segmentation.figures
    inside, outside = figures.get("inside"), figures.get("outside")
    if (
        volume is None
        or not segment.brighter_than_background
        or segment.boundary is None
        or segmentation.raised is None
    ):
        return None
    if not isinstance(inside, float) or not isinstance(outside, float):
        return None
    noise = float(figures["noise"])  # type: ignore[arg-type]
    calibrated = bool(figures.get("calibrated", True))
    facing = mesh.triangle_normals()
    outward = vertex_normals(mesh, facing)
    density = density_of(volume, mesh.points, outward, inside, outside, noise, calibrated=calibrated)
    return _placed_walls(mesh, facing, outward, volume, density, field.level)


def _placed_walls(
    mesh: Mesh, facing: np.ndarray, outward: np.ndarray, volume: Volume, density: Density, level: float
) -> WallFaces:
    """The faces of the thin walls of a fine closed contour (LPS mm) of a bright structure, whose own grey value is
    `level` except where it was raised; `facing` (m, 3) are its `triangle_normals`, `outward` (n, 3) the unit normals of its points."""
    near = build_vertex_averaging(mesh, facing)
    normals = _averaged(outward, near, _SET.normal_rounds[0])
    search = _asked(mesh, normals, volume, density, level)
    points, filled, off = _sought(search, near, volume, density)
    # What follows concerns the walls and what lies around them only.
    index = np.flatnonzero(_surroundings(mesh, np.isfinite(filled[0])))
    known, error, walled, modelled = (np.zeros(len(mesh.points), of) for of in (bool, float, bool, bool))
    if not len(index):
        return WallFaces(_marked(mesh, modelled), known, error, walled, modelled, density)
    part = _part_of(mesh, index)
    near = build_vertex_averaging(part, part.triangle_normals())
    search = _asked_again(part, search.chosen(index), near, points[index], filled[:, index], off[index])
    points, filled, _ = _sought(search, near, volume, density)
    placed = _corrected(_like(part, points), search, filled, near, volume, density, level)
    whole = mesh.points.copy()
    whole[index] = placed.mesh.points
    for everywhere, there in (
        (known, placed.known),
        (error, placed.error),
        (walled, placed.walled),
        (modelled, placed.modelled),
    ):
        everywhere[index] = there
    return WallFaces(_marked(_like(mesh, whole), modelled), known, error, walled, modelled, density)


@dataclass(frozen=True)
class _Search:
    """Points (n, 3) of a contour, with outward normals (n, 3), that are sought a place on a face: where the contour was `raised`
    (n,) bool, which are `asked` for (n,) bool, the `rows` that are fitted themselves, and what was `found` (5, n) of these: the
    place (3), thickness and error, NaN where nothing is known."""

    points: np.ndarray
    normals: np.ndarray
    raised: np.ndarray
    asked: np.ndarray
    rows: np.ndarray
    found: np.ndarray

    def chosen(self, index: np.ndarray) -> "_Search":
        """That of some points."""
        number = np.full(len(self.points), -1)
        number[index] = np.arange(len(index))
        rows = number[self.rows]
        arrays = (self.points[index], self.normals[index], self.raised[index], self.asked[index])
        return _Search(*arrays, rows[rows >= 0], self.found[:, index])


def _asked(mesh: Mesh, normals: np.ndarray, volume: Volume, density: Density, level: float) -> _Search:
    """The points that may lie in walls."""
    points = mesh.points.astype(np.float64)
    raised = np.abs(interpolate(volume, points) - level) > _SET.raised * density.contrast
    movable = _measured(mesh) & _within(volume, points)
    asked = movable & (raised | _may_be_thin(volume, points, normals, density))
    groups = [np.flatnonzero(asked & which) for which in (raised, ~raised)]
    rows = np.sort(np.concatenate([_some_of(*group) for group in zip(groups, _SET.fitted_part)]))
    # What is fitted itself and tells nothing is left where it is, unless it was raised.
    asked[rows[~raised[rows]]] = False
    return _Search(points, normals, raised, asked, rows, np.full((5, len(points)), np.nan))


def _asked_again(
    part: Mesh, search: _Search, near: VertexAveraging, points: np.ndarray, filled: np.ndarray, off: np.ndarray
) -> _Search:
    """The search once more, from where points now are: a contour between slices far apart is rough, and its normals are better once
    it has moved."""
    better = _averaged(vertex_normals(_like(part, points)), near, _SET.normal_rounds[1])
    turned = np.einsum("nx,nx->n", better, search.normals) < _SET.turned
    lost = ~np.isfinite(search.found[0]) & (np.abs(np.nan_to_num(off)) > _SET.moved_mm)
    again = search.rows[(turned | lost)[search.rows]]
    found = search.found.copy()
    kept = np.setdiff1d(np.flatnonzero(np.isfinite(found[0])), again)
    found[:, again] = np.nan
    found[:3, kept] = points[kept].T
    return _Search(points, better, search.raised, np.isfinite(filled[0]) | search.asked, again, found)


def _sought(
    search: _Search, near: VertexAveraging, volume: Volume, density: Density
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the points (n, 3) now are, what is known of each (5, n), and how far outwards its face lay (n,) mm."""
    _fit_rows(search, volume, density)
    filled = _filled(near, search.asked, search.found, search.points, search.normals)
    known = np.isfinite(filled[0])
    off = np.einsum("xn,nx->n", filled[:3] - search.points.T, search.normals)
    moved = search.points + np.where(known, off, 0.0)[:, None] * search.normals
    return _shared(near, moved, known), filled, off


def _corrected(
    mesh: Mesh,
    search: _Search,
    filled: np.ndarray,
    near: VertexAveraging,
    volume: Volume,
    density: Density,
    level: float,
) -> WallFaces:
    """A mesh whose points lie on the faces found, moved by what blur has moved these, and how well its points are known."""
    known = np.isfinite(filled[0])
    facing = mesh.triangle_normals()
    around, outward = build_vertex_averaging(mesh, facing), vertex_normals(mesh, facing)
    thickness = _handed_on(near, search.found[3])
    rounding = edge_rounding(mesh, facing, outward, around, volume, density, thickness)
    # Over a curved wall the half-maximum position lies on the hollow side, of both faces alike.
    back = psf_curvature_shift(mesh, density.variance, around)
    for _ in range(_SET.curved_rounds):
        back = near.averaged(back)  # the curvature of noise would be corrected too
    whole = _like(mesh, mesh.points.astype(np.float64) + np.where(known, back, 0.0)[:, None] * outward)
    modelled = known & (np.nan_to_num(filled[3], nan=np.inf) < _FWHM * density.widths(search.normals))
    grid = _SET.grid * volume.voxel_volume ** (1.0 / 3.0)
    error = np.sqrt(np.nan_to_num(filled[4], nan=0.0) ** 2 + grid**2 + rounding**2)
    walled = known.copy()
    rest = np.flatnonzero(~known)
    walled[rest] = runs_through(volume, whole.points[rest], outward[rest], level)
    return WallFaces(whole, known, error, walled, modelled, density)


def _surroundings(mesh: Mesh, known: np.ndarray) -> np.ndarray:
    """(n,) bool: points that are `known`, and those around them as far as means over neighbours reach."""
    near = known.copy()
    corners = [np.ascontiguousarray(mesh.triangles[:, k]) for k in range(3)]
    for _ in range(_SET.rings):
        touched = np.flatnonzero(near.take(corners[0]) | near.take(corners[1]) | near.take(corners[2]))
        for corner in corners:
            near[corner.take(touched)] = True
    return near


def _part_of(mesh: Mesh, index: np.ndarray) -> Mesh:
    """The points `index` (k,) of a mesh and the triangles between them."""
    number = np.full(len(mesh.points), -1, dtype=mesh.triangles.dtype)
    number[index] = np.arange(len(index))
    triangles = number[mesh.triangles]
    return Mesh(mesh.points[index], triangles[(triangles >= 0).all(axis=1)])


def _marked(mesh: Mesh, modelled: np.ndarray) -> Mesh:
    """The mesh with its triangles modelled where at least two corners (n,) are, measured where they were modelled before."""
    origin = mesh.triangle_arrays.get("Provenance")
    if origin is None:
        return mesh
    own = np.isin(origin, (Provenance.MEASURED, Provenance.MODELLED))
    now = np.where(modelled[mesh.triangles].sum(axis=1) >= 2, Provenance.MODELLED, Provenance.MEASURED)
    return mesh.with_arrays(triangle_arrays={"Provenance": np.where(own, now, origin).astype(np.uint8)})


def _fit_rows(search: _Search, volume: Volume, density: Density) -> None:
    """Fills the columns of what was found with its rows, in threads."""
    chunks = [search.rows[start : start + _CHUNK] for start in range(0, len(search.rows), _CHUNK)]
    points, normals = search.points, search.normals
    with ThreadPoolExecutor(2) as pool:
        work = [
            pool.submit(_fitted, volume, points[some], normals[some], density, search.raised[some]) for some in chunks
        ]
        for some, result in zip(chunks, work):
            depth, *rest = result.result()
            search.found[:3, some] = (points[some] - depth[:, None] * normals[some]).T
            search.found[3:, some] = rest


def _some_of(rows: np.ndarray, part: int) -> np.ndarray:
    """Rows to be fitted themselves: so many, or one of `part` of more, spread evenly; their neighbours go by them."""
    count = max(_SET.always_fitted, len(rows) // part)
    return rows if len(rows) <= count else np.random.default_rng(0).permutation(rows)[:count]


def _averaged(normals: np.ndarray, near: VertexAveraging, rounds: int) -> np.ndarray:
    """Unit normals (n, 3) of a surface averaged with their neighbours."""
    for _ in range(rounds):
        normals = near.averaged(normals)
    return normals / np.maximum(np.linalg.norm(normals, axis=1), 1e-9)[:, None]


def _like(mesh: Mesh, points: np.ndarray) -> Mesh:
    """The mesh with its points elsewhere."""
    return replace(mesh, points=points.astype(np.float32))


def _measured(mesh: Mesh) -> np.ndarray:
    """(n,) bool: points that are no corner of a face cut, bridged or added."""
    origin = mesh.triangle_arrays.get("Provenance")
    result = np.ones(len(mesh.points), dtype=bool)
    if origin is not None:
        result[mesh.triangles[~np.isin(origin, (Provenance.MEASURED, Provenance.MODELLED))].ravel()] = False
    return result


def _within(volume: Volume, points: np.ndarray) -> np.ndarray:
    """(n,) bool: points between the samples of a scan."""
    at = volume.to_ijk(points)
    return np.asarray(((at >= 0.0) & (at <= np.array(volume.array.shape[::-1]) - 1.0)).all(axis=1))


def _may_be_thin(volume: Volume, points: np.ndarray, normals: np.ndarray, density: Density) -> np.ndarray:
    """(n,) bool: places beneath which it gets darker again soon."""
    least, widths = density.bone - _SET.fall * density.contrast, density.widths(normals)
    thin = np.zeros(len(points), dtype=bool)
    for depth in _SET.depths_widths:
        open_ = np.flatnonzero(~thin)
        below = (depth * widths[open_])[:, None] * normals[open_]
        thin[open_] = interpolate(volume, points[open_] - below) < least
    return thin


def _fitted(
    volume: Volume, points: np.ndarray, normals: np.ndarray, density: Density, raised: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Depth of the face, thickness and error of the face in mm; NaN where the profile tells nothing."""
    widths = density.widths(normals)
    profiles = profiles_at(volume, points, normals, widths)
    bone, bone_sd = density.at(points)
    fit = fitted_walls(profiles, Prior(bone, bone_sd, density.contrast, density.noise))
    good = fit.good & (np.abs(fit.outer) <= _SET.farthest_mm) & (fit.thickness <= _SET.thickest_mm)
    depth = np.where(good, fit.outer, np.nan)
    thickness = np.where(good, fit.thickness, np.nan)
    # Neighbours share what noise makes of a face; what the density makes of it they have in common.
    common = 0.5 * fit.thickness * fit.bone_sd / density.contrast
    alone = np.sqrt(np.maximum(fit.outer_sd**2 - common**2, 0.0)) / _SET.sharing
    error = np.where(good, np.hypot(common, alone), np.nan)
    rim = np.flatnonzero(~good & raised)
    depth[rim] = _half_up(profiles.values[rim], profiles.x, fit.left[rim], density)
    return depth, thickness, error


def _half_up(values: np.ndarray, x: np.ndarray, outside: np.ndarray, density: Density) -> np.ndarray:
    """(n,) depth at which profiles that run into a wall along it reach half of what it shows; NaN where they run
    through it or never reach it."""
    inner = (x > 0.4) & (x < 2.2)
    plateau = np.median(values[:, inner], axis=1)
    step = plateau - outside
    flat = np.abs(values[:, inner] - plateau[:, None]).mean(axis=1) <= np.maximum(0.2 * step, 2.0 * density.noise)
    half = outside + 0.5 * step
    near = np.flatnonzero((x >= -0.8) & (x <= _SET.farthest_mm))
    above = values[:, near] >= half[:, None]
    first = above.argmax(axis=1)
    rows = np.arange(len(values))
    before = near[0] + np.maximum(first - 1, 0)
    low, high = values[rows, before], values[rows, before + 1]
    share = np.clip((half - low) / np.where(high == low, np.inf, high - low), 0.0, 1.0)
    found = flat & above.any(axis=1) & (first > 0) & (step > 3.0 * density.noise)
    return np.where(found, x[before] + share * (x[1] - x[0]), np.nan)


def _filled(
    near: VertexAveraging, asked: np.ndarray, found: np.ndarray, points: np.ndarray, normals: np.ndarray
) -> np.ndarray:
    """What was `found` (5, n) of each point, NaN where not known, handed on along the surface: to the neighbours of known
    points that lie in their walls, and on to the points `asked` (n,).

    Over a curved wall the mean of the neighbours lies on the hollow side, that of their tangent planes as far on the other:
    half-way between both is right.
    """
    zone = np.flatnonzero(near.averaged((asked | np.isfinite(found[0])).astype(np.float32)) > 0.0)
    means = near.rows(zone)[:, zone]
    some, wanted, at, facing = found[:, zone], asked[zone], points[zone], normals[zone]
    known = np.isfinite(some[0])
    # Place (3), thickness, error, normal (3), distance of the tangent plane from the origin, known.
    table = np.zeros((len(zone), 10))
    table[known, :5] = np.nan_to_num(some[:, known]).T
    table[known, 5:8], table[known, 9] = facing[known], 1.0
    table[known, 8] = np.einsum("nx,nx->n", table[known, :3], facing[known])
    for round_ in range(_SET.fill_rounds):
        around = means @ table
        enough = around[:, -1] > (0.0 if round_ else _SET.between)
        new = np.flatnonzero(~known & enough & (wanted | (round_ == 0)))
        if not len(new):
            if round_ == 0:
                continue
            break
        mean = around[new] / around[new, -1:]
        height = np.einsum("nx,nx->n", mean[:, :3] - at[new], facing[new])
        plane = mean[:, 8] - np.einsum("nx,nx->n", mean[:, 5:8], at[new])
        agreeing = np.einsum("nx,nx->n", mean[:, 5:8], facing[new])
        height = np.where(
            agreeing > _SET.agreeing, 0.5 * (height + plane / np.maximum(agreeing, _SET.agreeing)), height
        )
        mean[:, :3] = at[new] + height[:, None] * facing[new]
        mean[:, 5:8] = facing[new]
        mean[:, 8] = np.einsum("nx,nx->n", mean[:, :3], facing[new])
        table[new] = mean
        known[new] = True
    result = np.full_like(found, np.nan)
    result[:, zone] = np.where(known, table[:, :5].T, np.nan)
    return result


def _handed_on(near: VertexAveraging, values: np.ndarray) -> np.ndarray:
    """(n,) values, those that are NaN filled with the mean of their neighbours as far as a rim reaches."""
    values = values.copy()
    for _ in range(_SET.rim_rounds):
        known = np.isfinite(values)
        around, share = near.averaged(np.where(known, values, 0.0)), near.averaged(known.astype(np.float64))
        new = ~known & (share > 0.0)
        values[new] = around[new] / share[new]
    return values


def _shared(near: VertexAveraging, points: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Points (n, 3), those that are `known` smoothed with their neighbours without shrinking (Taubin 1995)."""
    rows, points = np.flatnonzero(known), points.copy()
    means = near.rows(rows)
    for _ in range(_SET.smoothing_rounds):
        for share in _SET.taubin:
            points[rows] += share * (means @ points - points[rows])
    return points
