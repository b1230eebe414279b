"""The pose of a part to a hundredth of a millimetre, its scale in three axes and its bend, and how well the shape defines them."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points
from .edge_effect import edge_effects
from .model_surface import ModelSurface
from .scan_points import ScanPoints
from .types import Pose, rotation_of

_ROUNDS = 30
_RESISTED = 0.02  # motions that move the surface along its normals by a smaller share of their size are not made
_STILL_MM = 3e-4  # a pose that moves less has come to rest
_TUKEY = 6.0  # robust standard deviations beyond which a point has no say
_FACING = 0.5
_SURE = 5e-3  # of the squared correlation: below it two unknowns tell the same, as scale and growth of a ball
_UNSURE = 0.1  # of an unknown: with a larger share in what nothing tells apart it is not told
_FARTHEST_SCALE = 1.25  # in either direction: a fit that goes farther has lost the part
_FAR_SHARE = 0.05  # of the diagonal: how far off a point is, is not asked beyond this
_FACE_MM = 0.003  # no face of a scan is known better, of however many points
_TOLD_SHARE = 0.5  # of what the scan has to say of a scale that must agree with it


@dataclass(frozen=True)
class Fit:
    """Where the part lies and how it differs as a whole.

    Attributes
    ----------
    pose
        From the part's file to the model.
    scale
        (3,) how many times larger the part is than the model along x, y, z of the model, about `ModelSurface.centre`.
    scale_error
        (3,) standard errors of them; inf where the shape does not define one, or most of the faces that tell it agree with none.
    growth_mm, growth_error_mm
        How far the surface lies outside the model all over, besides scale, and its standard error: without it a part that is thicker
        all over would seem scaled and moved.
    noise_mm
        Robust standard deviation of what remains.
    undefined
        Unit motions (k, 6) that the shape does not resist: rotation vector about the centre times the radius of gyration, then shift.
    radius_mm
        That radius.
    stiffness
        (6,) how many mm the surface gives way, root mean square along its normals, for a motion of 1 mm along each of the principal
        motions, the weakest first.
    offsets
        (n,) mm, what remains at each point; `share` of the points that had a say.
    """

    pose: Pose
    scale: np.ndarray
    scale_error: np.ndarray
    growth_mm: float
    growth_error_mm: float
    noise_mm: float
    undefined: np.ndarray
    radius_mm: float
    stiffness: np.ndarray
    offsets: np.ndarray
    share: float


def fit_pose(
    surface: ModelSurface,
    scan: ScanPoints,
    start: Pose,
    *,
    reach_mm: float,
    has_scale: bool = True,
    defined_share: float = 0.02,
    rounds: int = _ROUNDS,
) -> Fit:
    """Point to plane with Tukey's weights from `start`, pose and scale together, so that scale does not turn the part.

    Parameters
    ----------
    surface, scan
        Model and part.
    start
        A pose within some degrees; points farther than `reach_mm` have no say at first.
    has_scale
        Whether scale is estimated; without it, it is 1.
    defined_share
        Motions that move the surface along its normals by a smaller share of their size are told as not defined.
    rounds
        At most.
    """
    turned, shift, scale, growth = start.rotation, start.translation, np.ones(3), 0.0
    centre, radius = surface.centre, float(np.linalg.norm(surface.sides) / np.sqrt(12.0))
    reach, found, before = reach_mm, None, np.inf
    for _round in range(rounds):
        moved = (scan.points @ turned.T + shift - centre) / scale
        offset, facing, _gap = surface.offsets(moved + centre, 2.0 * reach + surface.step)
        offset = offset - growth
        says = np.einsum("ij,ij->i", scan.normals @ turned.T, facing) > _FACING
        says &= np.abs(offset) < 2.0 * reach
        offset = np.where(says, offset, 0.0)
        if says.sum() < 50:
            break
        # The inlier range shrinks from round to round: few faces tell the scale of a flat part, and at first they lie far beyond its noise.
        inner = _TUKEY * max(1.4826 * float(np.median(np.abs(offset[says]))), 0.003)
        cut = max(reach, inner)
        weight = np.where(says, np.clip(1.0 - (offset / cut) ** 2, 0.0, None) ** 2, 0.0)
        lever = np.column_stack([np.cross(moved, facing) / radius, facing, -moved * facing, -np.ones(len(facing))])
        if not has_scale:
            lever[:, 6:] = 0.0
        motion, found = _solve(lever, offset, weight)
        turned_by = rotation_of(motion[:3] / radius)
        # The motion is that of the part as it lies in the model, before its scale is taken out.
        turned = turned_by @ turned
        shift = turned_by @ (shift - centre) + centre + motion[3:6]
        scale = np.clip(scale * (1.0 + motion[6:9]), 1.0 / _FARTHEST_SCALE, _FARTHEST_SCALE)
        # What the shape does not tell from scale is not growth: then scale is that of the outer size.
        growth = float(np.clip(growth + motion[9], -reach_mm, reach_mm)) if found.defined[9] else 0.0
        reach = max(0.7 * reach, inner)
        size = float(np.abs(motion[:6]).max() + radius * np.abs(motion[6:9]).max() + abs(motion[9]))
        if cut <= 1.01 * inner and (size < _STILL_MM or (size < 10.0 * _STILL_MM and size > 0.8 * before)):
            break
        before = size
    return _fitted(surface, scan, Pose(turned, shift), scale, growth, found, radius, defined_share)


@dataclass(frozen=True)
class _Solution:
    covariance: np.ndarray
    stiffness: np.ndarray
    motions: np.ndarray
    share: float
    defined: np.ndarray


def _solve(lever: Points, offset: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, _Solution]:
    """The motion (10,) that takes the offsets away, and what defines it: directions that the surface does not resist are left out."""
    total = float(weight.sum())
    matrix = (lever * weight[:, None]).T @ lever / total
    right = -(lever * weight[:, None]).T @ offset / total
    rigid, motions = np.linalg.eigh(matrix[:6, :6])
    stiffness = np.sqrt(np.clip(rigid, 0.0, None))
    loose = motions[:, stiffness < _RESISTED]
    basis = np.zeros((10, 10 - loose.shape[1]))
    kept = np.linalg.svd(loose, full_matrices=True)[0][:, loose.shape[1] :] if loose.size else np.eye(6)
    basis[:6, : kept.shape[1]] = kept
    basis[6:, kept.shape[1] :] = np.eye(4)
    inverse, unsure = _inverse(basis.T @ matrix @ basis)
    defined = np.concatenate([np.ones(6, bool), (unsure[-4:] < _UNSURE) & (np.diag(matrix)[6:] > 1e-6)])
    if not defined[9]:
        basis = basis[:, :-1]
        inverse, _unsure = _inverse(basis.T @ matrix @ basis)
    motion = basis @ inverse @ basis.T @ right
    covariance = basis @ inverse @ basis.T / max(float((weight > 0).sum()), 1.0)
    return motion, _Solution(covariance, stiffness, motions, float((weight > 0).mean()), defined)


def _inverse(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The inverse (n, n) without the combinations of unknowns that nothing tells apart, and the share (n,) of each unknown in them."""
    sizes = np.sqrt(np.maximum(np.diag(matrix), 1e-12))
    values, vectors = np.linalg.eigh(matrix / np.outer(sizes, sizes))
    sure = values > _SURE
    inverse: np.ndarray = (vectors[:, sure] / values[sure]) @ vectors[:, sure].T / np.outer(sizes, sizes)
    return inverse, np.einsum("ij,ij->i", vectors[:, ~sure], vectors[:, ~sure])


