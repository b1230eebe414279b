"""What a scan says about its bone and its blur where walls are thick enough to show both.

Thin walls show the product of thickness and density only. Along profiles of thick bone the grey value of bone, the
width of the blur and the faces are all sought at once; what is found near a thin wall stands for that wall.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..config.wall_settings import wall_settings
from ..imaging.voxel_patches import interpolate
from ..volume import Volume
from .grey_drift import GreyDrift, grey_drift
from .wall_density import density_by_walls
from .wall_profile import INWARD_MM, OUTWARD_MM, Prior, Profiles, WallFit, fitted_profiles, fitted_walls

_SET = wall_settings().density
_NOTHING = np.zeros(3), np.zeros((2, 2, 2)), np.zeros((2, 2, 2))


@dataclass(frozen=True)
class Density:
    """Bone and blur of a scan. `bone` its typical grey value and `spread` the standard deviation of that over the scan,
    `outside` that of soft tissue (air, where bone lies in it), `noise`; `variance` (3, 3) mm2 in LPS of the blur; `places`
    that established the density (0: it is a guess). `origin`, `sums` and `weights` are the densities found in cells of the
    scan; `calibrated`: its grey values are HU. `unsure`: share of the contrast by which the density may be off, standard deviation,
    where thick bone does not tell it; `drift` of the grey values over a scan that is not calibrated."""

    bone: float
    spread: float
    outside: float
    noise: float
    variance: np.ndarray
    places: int
    origin: np.ndarray
    sums: np.ndarray
    weights: np.ndarray
    calibrated: bool = True
    unsure: float = _SET.unsure
    drift: GreyDrift | None = None

    @property
    def established(self) -> bool:
        """Whether thick bone in the scan tells the density."""
        return self.places >= _SET.enough

    @property
    def known_to(self) -> float:
        """Share of the contrast by which the density of a wall may be off, 95 %."""
        return 1.96 * (self._stray if self.established else float(np.hypot(self._stray, self.unsure)))

    @property
    def contrast(self) -> float:
        """Step from outside to bone."""
        return self.bone - self.outside

    @property
    def blur_mm(self) -> tuple[float, float]:
        """Standard deviations of the blur in mm: the least and the largest of all directions, in the slices and across."""
        values = np.sqrt(np.linalg.eigvalsh(self.variance))
        return float(values[0]), float(values[-1])

    def widths(self, normals: np.ndarray) -> np.ndarray:
        """(n,) mm: standard deviation of the blur along normals (n, 3)."""
        return np.sqrt(np.einsum("ni,ij,nj->n", normals, self.variance, normals))

    def at(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n,) grey value of bone near points (n, 3) LPS mm, and its standard deviation."""
        from scipy import ndimage

        cell = ((points - self.origin) / _SET.cell_mm).T
        weight = ndimage.map_coordinates(self.weights, cell, order=1, mode="nearest")
        total = ndimage.map_coordinates(self.sums, cell, order=1, mode="nearest")
        known = weight / (weight + 1.0)
        value = known * total / np.maximum(weight, 1e-9) + (1.0 - known) * self.bone
        if self.drift is not None:
            value = value + self.drift.at(points)
        base = (self._stray if self.established else np.hypot(self._stray, self.unsure)) * self.contrast
        return value, np.hypot(base, (1.0 - known) * self.spread)

    @property
    def _stray(self) -> float:
        """Share of the contrast by which the density of a wall may differ from that around it, standard deviation."""
        if self.calibrated:
            return _SET.stray
        return _SET.uneven if self.drift is None else float(np.hypot(_SET.uneven, self.drift.left / self.contrast))


def profiles_at(
    volume: Volume, places: np.ndarray, normals: np.ndarray, widths: np.ndarray, beside: bool = True
) -> Profiles:
    """Grey values along the normals (n, 3) of places (n, 3) LPS mm; `beside`: on lines beside too where slices are far
    apart."""
    from scipy import ndimage

    x = np.arange(-OUTWARD_MM, INWARD_MM + 1e-9, _SET.step_mm)
    steps = volume.affine[:3, :3]
    at = volume.to_ijk((places[:, None, :] - x[None, :, None] * normals[:, None, :]).reshape(-1, 3))
    values = ndimage.map_coordinates(volume.array, at.T[::-1], output=np.float32, order=1, mode="nearest")
    inwards = -normals @ steps
    last = np.array(volume.array.shape[::-1]) - 1
    voxels, depths = [], []
    for aside in _aside(volume, normals) if beside else [np.zeros_like(normals)]:
        there = at.reshape(len(places), len(x), 3) + (aside @ np.linalg.inv(steps).T)[:, None, :]
        nearest = np.clip(np.rint(there), 0, last).astype(np.int64)
        voxels.append(volume.array[nearest[..., 2], nearest[..., 1], nearest[..., 0]].astype(np.float32))
        depths.append((x + np.einsum("nmx,nx->nm", nearest - there, inwards)).astype(np.float32))
    return Profiles(
        values.reshape(len(places), len(x)), x, np.concatenate(voxels, axis=1), np.concatenate(depths, axis=1), widths
    )


