"""The part found in any pose, without hand work; and whether its shape says which pose it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import InputError
from ..mesh.components import label_components
from ..mesh.core import Mesh, keep_triangles
from ..mesh.surface_sampling import draw_by_weight
from ..messages import _, join
from ..progress import ProgressCallback, no_progress, subprogress
from .fine_fit import Fit, fit_pose, remaining_offsets
from .global_search import build_nearest_grid, search_poses
from .model_surface import ModelSurface
from .scan_points import LOOSE_SHARE, ScanPoints, corner_normals, draw_points, measured_areas, sample_scan
from .types import PATIENT, Pose, SearchLimits

_COARSE_POINTS, _ROUGH_POINTS, _MIDDLE_POINTS, _FINE_POINTS = 400, 800, 2_000, 24_000
_NEAR_POSES = 8  # that are fitted with more points
_GRID_POINTS = 8_000
_BESIDE = 2.0  # spacings of the points of a large piece within which a small one lies beside it
_NEAR_SHARE = 0.5  # of a part that lies near its model: with less it is another one
_ALIKE_MM = 0.03  # fits of less than this do not differ before they are refined


@dataclass(frozen=True)
class Registration:
    """The part in the model's place.

    `fit` is the best pose. `others` are poses that fit as well, so that nobody knows which one is true (see `ambiguity_words`). `scan` are
    the points that the fit was made with, `pieces` what of the part hangs together (see `label_components`).
    """

    fit: Fit
    scan: ScanPoints
    others: tuple[Pose, ...] = ()
    pieces: tuple[np.ndarray, int] | None = None

    @property
    def is_ambiguous(self) -> bool:
        """Whether the shape leaves open where the part lies."""
        return bool(self.others) or len(self.fit.undefined) > 0


def register_part(
    surface: ModelSurface, part: Mesh, limits: SearchLimits, progress: ProgressCallback = no_progress
) -> Registration:
    """Finds the pose of `part` (mm, any pose, parts of it may be missing) on the model.

    Raises `InputError` where its size says another unit, or where no pose brings it near the model.
    """
    pieces = label_components(part)
    main = main_piece(part, pieces)
    _refuse_other_size(surface, main)
    progress(0.0, _("looking for the pose"))
    at_points = corner_normals(main)
    fine = sample_scan(main, _FINE_POINTS, weights=measured_areas(main), at_points=at_points)
    middle = sample_scan(main, _MIDDLE_POINTS, seed=1, at_points=at_points)
    coarse, rough = first_points(middle, _COARSE_POINTS), first_points(middle, _ROUGH_POINTS)
    points, normals = _model_points(surface)
    grid = build_nearest_grid(points, normals)
    starts = search_poses(grid, coarse.points, coarse.normals, limits.rotations, limits.kept)
    reach = 0.02 * grid.diagonal
    fits = [fit_pose(surface, rough, start, reach_mm=reach, has_scale=False, rounds=8) for start in starts]
    progress(0.4, _("fitting poses"))
    near = _distinct(surface, rough, fits, limits)[:_NEAR_POSES]
    fits = [fit_pose(surface, middle, fit.pose, reach_mm=reach, has_scale=False, rounds=15) for fit in near]
    chosen = _possible(surface, middle, _distinct(surface, middle, fits, limits))[:5]
    # Half of what a part must come near in the end, and without its scale: another part is told before the slow fits.
    _refuse_far(float((np.abs(chosen[0].offsets) < reach).mean()), 0.5 * _NEAR_SHARE)
    step = subprogress(progress, 0.7, 1.0)
    refined = []
    for index, fit in enumerate(chosen):
        step(index / len(chosen), _("fitting pose and scale"))
        points_of = fine if index == 0 else first_points(fine, 2 * _MIDDLE_POINTS)
        refined.append(fit_pose(surface, points_of, fit.pose, reach_mm=reach, defined_share=limits.defined_share))
    return replace(_decided(surface, fine, refined, limits), pieces=pieces)


def _refuse_far(near: float, least: float) -> None:
    """Raises `InputError` where too small a share of the part comes `near` the model in its best pose."""
    if near < least:
        raise InputError(
            _(
                "No pose brings the scanned part onto the model: only {near:.0f} % of it come near. Give the "
                "scan of this model, without table and holder, in mm ({--unit}).",
                near=100 * near,
            )
        )


def main_piece(part: Mesh, pieces: tuple[np.ndarray, int] | None = None) -> Mesh:
    """The part without small pieces that lie apart: what a scanner sees besides the part must not draw it away.

    Small pieces beside a large one are of the part: many scans have no edges, and the end of a bar is alone in telling its length.
    `pieces` are the part's `label_components`, where they are at hand.
    """
    from scipy.spatial import cKDTree

    labels, count = label_components(part) if pieces is None else pieces
    area = np.bincount(labels, np.linalg.norm(part.triangle_normals(), axis=1)) / 2.0
    keep = area > LOOSE_SHARE * area.sum()
    if keep.all() or not keep.any():
        return part
    large = keep_triangles(part, keep[labels])
    _triangle, _shares, points = draw_points(large, _FINE_POINTS)
    small = np.flatnonzero(~keep[labels])
    middles = part.points[part.triangles[small]].astype(np.float64).mean(axis=1)
    distance, _nearest = cKDTree(points).query(middles, workers=-1)
    nearest = np.full(count, np.inf)
    np.minimum.at(nearest, labels[small], distance)
    keep |= nearest < _BESIDE * np.sqrt(large.area / _FINE_POINTS)
    return keep_triangles(part, keep[labels])


def first_points(scan: ScanPoints, count: int) -> ScanPoints:
    """The first points of a scan, which stand in an order of chance."""
    return replace(
        scan,
        points=scan.points[:count],
        normals=scan.normals[:count],
        triangle=scan.triangle[:count],
        areas=scan.areas[:count] * (len(scan.points) / max(min(count, len(scan.points)), 1)),
        sharing=max(scan.sharing * min(count / len(scan.points), 1.0), 1.0),
    )


def _refuse_other_size(surface: ModelSurface, part: Mesh) -> None:
    model, found = (float(np.linalg.norm(np.ptp(mesh.points, axis=0))) for mesh in (surface.mesh, part))
    for name, factor in (("inch", 25.4), ("cm", 10.0), ("m", 1000.0)):
        if 0.6 < found * factor / max(model, 1e-9) < 1.6 and not 0.3 < found / max(model, 1e-9) < 1.8:
            raise InputError(
                _(
                    "The scanned part is {found:.3g} mm large and the model {model:.0f} mm: say the unit of the "
                    "scan, such as {--unit:{name}}.",
                    found=found,
                    model=model,
                    name=name,
                )
            )
    if not 0.2 < found / max(model, 1e-9) < 5.0:
        raise InputError(
            _(
                "The scanned part is {found:.3g} mm large and the model {model:.0f} mm: give the scan of "
                "this model, and its unit with {--unit}.",
                found=found,
                model=model,
            )
        )


def _model_points(surface: ModelSurface) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    areas = np.linalg.norm(surface.mesh.triangle_normals(), axis=1)
    u, v = np.sqrt(random.random(_GRID_POINTS)), random.random(_GRID_POINTS)
    shares = np.stack([1.0 - u, u * (1.0 - v), u * v], axis=1)
    triangle, points = draw_by_weight(surface.mesh, areas, (np.arange(_GRID_POINTS) + 0.5) / _GRID_POINTS, shares)
    return points, surface.normals[triangle]


def _squares(offsets: np.ndarray, cut: float) -> np.ndarray:
    return np.minimum(np.where(np.isfinite(offsets), offsets, cut) ** 2, cut**2)


def _distinct(surface: ModelSurface, scan: ScanPoints, fits: Sequence[Fit], limits: SearchLimits) -> list[Fit]:
    """The fits, the best first, without those that came to the same pose."""
    cut = 0.01 * float(np.linalg.norm(surface.sides))
    kept: list[Fit] = []
    for fit in sorted(fits, key=lambda fit: float(_squares(fit.offsets, cut).mean())):
        if all(_is_apart(surface, fit.pose, other.pose, limits) for other in kept):
            kept.append(fit)
    return kept


def _possible(surface: ModelSurface, scan: ScanPoints, fits: Sequence[Fit]) -> list[Fit]:
    """The best fit, and those that could come out as good with scale."""
    cut = 0.01 * float(np.linalg.norm(surface.sides))
    means = [float(_squares(fit.offsets, cut).mean()) for fit in fits]
    return [fit for fit, mean in zip(fits, means) if mean < 3.0 * means[0] + _ALIKE_MM**2]


def _is_apart(surface: ModelSurface, one: Pose, other: Pose, limits: SearchLimits) -> bool:
    """Whether two poses of the part put it in other places."""
    middle = one.rotation.T @ (surface.centre - one.translation)  # of the model, in the part's file
    shift = np.linalg.norm(one.apply(middle[None]) - other.apply(middle[None]))
    far = float(np.linalg.norm(surface.sides))
    return bool(one.angle_to(other) > limits.apart_degrees or shift > limits.apart_share * far)


def _decided(surface: ModelSurface, scan: ScanPoints, fits: Sequence[Fit], limits: SearchLimits) -> Registration:
    """The best fit, and whether another one could as well be true: point by point, on the same points."""
    offsets = [remaining_offsets(surface, scan, fit.pose, fit.scale, fit.growth_mm) for fit in fits]
    noise = min(fit.noise_mm for fit in fits)
    diagonal = float(np.linalg.norm(surface.sides))
    cut = float(np.clip(10.0 * noise, 0.005 * diagonal, 0.015 * diagonal))
    squares = [_squares(values, cut) for values in offsets]
    best = int(np.argmin([values.mean() for values in squares]))
    if best:  # refined with fewer points
        again = fit_pose(
            surface, scan, fits[best].pose, reach_mm=2.0 * cut, defined_share=limits.defined_share, rounds=15
        )
        squares[best] = _squares(again.offsets, cut)
    fit = again if best else fits[0]
    _refuse_far(float((np.abs(fit.offsets) < cut).mean()), _NEAR_SHARE)
    others = []
    for index, other in enumerate(fits):
        if index == best or not _is_apart(surface, other.pose, fit.pose, limits):
            continue
        more = squares[index] - squares[best]
        z = float(more.mean() / max(more.std() / np.sqrt(len(more)), 1e-12))
        gain = float(more.mean() / max(np.minimum(squares[best], (3.0 * fit.noise_mm) ** 2).mean(), 1e-12))
        worse = float(np.sqrt(max(more.mean(), 0.0)))
        if z < limits.least_z or gain < limits.least_gain or worse < limits.least_difference_mm:
            others.append(other.pose)
    return Registration(fit, scan, tuple(others))


def ambiguity_words(fit: Fit, others: int, axes: tuple[str, str, str] = PATIENT) -> tuple[str, ...]:
    """What of the pose the shape does not say, a sentence each; empty where it is known.

    `others` is the number of poses that fit as well, `axes` what those of the model's file are called.
    """
    words = []
    if others:
        words.append(
            _("The shape looks the same in {count} poses, so that nobody knows which one the scan shows.").format(
                count=others + 1
            )
        )
    turns = [motion for motion in fit.undefined if np.linalg.norm(motion[:3]) >= np.linalg.norm(motion[3:])]
    shifts = [motion for motion in fit.undefined if np.linalg.norm(motion[:3]) < np.linalg.norm(motion[3:])]
    if turns:
        words.append(
            _("The shape does not say how it is turned about {axes}.").format(
                axes=_("any axis")
                if len(turns) == 3
                else join("; ", (axis_words(motion[:3], axes) for motion in turns))
            )
        )
    if shifts:
        words.append(
            _("The shape does not say where it lies along {axes}.").format(
                axes=join("; ", (axis_words(motion[3:], axes) for motion in shifts))
            )
        )
    return tuple(words)


def axis_words(direction: np.ndarray, axes: tuple[str, str, str]) -> str:
    """A direction of the model's file, such as ``S`` or ``R 0.7, A 0.7``."""
    unit = np.asarray(direction, float) * ((-1.0, -1.0, 1.0) if axes == PATIENT else (1.0, 1.0, 1.0))
    unit = unit / max(float(np.linalg.norm(unit)), 1e-12)
    unit *= np.sign(unit[np.argmax(np.abs(unit))])
    strong = [(name, value) for name, value in zip(axes, unit) if abs(value) > 0.1]
    return (
        strong[0][0]
        if len(strong) == 1
        else join(", ", (_("{name} {value:.1f}", name=name, value=value) for name, value in strong))
    )