def _fitted(
    surface: ModelSurface,
    scan: ScanPoints,
    pose: Pose,
    scale: np.ndarray,
    growth: float,
    found: _Solution | None,
    radius: float,
    defined_share: float,
) -> Fit:
    offset, lever, facing = _remaining(surface, scan, pose, scale, growth)
    inner = np.abs(offset[np.isfinite(offset)])
    noise = 1.4826 * float(np.median(inner)) if len(inner) else float("inf")
    if found is None:
        return Fit(pose, scale, np.full(3, np.inf), growth, np.inf, noise, np.eye(6), radius, np.zeros(6), offset, 0.0)
    # Of several points on a triangle each is a mean of its corners, with about half their variance.
    shared = 2.0 * scan.sharing if scan.sharing > 1.0 else 1.0
    error = noise * np.sqrt(shared * np.clip(np.diag(found.covariance)[6:], 0.0, None))
    error = np.where(found.defined[6:], error, np.inf)
    cut = _TUKEY * max(noise, 0.003)
    if np.isfinite(error[:3]).any():
        error[:3] = _length_errors(error[:3], lever, facing, np.abs(offset), cut)
        held = np.abs(offset) < cut
        placed = pose.apply(scan.points[held])
        error[:3] += edge_effects(surface, placed, facing[held], lever[held], offset[held], scan.spacing_mm)
    loose = found.motions.T[found.stiffness < defined_share]
    return Fit(
        pose, scale, error[:3], growth, float(error[3]), noise, loose, radius, found.stiffness, offset, found.share
    )


def _length_errors(errors: np.ndarray, lever: Points, facing: Points, offsets: np.ndarray, cut: float) -> np.ndarray:
    """Standard errors (3,) of scale with what more points do not make smaller; inf where most of the faces that tell it lie off.

    `lever` (n, 3) is how far scale along each axis moves a point along the model's normal `facing` (n, 3).
    """
    near, held = np.isfinite(offsets), offsets < cut
    squares = lever**2
    all_told, told = squares[near].sum(axis=0), squares[held].sum(axis=0)
    arm = np.sqrt(told / np.maximum((facing[held] ** 2).sum(axis=0), 1e-12))
    result: np.ndarray = np.hypot(errors, _FACE_MM / np.maximum(arm, 1e-12))
    result[told < _TOLD_SHARE * all_told] = np.inf
    return result


def remaining_offsets(
    surface: ModelSurface, scan: ScanPoints, pose: Pose, scale: np.ndarray, growth: float
) -> np.ndarray:
    """(n,) signed mm from the model's planes, with scale and growth taken out; inf for points that face the other way or are far off."""
    return _remaining(surface, scan, pose, scale, growth)[0]


def _remaining(
    surface: ModelSurface, scan: ScanPoints, pose: Pose, scale: np.ndarray, growth: float
) -> tuple[np.ndarray, Points, Points]:
    """`remaining_offsets`, the lever (n, 3) mm of scale along each axis at each point, and the model's normals (n, 3)."""
    placed = (pose.apply(scan.points) - surface.centre) / scale
    offset, facing, gap = surface.offsets(placed + surface.centre, _FAR_SHARE * float(np.linalg.norm(surface.sides)))
    offset = offset - growth
    against = np.einsum("ij,ij->i", scan.normals @ pose.rotation.T, facing) <= 0.0
    # Beyond the end of a face its plane is near and the face is not.
    size = np.maximum(np.abs(offset), np.linalg.norm(gap, axis=1) - 2.0 * surface.step)
    offset = np.where(against | ~np.isfinite(offset), np.inf, np.copysign(size, offset))
    return offset, placed * facing, facing