def _aside(volume: Volume, normals: np.ndarray) -> list[np.ndarray]:
    """Steps (n, 3) mm along the surface to the lines that are read: one, or three up and down the surface where slices
    are far apart."""
    spacing = np.array(volume.spacing)
    if spacing[2] < _SET.coarse * spacing[:2].min():
        return [np.zeros_like(normals)]
    along = np.cross(volume.affine[:3, 0], volume.affine[:3, 1])
    along = along / np.linalg.norm(along) - (normals @ (along / np.linalg.norm(along)))[:, None] * normals
    along /= np.maximum(np.linalg.norm(along, axis=1), 1e-3)[:, None]
    return [np.zeros_like(normals), _SET.aside * spacing[2] * along, -_SET.aside * spacing[2] * along]


def density_of(
    volume: Volume,
    places: np.ndarray,
    normals: np.ndarray,
    bone: float,
    outside: float,
    noise: float,
    blur: np.ndarray | None = None,
    calibrated: bool = True,
) -> Density:
    """Bone and blur along a surface of `places` (n, 3) with outward `normals` (n, 3); `bone`, `outside` and `noise` are
    what the segmentation saw, `blur` (3, 3) mm2 in LPS is where the search begins;
    `calibrated`: grey values are HU."""
    everywhere, facing = places, normals
    some = np.random.default_rng(0).permutation(_promising(volume, places, normals, bone, outside))[: _SET.samples]
    places, normals = places[some].astype(np.float64), normals[some]
    start = _guessed(volume) if blur is None else blur
    widths = np.sqrt(np.einsum("ni,ij,nj->n", normals, start, normals))
    profiles = profiles_at(volume, places, normals, widths, False)
    contrast = bone - outside
    wide = Prior(np.full(len(places), bone), np.full(len(places), 0.3 * contrast), contrast, noise, True)
    fit = fitted_profiles(profiles, wide)
    thick, values, sd = _thick(fit, bone, outside, contrast)
    rows = np.flatnonzero(thick)
    rows = rows[_solid(volume, places[rows], normals[rows], fit, rows, values[rows], outside)]
    variance = _variance(volume, normals[rows], fit.width[rows]) if len(rows) >= _SET.enough else None
    if variance is not None:
        widths = np.sqrt(np.einsum("ni,ij,nj->n", normals, variance, normals))
        fit = fitted_profiles(replace(profiles, width=widths), replace(wide, free_width=False))
        thick, values, sd = _thick(fit, bone, outside, contrast)
    variance = start if variance is None else variance
    rows = np.flatnonzero(thick)
    solid = _solid(volume, places[rows], normals[rows], fit, rows, values[rows], outside)
    drift = None if calibrated else grey_drift(volume, everywhere, facing, outside, contrast, noise)
    values, sd, places = values[rows][solid], sd[rows][solid], places[rows][solid]
    if len(values) < _SET.enough:
        top = max(bone, float(np.percentile(fit.peak, 95))) if len(fit.peak) else bone
        return _by_walls(
            volume,
            everywhere,
            facing,
            Density(top, 0.0, outside, noise, variance, 0, *_NOTHING, calibrated, drift=drift),
        )
    if drift is not None:
        values = values - drift.at(places)
    typical = float(np.median(values))
    spread = float(1.4826 * np.median(np.abs(values - typical)))
    spread = float(np.sqrt(max(spread**2 - float(np.median(sd)) ** 2, 0.0)))
    cells = _cells(places, values, typical, max(spread, 0.02 * contrast))
    return Density(typical, spread, outside, noise, variance, len(values), *cells, calibrated, drift=drift)


def _by_walls(volume: Volume, places: np.ndarray, normals: np.ndarray, guess: Density) -> Density:
    """The density of a scan without thick bone: by its walls, or the guess with all that it may be off."""
    from_walls = wall_settings().wall_density
    some = np.random.default_rng(3).permutation(len(places))[: from_walls.looked_at]
    at, facing = places[some].astype(np.float64), normals[some]
    profiles = profiles_at(volume, at, facing, guess.widths(facing), False)
    first = guess.outside + from_walls.first * guess.contrast
    sd = from_walls.first_sd * guess.contrast
    fit = fitted_walls(profiles, Prior(np.full(len(at), first), np.full(len(at), sd), guess.contrast, guess.noise))
    rows = np.flatnonzero(fit.good & np.isfinite(fit.single_misfit) & (np.abs(fit.outer) <= from_walls.near_mm))
    # The rim of a plate looks thick along it.
    rows = rows[_solid(volume, at[rows], facing[rows], fit, rows, fit.peak[rows], guess.outside)][: from_walls.profiles]
    found = density_by_walls(profiles.chosen(rows), guess.bone, guess.outside, guess.noise, guess.calibrated)
    if found is None:
        return replace(guess, spread=_SET.unsure * guess.contrast)
    unsure = found.bone_sd / (found.bone - guess.outside)
    return replace(guess, bone=found.bone, variance=found.widths**2 * guess.variance, unsure=unsure)


