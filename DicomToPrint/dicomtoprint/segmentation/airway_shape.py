"""The airway told from lungs, sinuses and bowel by its shape: a tube near the midline, along the body."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ..errors import UsageError
from ..messages import _
from ..voxel_components import components_touching
from .state import SegmentationState

_AREA_MM2 = (20.0, 700.0)  # of a windpipe across, from an infant's to a wide one
_LEAST_FILL, _MOST_ASPECT = 0.55, 2.5  # of the box around its section, which an ellipse fills by 0.79
_OFF_MIDLINE_MM = 45.0
_MOST_STEP = 1.8  # ratio of the areas of sections that follow one another
_LEAST_LENGTH_MM = 25.0
_LUNG_MM2 = 3000.0  # across: no airway is as wide
_RAISE_MM = 5.0
_LEAST_HOLLOW_MM3 = 3000.0  # of a nose or throat that is no tube


@dataclass(frozen=True)
class _Section:
    """A section of air across the body: its plane, its label there, its area in mm2, and a voxel (two indices) of it."""

    plane: int
    label: int
    area: float
    voxel: tuple[int, int]


def keep_airway(state: SegmentationState) -> None:
    """Keeps of a dark mask the airway: what hangs together with the longest tube near the midline, and ends above the lungs.

    Where no tube is found, a part near the midline that no end of the scan cuts and that is as large as a nose or throat is left to be
    chosen by its size, with a warning. Raises `UsageError`, which asks for a seed, where there is none either: the largest part would be
    a lung or its apex, gas in a bowel, or a speck of noise.
    """
    axis = 2 - int(np.argmax(np.abs(state.volume.affine[2, :3])))
    mask = np.moveaxis(state.mask, axis, 0)
    steps = np.array(state.volume.spacing[::-1])
    thickness, across = float(steps[axis]), np.delete(steps, axis)
    upward = float(state.volume.affine[2, 2 - axis]) > 0
    tube = _longest_tube(mask, thickness, across)
    if len(tube) * thickness < _LEAST_LENGTH_MM:
        labels, count = ndimage.label(mask)
        cut = np.union1d(labels[0], labels[-1])
        sizes = np.bincount(labels.ravel(), minlength=count + 1)
        sizes[0] = 0
        largest = int(sizes.argmax())
        volume = float(sizes[largest]) * state.volume.voxel_volume
        if not count or largest in cut or volume < _LEAST_HOLLOW_MM3 or not _near_midline(labels == largest, across):
            raise UsageError(
                _(
                    "No windpipe or throat was found by its shape, so lung or another hollow would be taken for "
                    "it: give a point in the airway ({--seed:R,A,S})."
                )
            )
        state.warnings.append(
            _(
                "No tube was found: the largest hollow near the midline ({volume:.1f} cm3) was taken for the "
                "airway. Look at it, or give a point in the airway ({--seed:R,A,S}).",
                volume=volume / 1000.0,
            )
        )
        return
    kept, raised = _above_lungs(mask, tube if upward else tube[::-1], upward, thickness, float(np.prod(across)))
    mask[...] = kept
    state.notes.append(
        _(
            "The airway was found by its shape, a tube of {tube_count:.0f} mm near the midline.",
            tube_count=len(tube) * thickness,
        )
    )
    if raised:
        state.notes.append(
            _("The airway was cut where the lungs begin: give a seed or a region of interest for another end.")
        )


def _near_midline(part: np.ndarray, across: np.ndarray) -> bool:
    """Whether the middle of a part (planes, rows, columns) lies where an airway does."""
    columns = np.count_nonzero(part, axis=(0, 1))
    middle = float(columns @ np.arange(len(columns)) / columns.sum())
    return bool(abs(middle - 0.5 * (len(columns) - 1)) * float(across[1]) <= _OFF_MIDLINE_MM)


def _longest_tube(mask: np.ndarray, thickness: float, across: np.ndarray) -> list[_Section]:
    """The longest chain of sections of a tube over successive planes, by rising plane."""
    best: list[_Section] = []
    before: dict[int, list[_Section]] = {}
    before_labels = None
    middle = 0.5 * (mask.shape[2] - 1)
    for plane, air in enumerate(mask):
        labels, _count = ndimage.label(air)
        chains: dict[int, list[_Section]] = {}
        for section in _sections(labels, plane, across, middle):
            own = labels == section.label
            below: set[int] = set() if before_labels is None else {int(n) for n in np.unique(before_labels[own])}
            linked = [before[n] for n in sorted(below & set(before)) if _alike(before[n][-1].area, section.area)]
            chains[section.label] = [*max(linked, key=len, default=[]), section]
            if len(chains[section.label]) > len(best):
                best = chains[section.label]
        before, before_labels = chains, labels
    return best


def _alike(one: float, other: float) -> bool:
    return max(one, other) < _MOST_STEP * min(one, other)


def _sections(labels: np.ndarray, plane: int, across: np.ndarray, middle: float) -> list[_Section]:
    """The sections of one plane that may be a windpipe's."""
    found = []
    for number, box in enumerate(ndimage.find_objects(labels), start=1):
        sides = np.array([(s.stop - s.start) for s in box]) * across
        if sides.max() > 60.0 or sides.max() > _MOST_ASPECT * sides.min():
            continue
        own = labels[box] == number
        area = float(np.count_nonzero(own)) * float(np.prod(across))
        if not _AREA_MM2[0] <= area <= _AREA_MM2[1] or area < _LEAST_FILL * float(np.prod(sides)):
            continue
        at = np.argwhere(own)
        if abs((at[:, 1].mean() + box[1].start - middle) * across[1]) > _OFF_MIDLINE_MM:
            continue
        inner = at[len(at) // 2] + [s.start for s in box]
        found.append(_Section(plane, number, area, (int(inner[0]), int(inner[1]))))
    return found


def _above_lungs(
    mask: np.ndarray, tube: list[_Section], upward: bool, thickness: float, pixel: float
) -> tuple[np.ndarray, bool]:
    """What hangs together with the tube (its caudal end first), and whether its end had to be raised to leave the lungs out."""
    starts = np.zeros(mask.shape, dtype=bool)
    j, i = tube[-1].voxel
    starts[tube[-1].plane, j, i] = True
    kept = components_touching(mask, starts)
    if not _holds_lung(kept, pixel):
        return kept, False
    for section in tube[:: max(1, round(_RAISE_MM / thickness))]:
        part = np.zeros_like(mask)
        above = slice(section.plane, None) if upward else slice(None, section.plane + 1)
        part[above] = mask[above]
        kept = components_touching(part, starts & part)
        if not _holds_lung(kept, pixel):
            return kept, True
    raise UsageError(
        _(
            "The airway could not be told from the lungs: give a point in the airway and a region of "
            "interest above them ({--roi})."
        )
    )


def _holds_lung(part: np.ndarray, pixel: float) -> bool:
    return bool(np.count_nonzero(part, axis=(1, 2)).max() * pixel > _LUNG_MM2)
