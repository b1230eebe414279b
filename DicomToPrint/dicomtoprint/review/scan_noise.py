"""The noise of a scan taken out by its neighbours on the same face, so that edges stay and no trend is lost."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..mesh.arrays import Points
from ..mesh.edge_table import EdgeTable

if TYPE_CHECKING:
    from scipy import sparse

_WANTED_ERROR_MM = 0.008  # standard error of a mean: over so many neighbours it goes as the scan's noise asks for
_FARTHEST_MM = 3.0  # and no farther around
_MOST_ROUNDS = 40
_SAME_FACE = 0.7  # cosine between the model's normals
_STEP_VARIANCE = 0.43  # of a round, in squared spacings along each axis: a point and six neighbours at 60 degrees
_ROUND_COUNT = 6.2  # points that a round adds to a mean, by that variance
_OUTLIER = 4.0  # standard deviations from the neighbours


@dataclass(frozen=True)
class SteadyOffsets:
    """`values` (n,) mm without noise; `noise_mm` the standard deviation that was taken out, `error_mm` what is left of it."""

    values: np.ndarray
    noise_mm: float
    error_mm: float


def steady_offsets(
    points: Points, facing: Points, offsets: np.ndarray, usable: np.ndarray, edges: EdgeTable
) -> SteadyOffsets:
    """Offsets of a scan's points averaged with those of neighbours.

    Parameters
    ----------
    points
        (n, 3) mm, in the model's place.
    facing
        (n, 3) unit normals of the model at each.
    offsets
        (n,) mm from the model, without the trend of the whole.
    usable
        (n,) bool; the others keep their values and say nothing to their neighbours.
    edges
        Of the scan's triangles.
    """
    first, second = edges.ends.T
    length = np.linalg.norm(points[first] - points[second], axis=1)
    same = usable[first] & usable[second] & (length < _FARTHEST_MM)
    same &= np.einsum("ij,ij->i", facing[first], facing[second]) > _SAME_FACE
    if not same.any():
        return SteadyOffsets(offsets, 0.0, 0.0)
    first, second, length = first[same], second[same], length[same]
    noise = max(1.4826 * float(np.median(np.abs(offsets[first] - offsets[second]))) / np.sqrt(2.0), 1e-4)
    links = _links(first, second, len(points))
    good = _without_outliers(links, offsets, usable, noise)
    rounds = min(
        (noise / _WANTED_ERROR_MM) ** 2 / _ROUND_COUNT, (_FARTHEST_MM / np.median(length)) ** 2 / _STEP_VARIANCE
    )
    # A second column of pure noise tells how much of it is left.
    probe = np.random.default_rng(0).standard_normal(len(points))
    values, weight = np.stack([good * offsets, good * probe], axis=1), good.copy()
    degree = np.asarray(links.sum(axis=1)).ravel() + 1.0
    for _round in range(int(np.clip(round(rounds), 0, _MOST_ROUNDS))):
        values = (links @ values + values) / degree[:, None]
        weight = (links @ weight + weight) / degree
    known = usable & (weight > 1e-3)
    means = np.where(known[:, None], values / np.maximum(weight, 1e-3)[:, None], np.stack([offsets, probe], axis=1))
    error = noise * float(np.sqrt(np.mean(means[usable, 1] ** 2)))
    return SteadyOffsets(means[:, 0], noise, error)


def _links(first: np.ndarray, second: np.ndarray, count: int) -> "sparse.csr_array":
    from scipy import sparse

    rows, columns = np.concatenate([first, second]), np.concatenate([second, first])
    return sparse.csr_array((np.ones(len(rows)), (rows, columns)), (count, count))


def _without_outliers(links: "sparse.csr_array", offsets: np.ndarray, usable: np.ndarray, noise: float) -> np.ndarray:
    """(n,) 1.0 for points that lie where their neighbours say, 0.0 for spikes and what is not usable."""
    good = usable.astype(np.float64)
    for _round in range(2):
        count = links @ good
        mean = np.where(count > 0.0, (links @ (good * offsets)) / np.maximum(count, 1.0), offsets)
        near = np.abs(offsets - mean) < _OUTLIER * noise * np.sqrt(1.0 + 1.0 / np.maximum(count, 1.0))
        good = (usable & near).astype(np.float64)
    return good