def _promising(volume: Volume, places: np.ndarray, normals: np.ndarray, bone: float, outside: float) -> np.ndarray:
    """Rows of the places beneath which it is bright for a while: the only ones that may be thick."""
    some = np.random.default_rng(1).permutation(len(places))[: _SET.looked_at]
    least = outside + _SET.like_bone * (bone - outside)
    for depth in _SET.depths_mm:
        some = some[interpolate(volume, places[some] - depth * normals[some]) >= least]
    return some


def _guessed(volume: Volume) -> np.ndarray:
    axes = volume.affine[:3, :3]
    return _SET.guessed_mm**2 * np.eye(3) + axes @ axes.T / 12.0


def _thick(fit: WallFit, bone: float, outside: float, contrast: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which profiles (n,) show thick bone: walls with both faces, and solid bone that shows one; the grey value of bone of
    each and its standard deviation."""
    one = ~fit.good & (fit.single_misfit <= 0.05 * contrast) & (np.abs(fit.drop) <= 0.08 * contrast)
    values = np.where(one, fit.right, fit.bone)
    sd = np.where(one, 0.02 * contrast, fit.bone_sd)
    like = values - outside >= _SET.like_bone * contrast
    clear = fit.good & (fit.bone_sd <= 0.06 * contrast)
    thick = one & like
    for widths in _SET.thick_widths:
        thick = (one | (clear & (fit.thickness >= widths * fit.width))) & like
        if thick.sum() >= _SET.enough:
            break
    return thick, values, sd


def _solid(
    volume: Volume,
    places: np.ndarray,
    normals: np.ndarray,
    fit: WallFit,
    rows: np.ndarray,
    values: np.ndarray,
    outside: float,
) -> np.ndarray:
    """(n,) bool: bone that reaches to all sides from the middle of the wall; the rim of a plate looks thick along it."""
    if not len(rows):
        return np.zeros(0, dtype=bool)
    depth = np.clip(0.5 * (fit.outer + fit.inner)[rows], None, fit.outer[rows] + 4.0 * fit.width[rows])
    middle = places - depth[:, None] * normals
    first = np.cross(normals, np.eye(3)[np.argmin(np.abs(normals), axis=1)])
    first /= np.maximum(np.linalg.norm(first, axis=1), 1e-9)[:, None]
    second = np.cross(normals, first)
    bright = np.ones(len(rows), dtype=bool)
    for way in (first, -first, second, -second):
        share = (interpolate(volume, middle + _SET.solid_mm * way) - outside) / np.maximum(values - outside, 1e-6)
        bright &= share >= _SET.solid
    return bright


def _variance(volume: Volume, normals: np.ndarray, widths: np.ndarray) -> np.ndarray | None:
    """(3, 3) mm2 in LPS: in the plane of the slices and across, from the widths along normals; None where they do not
    agree."""
    axes = volume.affine[:3, :3]
    across = np.cross(axes[:, 0], axes[:, 1])
    across /= np.linalg.norm(across)
    share = (normals @ across) ** 2
    square, keep = widths**2, np.ones(len(widths), dtype=bool)
    spacing = np.array(volume.spacing)
    behind = (spacing[2] ** 2 - spacing[0] * spacing[1]) / 12.0
    found = np.zeros(2)
    for _ in range(6):
        some = np.flatnonzero(keep)
        if len(some) < _SET.enough:
            return None
        if share[some].var() < 0.01:
            found = np.array([np.median(square[some] - behind * share[some]), 0.0])
            found[1] = found[0] + behind
        else:
            model = np.stack([1.0 - share[some], share[some]], axis=1)
            found = np.linalg.lstsq(model, square[some], rcond=None)[0]
        off = square - (1.0 - share) * found[0] - share * found[1]
        limit = 2.5 * 1.4826 * np.median(np.abs(off[some]))
        keep = np.abs(off) <= max(limit, 1e-6)
    # A short or round piece of bone may show no slice profile at all.
    found[1] = max(found[1], found[0] + _SET.slice * behind)
    least = 0.2 * min(spacing) ** 2
    if found[0] < least or found[1] < least:
        return None
    return np.asarray(found[0] * np.eye(3) + (found[1] - found[0]) * np.outer(across, across))


def _cells(
    places: np.ndarray, values: np.ndarray, typical: float, spread: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Densities summed in cells and spread to what lies near; strays count less."""
    from scipy import ndimage

    origin = places.min(axis=0) - 3.0 * _SET.near_mm
    shape = np.ceil((places.max(axis=0) + 3.0 * _SET.near_mm - origin) / _SET.cell_mm).astype(int) + 1
    at = tuple(np.rint((places - origin) / _SET.cell_mm).astype(int).T)
    weight = 1.0 / (1.0 + ((values - typical) / (3.0 * spread)) ** 2)
    sums, weights = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, at, weight * values)
    np.add.at(weights, at, weight)
    blurred = [ndimage.gaussian_filter(v, _SET.near_mm / _SET.cell_mm, mode="constant") for v in (sums, weights)]
    # One place at hand counts about as much as what is known of the whole scan.
    unit = (2.0 * np.pi) ** 1.5 * (_SET.near_mm / _SET.cell_mm) ** 3 / 3.0
    return origin, blurred[0] * unit, blurred[1] * unit
