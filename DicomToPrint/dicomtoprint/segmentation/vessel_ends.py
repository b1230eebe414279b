"""Where a vessel ends because something cut it, and its side branches pruned by diameter."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from ..messages import _, join
from ..volume import Volume
from ..voxel_components import Box, components_touching
from .near_distance import grown_by
from .roi import crop
from .state import SegmentationState
from .vessel_bone import Blood
from .vessel_ridges import find_tubes

_FAINT, _FAINT_RISE = (
    0.15,
    0.08,
)  # shares of the contrast: of a tube too dark to be followed, and by how much it stands out
_SIGHT_MM = 10.0  # from the vessel to what goes on
_LEAST_MM3 = 50.0  # a part of a vessel that is worth a word
_ENCLOSED = 0.25  # share of a part's side that lies against bone where it is marrow
_LEAST_MM2 = 1.0  # and a face at the edge of the scan
_MOST_ENDS = 60  # of each kind, the largest

WORDS = {
    "edge": _("it runs out of the scan or the region of interest"),
    "narrowing": _("a darker part follows, as behind a narrowing, which was not followed"),
    "bone": _("a part that hung on over bone was left out with it"),
}


@dataclass(frozen=True)
class VesselEnd:
    """Where a vessel was cut: by the `edge` of the scan, at a `narrowing` or at `bone`; place in RAS mm, and the size of the face (mm2)
    or of the part that is missing (mm3)."""

    kind: Literal["edge", "narrowing", "bone"]
    place: tuple[float, float, float]
    size: float


def prune_branches(vessel: np.ndarray, starts: np.ndarray, steps: tuple[float, ...], least_mm: float) -> np.ndarray:
    """The vessel without side branches thinner than a diameter.

    What is thin between two thick parts is a narrowing and stays.

    Parameters
    ----------
    vessel, starts
        (k, j, i) bool, the vessel and its seeds.
    steps
        Along k, j, i in mm.
    least_mm
        The diameter in mm, known to about half a voxel.

    Returns
    -------
    numpy.ndarray
        (k, j, i) bool, empty where nothing thick hangs together with a seed.
    """
    half = 0.5 * float(np.mean(steps))
    inner = ndimage.distance_transform_edt(vessel, sampling=steps) - half >= 0.5 * least_mm - 1e-6
    if not inner.any():
        return inner
    thick = vessel & (ndimage.distance_transform_edt(~inner, sampling=steps) <= 0.5 * least_mm + half)
    trunks, _unused = ndimage.label(thick)
    thin, count = ndimage.label(vessel & ~thick)
    # The least and the greatest number of a trunk beside each thin part: two numbers are two trunks.
    greatest = ndimage.maximum_filter(trunks, footprint=ndimage.generate_binary_structure(3, 1))
    numbered = np.where(trunks > 0, trunks, np.iinfo(trunks.dtype).max)
    least = ndimage.minimum_filter(numbered, footprint=ndimage.generate_binary_structure(3, 1))
    index = np.arange(count + 1)
    beside = greatest > 0
    between = np.zeros(count + 1, dtype=bool)
    if count:
        low = np.asarray(ndimage.minimum(np.where(beside, least, np.iinfo(least.dtype).max), thin, index))
        high = np.asarray(ndimage.maximum(greatest, thin, index))
        between = (high > low) & (index > 0)
    kept = thick | between[thin]
    near = ndimage.distance_transform_edt(~starts, sampling=steps) <= 0.5 * least_mm + half
    return components_touching(kept, kept & (starts | near))


def find_ends(
    state: SegmentationState,
    beyond: np.ndarray,
    behind_bone: np.ndarray,
    vessel: np.ndarray,
    bone: np.ndarray,
    box: Box,
    blood: Blood,
    half_way: float,
) -> list[VesselEnd]:
    """Places where the vessel was cut, the largest first within each kind.

    `beyond` (k, j, i) bool of the scan is as bright and does not hang together with the vessel; `vessel`, `bone` and `behind_bone`, what
    is neither, lie in `box`.
    """
    behind_bone = behind_bone & ~_within(behind_bone, bone)
    return [
        *_at_edges(state.volume, vessel, box),
        *_at_narrowings(state, beyond, vessel, box, blood, half_way),
        *_parts(behind_bone, state.volume, box, "bone"),
    ]


def _within(parts: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """(k, j, i) bool: connected parts a large share of whose side lies against bone: its marrow."""
    labels, count = ndimage.label(parts)
    side = parts & ~ndimage.binary_erosion(parts)
    whole = np.bincount(labels[side], minlength=count + 1)
    against = np.bincount(labels[side & ndimage.binary_dilation(bone)], minlength=count + 1)
    return np.asarray((against > _ENCLOSED * whole)[labels])


def note_ends(state: SegmentationState, ends: list[VesselEnd]) -> None:
    """Notes and warns where the vessel was cut; the places go to the figures as ``vessel_ends``."""
    if not ends:
        return
    told: list[VesselEnd] = []
    for kind in dict.fromkeys(end.kind for end in ends):
        own = [end for end in ends if end.kind == kind]
        told += own[:_MOST_ENDS]
        sentence = _(
            "The vessel is cut: {kind}, at {placed} (R, A, S mm).",
            kind=WORDS[kind],
            placed=in_words([end.place for end in own]),
        )
        state.notes.append(sentence)
        state.warnings.append(sentence)
    state.figures["vessel_ends"] = [asdict(end) for end in told]


def in_words(places: Sequence[tuple[float, float, float]]) -> str:
    """The first three of some places in RAS mm, and how many more there are."""
    words = join("; ", (", ".join(f"{value:.0f}" for value in place) for place in places[:3]))
    return words + (_(" and {places_count} more places", places_count=len(places) - 3) if len(places) > 3 else "")


def _at_edges(volume: Volume, vessel: np.ndarray, box: Box) -> list[VesselEnd]:
    ends = []
    steps = np.asarray(volume.spacing[::-1])
    for axis in range(3):
        for last in (False, True):
            if (box[axis].stop < volume.array.shape[axis]) if last else (box[axis].start > 0):
                continue
            face = np.moveaxis(vessel, axis, 0)[-1 if last else 0]
            labels, count = ndimage.label(face)
            area = np.bincount(labels.ravel(), minlength=count + 1) * float(np.prod(np.delete(steps, axis)))
            for number in np.flatnonzero(area >= _LEAST_MM2):
                if number:
                    middle = np.argwhere(labels == number).mean(axis=0)
                    at = np.insert(middle, axis, vessel.shape[axis] - 1 if last else 0)
                    ends.append(VesselEnd("edge", place_in_ras(volume, at, box), round(float(area[number]), 1)))
    return sorted(ends, key=lambda end: -end.size)


def _at_narrowings(
    state: SegmentationState, beyond: np.ndarray, vessel: np.ndarray, box: Box, blood: Blood, half_way: float
) -> list[VesselEnd]:
    """Parts of `beyond` that hang on to the vessel by tubes too dark to be followed."""
    volume = state.volume
    margin = [int(np.ceil(_SIGHT_MM / step)) for step in volume.spacing[::-1]]
    wide = tuple(slice(max(0, s.start - m), s.stop + m) for s, m in zip(box, margin))
    own = np.zeros(beyond[wide].shape, dtype=bool)
    own[tuple(slice(s.start - w.start, s.stop - w.start) for s, w in zip(box, wide))] = vessel
    noise = float(state.figures["noise"])  # type: ignore[arg-type]
    low = blood.around + max(_FAINT * blood.contrast, 2.0 * noise)
    rise = max(_FAINT_RISE * blood.contrast, noise)
    faint = find_tubes(crop(volume, wide), low, half_way, rise)  # type: ignore[arg-type]
    faint &= grown_by(own, volume.spacing[::-1], _SIGHT_MM)
    other = beyond[wide] & (volume.array[wide] < blood.grey + blood.contrast)
    linked = components_touching(own | faint | other, own)
    return _parts(linked & other, volume, wide, "narrowing")  # type: ignore[arg-type]


def _parts(found: np.ndarray, volume: Volume, box: Box, kind: Literal["narrowing", "bone"]) -> list[VesselEnd]:
    labels, count = ndimage.label(found, np.ones((3, 3, 3)))
    sizes = np.bincount(labels.ravel(), minlength=count + 1) * volume.voxel_volume
    sizes[0] = 0.0
    order = [n for n in np.argsort(-sizes, kind="stable")[:_MOST_ENDS] if sizes[n] >= _LEAST_MM3]
    return [
        VesselEnd(kind, place_in_ras(volume, np.argwhere(labels == n).mean(axis=0), box), round(float(sizes[n]), 1))
        for n in order
    ]


def place_in_ras(volume: Volume, at: np.ndarray, box: Box) -> tuple[float, float, float]:
    """A place in voxels (k, j, i) of the box, in RAS mm to a tenth."""
    place = volume.to_lps((at + [s.start for s in box])[::-1][None])[0]
    return round(-float(place[0]), 1), round(-float(place[1]), 1), round(float(place[2]), 1)
