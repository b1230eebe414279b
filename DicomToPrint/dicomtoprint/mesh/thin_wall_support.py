"""How a stretch of thin wall hangs on the rest: on which sides it goes on into thicker solid, and where it ends free."""

from collections.abc import Sequence

import numpy as np

from ..messages import _
from ..progress import ProgressCallback, no_progress
from .arrays import Mask
from .ray_casting import RayCaster
from .surface_patches import SurfacePatch
from .thickness import ThicknessField, same_object_filter, tangent_basis

MAX_PATCHES = 100
PROBES_PER_PATCH = 120  # samples a stretch
STEPS = 4
REACH = 3.0  # limits: how far a probe looks for the end of its wall
APART = 0.5  # cosine: attachments more than 60 degrees apart are two sides
BEND_EIGENVALUE = 0.18  # of the normals' spread across the wall: a bend of 90 degrees and more
MIN_FRACTION = 0.1  # of the pairs of attachments, or of the probes, from which on they count


def find_unsupported_walls(
    field: ThicknessField,
    rays: RayCaster,
    stretches: Sequence[SurfacePatch],
    limit_mm: float,
    progress: ProgressCallback = no_progress,
) -> Mask:
    """(s,) bool: which stretches of wall, thinner than `limit_mm`, end free and are connected to the rest on fewer than two sides.

    That is how guidelines tell unsupported from supported walls. From the middle of the wall probes look along it in eight directions:
    where it becomes as thick as the limit within three of them it is attached, where they leave it through a rim it ends free.
    Attachments that look more than 60 degrees apart are two sides. A wall that bends by 90 degrees or more, or closes on itself,
    carries itself. Of more than a hundred stretches the first are looked at.
    """
    result = np.zeros(len(stretches), dtype=bool)
    chosen = [_spread(stretch.rows) for stretch in stretches[:MAX_PATCHES]]
    if not chosen:
        return result
    rows = np.concatenate(chosen)
    owner = np.repeat(np.arange(len(chosen)), [len(own) for own in chosen])
    free, attached, opposite = _looked_along(field, rays, rows, limit_mm, progress)
    for index, stretch in enumerate(stretches[:MAX_PATCHES]):
        own = owner == index
        ends = free[own].mean() >= MIN_FRACTION
        result[index] = (
            ends
            and not _bends(field.samples.normals[stretch.rows], field.samples.area[stretch.rows])
            and not (opposite[own].mean() >= MIN_FRACTION or _on_two_sides(attached[own]))
        )
    return result


def _spread(rows: np.ndarray) -> np.ndarray:
    return rows[np.unique(np.linspace(0, len(rows) - 1, PROBES_PER_PATCH).astype(np.int64))]


def _looked_along(
    field: ThicknessField, rays: RayCaster, rows: np.ndarray, limit_mm: float, progress: ProgressCallback
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of the samples `rows` (n,): whether the wall ends free near it (n,), the direction (n, 3) in which it is attached, zero
    where in none, and whether it is attached in opposite directions (n,)."""
    samples, reach = field.samples, REACH * limit_mm
    normals = samples.normals[rows]
    middle = samples.points[rows] + field.side * 0.5 * field.distance[rows, None] * normals
    first, second = tangent_basis(normals)
    free, count = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=np.int64)
    total = np.zeros((len(rows), 3))
    own = same_object_filter(rays, samples, field.side)
    own = None if own is None else own[rows]
    for step, turn in enumerate(np.pi / 4.0 * np.arange(8)):
        progress(step / 8.0, _("looking how thin walls are held"))
        along = np.cos(turn) * first + np.sin(turn) * second
        hits = rays.first_hit(middle, along, True, reach, of=own)
        thick = np.zeros(len(rows), dtype=bool)
        for share in np.arange(1, STEPS + 1) / STEPS:
            inside = np.flatnonzero(~thick & (hits.distance > share * reach))
            at = middle[inside] + share * reach * along[inside]
            of = None if own is None else own[inside]
            there = sum(
                rays.first_hit(at, sign * normals[inside], True, limit_mm, of=of).distance for sign in (1.0, -1.0)
            )
            thick[inside[there >= limit_mm]] = True
        rim = (hits.triangle >= 0) & (np.einsum("ij,ij->i", rays.normals[hits.triangle], along) > 0.7)
        free |= rim & ~thick
        total[thick] += along[thick]
        count += thick
    length = np.linalg.norm(total, axis=1)
    # Directions towards one straight root add up; towards two opposite ones they cancel.
    opposite = (count >= 2) & (length < 0.4 * count)
    total[opposite | (count == 0)] = 0.0
    return free, np.divide(total, length[:, None], out=np.zeros_like(total), where=(length > 1e-9)[:, None]), opposite


def _on_two_sides(attached: np.ndarray) -> bool:
    directions = attached[np.linalg.norm(attached, axis=1) > 0.5]
    if len(directions) < 2:
        return False
    return bool((directions @ directions.T < APART).mean() >= MIN_FRACTION)


def _bends(normals: np.ndarray, area: np.ndarray) -> bool:
    """Whether the wall turns by 90 degrees or more: its normals, either way round, fill more than a narrow fan."""
    spread = np.linalg.eigvalsh((normals * area[:, None]).T @ normals / max(float(area.sum()), 1e-12))
    return bool(spread[1] > BEND_EIGENVALUE)
