"""What the steps of one segmentation pass on to each other."""

from dataclasses import dataclass, field

import numpy as np

from ..volume import Volume
from .patient_mask import PatientMask
from .presets import AnatomyPreset
from .thin_walls import Raised
from .threshold_estimation import IntensityScale, ThresholdEstimate

SEED_REACH_MM = 6.0


@dataclass
class SegmentationState:
    """What the steps pass on: the grid, the mask so far, and what was noted. Lives only inside `segment`.

    `slice_mm` is the scan's own step from slice to slice; the grid's may be finer.
    """

    volume: Volume
    anatomy: AnatomyPreset
    scale: IntensityScale
    low: float
    high: float | None
    edges: ThresholdEstimate | None
    mask: np.ndarray
    seeds: np.ndarray
    body: PatientMask | None = None
    bridged: np.ndarray | None = None
    raised: Raised | None = None
    metal: np.ndarray | None = None
    metal_boundary: float = 0.0
    streaked: np.ndarray | None = None
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    slice_mm: float = 0.0

    @property
    def bright(self) -> bool:
        assert self.anatomy.boundary is not None
        return self.anatomy.boundary.bright

    def bridge(self, where: np.ndarray) -> None:
        """Marks voxels as bridged."""
        if self.bridged is None:
            self.bridged = where.copy()
        else:
            self.bridged |= where
