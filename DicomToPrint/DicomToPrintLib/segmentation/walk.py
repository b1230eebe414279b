"""From grey values to labelled anatomy: the steps of a preset, in order."""

import numpy as np

from ..errors import Refused, UsageError
from ..mesh import Provenance
from ..progress import Progress, part, silent
from ..volume import Volume
from .anatomy import Anatomy
from .interior import fill_core
from .parts import keep_large
from .result import Segment, Segmentation


def segment(volume: Volume, anatomy: Anatomy, *, threshold: tuple[float, float | None] | None = None,
            seeds_lps: "tuple[tuple[float, float, float], ...]" = (),
            roi_lps: "tuple[float, float, float, float, float, float] | None" = None,
            progress: Progress = silent) -> Segmentation:
    """Labelled anatomy of a scan by a preset.

    `threshold` (low, high or None) in grey values of the volume replaces the adaptive boundary; `seeds_lps` are points in LPS mm,
    `roi_lps` is (x0, x1, y0, y1, z0, z1) in LPS mm. Raises `UsageError` for a threshold, seed or region outside the scan and
    `Refused` where the result would be empty; each sentence says what to do.
    """
    check_voxels(volume.array)
    assert anatomy.boundary is not None
    low = threshold[0] if threshold else anatomy.boundary.start
    mask = volume.array >= low
    if threshold and threshold[1] is not None:
        mask &= volume.array <= threshold[1]
    smallest = anatomy.parts.smallest_mm3 / volume.voxel_volume
    mask, _, _ = keep_large(mask, smallest, anatomy.parts.keep != "all", part(progress, 0.1, 0.5))
    if not mask.any():
        raise Refused(f"Nothing above {low:g} is left in this scan: lower the threshold or choose another anatomy.")
    provenance = None
    if anatomy.interior.fill == "solid-core":
        core = fill_core(mask, volume.array, volume.spacing, anatomy.interior.deepest_mm, None, part(progress, 0.5, 1.0))
        if core.any():
            provenance = core.astype(np.uint8) * np.uint8(Provenance.ADDED)
            mask |= core
    look = anatomy.looks[0]
    found = Segment(look.id, 1, look.name, look.color, float(np.floor(low)) + 0.5, look.terminology,
                    float(np.count_nonzero(mask)) * volume.voxel_volume)
    return Segmentation(volume, volume.affine, mask.view(np.uint8), provenance, (found,))


def check_voxels(array: np.ndarray) -> None:
    """Raises `Refused` in one sentence for voxels nothing can be found in: NaN, infinite, constant."""
    if array.dtype.kind == "f" and not np.isfinite(array.sum(dtype=np.float64)):
        raise Refused("The scan holds voxels that are no numbers (NaN or infinite): export or resample it again.")
    if array.size == 0 or array.min() == array.max():
        raise Refused("All voxels of the scan have the same grey value, so there is nothing to find: choose another series.")
    if min(array.shape) < 2:
        raise UsageError("The volume has a single slice along one axis: a model needs a stack of slices.")
