"""Parts of a vessel's model that may be no vessel: bone with a thin cortex or an organ, where both are as bright as the blood."""

from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from ..messages import _
from ..voxel_components import Box
from .near_distance import grown_by, shrunk_by
from .state import SegmentationState
from .vessel_ends import in_words, place_in_ras

_CELL_MM = 1.0  # finer voxels are left out: what is looked for is 10 mm wide
_LEAST_WIDTH_MM, _LEAST_MM3 = 10.0, 1000.0  # of a part worth a word: a body of a vertebra, not a branch
_NECK = 1.6  # times as wide as its neck is a part of its own
_LONGEST = 2.0  # times as long as wide, by its moments: a tube behind a narrowing is longer
_LEVEL = 1.2  # from one width of a neck to the next
_NO_NARROWER = 0.9  # share of its own width to which the way from the seed to the trunk may narrow
_AT_SEED_MM = 5.0
_PORES_MM, _WITHIN_MM, _LEAST_PORES_MM3 = 2.0, 2.0, 300.0  # holes of spongy bone: half as wide, as deep, and as many

WORDS = {
    "neck": _("a compact part hangs on by a narrow neck"),
    "pores": _("it has gaps inside, as spongy bone has, or a flap or a clot"),
}


@dataclass(frozen=True)
class VesselDoubt:
    """What may be no vessel: a compact part behind a `neck`, or one with `pores`; place in RAS mm, size in mm3."""

    kind: Literal["neck", "pores"]
    place: tuple[float, float, float]
    size: float


def note_doubts(state: SegmentationState, vessel: np.ndarray, starts: np.ndarray, box: Box) -> None:
    """Notes and warns of parts that may be bone or an organ; they go to the figures as ``vessel_doubts``.

    `vessel` and its seeds `starts` are (k, j, i) bool in `box`.
    """
    steps = state.volume.spacing[::-1]
    every = tuple(max(1, int(_CELL_MM / step + 1e-6)) for step in steps)
    cut = tuple(slice(None, None, n) for n in every)
    cells = tuple(float(step * n) for step, n in zip(steps, every))
    own = vessel[cut]
    near = (ndimage.distance_transform_edt(~starts, sampling=steps) <= _AT_SEED_MM)[cut]
    necks = _parts("neck", compact_parts(own, near, cells), cells)
    gaps = _parts("pores", pores(own, cells), cells)
    if sum(size for _kind, _at, size in gaps) < _LEAST_PORES_MM3:
        gaps = []
    # There are hundreds of gaps: the largest shows where.
    doubts = [
        VesselDoubt(kind, place_in_ras(state.volume, at * every, box), round(size, 1))
        for kind, at, size in (*necks, *gaps[:1])
    ]
    if not doubts:
        return
    state.figures["vessel_doubts"] = [asdict(doubt) for doubt in doubts]
    for kind in dict.fromkeys(doubt.kind for doubt in doubts):
        places = in_words([doubt.place for doubt in doubts if doubt.kind == kind])
        sentence = _(
            "Not all of this model may be vessel: {kind}, at {places} (R, A, S mm). Bone or an organ as "
            "bright as the blood looks the same: compare it with the slices.",
            kind=WORDS[kind],
            places=places,
        )
        state.notes.append(sentence)
        state.warnings.append(sentence)


def _parts(
    kind: Literal["neck", "pores"], found: np.ndarray, steps: tuple[float, ...]
) -> list[tuple[Literal["neck", "pores"], np.ndarray, float]]:
    """Kind, middle in voxels (k, j, i) and mm3 of each connected part, the largest first."""
    labels, count = ndimage.label(found, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps))
    order = np.argsort(-sizes[1:], kind="stable") + 1
    middles = ndimage.center_of_mass(labels > 0, labels, order) if count else []
    return [(kind, np.asarray(middle), float(sizes[number])) for number, middle in zip(order, middles)]


def compact_parts(vessel: np.ndarray, near: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """What hangs on to the vessel by a neck much narrower than itself and is no tube.

    At each width of a neck, what is wider falls apart, and the parts without the trunk are looked at; the trunk is the widest
    place that can be reached from the seed without going through anything narrower than the vessel there.

    Parameters
    ----------
    vessel, near
        (k, j, i) bool, the vessel and what is near its seeds.
    steps
        Along k, j, i in mm.

    Returns
    -------
    numpy.ndarray
        (k, j, i) bool, the inner voxels of these parts.
    """
    found = np.zeros(vessel.shape, dtype=bool)
    whole = ndimage.binary_fill_holes(_closed(vessel, steps, _CELL_MM) | vessel)
    depth = ndimage.distance_transform_edt(np.pad(whole, 1), sampling=steps)[1:-1, 1:-1, 1:-1]
    trunk = _trunk(depth, near)
    if trunk is None:
        return found
    level, most = 0.5 * max(steps), float(depth.max())
    while _NECK * level <= most:
        labels, count = ndimage.label(depth > level)
        if not labels[trunk]:
            break
        widest = np.asarray(ndimage.maximum(depth, labels, np.arange(count + 1)))
        parts = widest >= max(0.5 * _LEAST_WIDTH_MM, _NECK * level)
        parts[[0, labels[trunk]]] = False
        for number in np.flatnonzero(parts):
            parts[number] = _elongation(np.argwhere(labels == number) * steps) <= _LONGEST
        found |= parts[labels]
        level *= _LEVEL
    labels, count = ndimage.label(found)
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(steps))
    kept = sizes >= _LEAST_MM3
    kept[0] = False
    return np.asarray(kept[labels])


def _elongation(places: np.ndarray) -> float:
    """How much longer than wide a part is, from the standard deviations of its voxels (n, 3) in mm along its axes."""
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(places.T)), 1e-6))
    return float(spread[2] / spread[1])


def _trunk(depth: np.ndarray, near: np.ndarray) -> tuple[int, ...] | None:
    wide = depth > _NO_NARROWER * float((depth * near).max())
    labels, _unused = ndimage.label(wide)
    numbers = np.unique(labels[near & wide])
    if not len(numbers):
        return None
    reached = np.where(np.isin(labels, numbers[numbers > 0]), depth, 0.0)
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(reached)), depth.shape))


def pores(vessel: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """(k, j, i) bool: gaps deep inside a vessel, which blood has none of; `steps` along k, j, i in mm."""
    whole = ndimage.binary_fill_holes(_closed(vessel, steps, _PORES_MM) | vessel)
    return np.asarray(shrunk_by(whole, steps, _WITHIN_MM) & ~vessel)


def _closed(mask: np.ndarray, steps: tuple[float, ...], reach: float) -> np.ndarray:
    margin = [int(np.ceil(reach / step)) + 1 for step in steps]
    wide = grown_by(np.pad(mask, [(m, m) for m in margin]), steps, reach)
    return np.asarray(shrunk_by(wide, steps, reach)[tuple(slice(m, -m) for m in margin)])
