"""What is asked of a scan, and of what is said of it, before its grey values become anatomy; each fault in one sentence."""

import numpy as np

from ..errors import RefusedError, UsageError
from ..messages import _
from .presets import AnatomyPreset
from .threshold_estimation import IntensityScale, ThresholdEstimate


def require_grey(anatomy: AnatomyPreset) -> None:
    """Raises `UsageError` where the anatomy is not found by grey values."""
    if anatomy.method != "grey" or anatomy.boundary is None:
        raise UsageError(
            _(
                "The anatomy '{anatomy}' needs a segmentation that names the structures: give one "
                "({--segmentation:FILE}).",
                anatomy=anatomy.name,
            )
        )


def validate_hints(anatomy: AnatomyPreset, seeds: np.ndarray, least_branch_mm: float | None) -> None:
    """Raises `UsageError` where a seed is missing, or what is said of branches is about none."""
    if least_branch_mm and anatomy.separation.method != "vessel":
        raise UsageError(
            _(
                "{--least-branch} is about vessels, and the anatomy '{anatomy}' has none: leave it out, or "
                "choose contrast-vessels.",
                anatomy=anatomy.name,
            )
        )
    if anatomy.parts.keep == "seed" and not len(seeds) and not anatomy.parts.seed_is_optional:
        raise UsageError(
            _(
                "The anatomy '{anatomy}' needs a seed: give a point inside the structure you want ({--seed:R,A,S}).",
                anatomy=anatomy.name,
            )
        )


def validate_voxels(array: np.ndarray) -> None:
    """Raises `RefusedError` in one sentence for voxels nothing can be found in: NaN, infinite, constant."""
    if array.ndim != 3 or min(array.shape, default=0) < 2:
        raise RefusedError(_("The scan has a single slice along one axis: a model needs a stack of slices."))
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        raise RefusedError(
            _("The scan holds voxels that are no numbers (NaN or infinite): export or resample it again.")
        )
    if low == high:
        raise RefusedError(
            _("All voxels of the scan have the same grey value, so there is nothing to find: choose another series.")
        )


def require_voxels(mask: np.ndarray, low: float, bright: bool) -> None:
    """Raises `RefusedError` where no voxel is on the inner side of the boundary `low`."""
    if not mask.any():
        raise RefusedError(
            _(
                "Nothing in this scan lies {bright} the boundary of {low:g}: lower the threshold or choose "
                "another anatomy.",
                bright=_("above") if bright else _("below"),
                low=low,
            )
        )


def boundary_in_words(edges: ThresholdEstimate | None, low: float, scale: IntensityScale) -> str:
    """Where the boundary came from."""
    unit = "HU" if scale.calibrated else _("grey values (the scan is not calibrated in HU)")
    if edges is None:
        return _(
            "Too few edges were found to measure the boundary: the preset's {low:.0f} {unit} was used.",
            low=low,
            unit=unit,
        )
    return _(
        "The boundary of {low:.0f} {unit} is half-way between {inside:.0f} inside and {outside:.0f} "
        "outside, measured at {edges} edges of this scan.",
        low=low,
        unit=unit,
        inside=edges.inside,
        outside=edges.outside,
        edges=edges.edges,
    )
