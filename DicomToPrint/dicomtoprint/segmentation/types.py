"""What segmentation hands on: labelled anatomy on the grey values it was found in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ..volume import Volume
from .thin_walls import Raised


@dataclass(frozen=True)
class Segment:
    """One labelled structure.

    `label` is its value in `Segmentation.labels`; `boundary` the grey value of its surface (None: no grey value is
    meant, the
    label alone gives the surface); `brighter_than_background` False where the structure is darker than its surroundings (airway), so
    that the
    surface lies where the grey value falls through `boundary` inwards. `terminology` holds SNOMED codes as
    ``{"category": {"scheme", "code", "meaning"}, "type": {...}}``; `volume_mm3` counts its voxels, shear included.
    """

    id: str
    label: int
    name: str
    color: tuple[float, float, float]
    boundary: float | None
    terminology: Mapping[str, Mapping[str, str]]
    volume_mm3: float
    brighter_than_background: bool = True


@dataclass(frozen=True)
class Segmentation:
    """Labelled anatomy on a grid.

    `volume` is the grey volume on the same grid, cropped or resampled if need be (None for labels without an image);
    `affine`
    4x4 index (i, j, k) to LPS mm, shear kept; `labels` (k, j, i) uint8 or uint16, 0 is nothing; `provenance` (k, j, i)
    uint8 of
    `mesh.Provenance` (None: every voxel measured). `notes` say in words what was done, `figures` the same in numbers.
    `warnings` are those of the notes that must be seen before the model is used.
    `shares_walls`: labels that touch were told apart by whoever made them, and get one wall between them.
    `raised` are the voxels of thin walls whose grey values find the boundary only when raised (None: none).
    """

    volume: Volume | None
    affine: np.ndarray
    labels: np.ndarray
    provenance: np.ndarray | None
    segments: tuple[Segment, ...]
    notes: tuple[str, ...] = ()
    figures: Mapping[str, object] = field(default_factory=dict)
    raised: Raised | None = None
    warnings: tuple[str, ...] = ()
    shares_walls: bool = False
