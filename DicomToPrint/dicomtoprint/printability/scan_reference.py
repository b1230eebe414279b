"""What the scan knows about the model: the file is compared with it, as far as each part of it is given."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class LabelFrame:
    """Text that preparation put on the model: its frame in LPS mm, `right` along the line, `up`, `outward` from the surface.

    `origin` (3,) is the middle of the text; `width` and `height` in mm; `depth` in mm, positive raised, negative engraved;
    `uneven` is how far the surface under it lies from a plane, in mm; `is_text`: letters to be read, not the lines of a scale bar.
    """

    text: str
    origin: tuple[float, float, float]
    right: tuple[float, float, float]
    up: tuple[float, float, float]
    outward: tuple[float, float, float]
    width: float
    height: float
    depth: float
    uneven: float = 0.0
    is_text: bool = True


@dataclass(frozen=True)
class ScanReference:
    """The scan as a reference for the written file; every field is optional.

    `bounds` xmin, xmax, ymin, ymax, zmin, zmax of the scanned volume in LPS mm; `mask` (k, j, i) bool of the segment on
    `affine` (4x4, (i, j, k, 1) to LPS mm, shear kept); `voxel_mm` steps i, j, k; `critical` names regions (k, j, i) bool that must not be
    lost; `labels` the texts put on, on the model as scanned; `moved` (4x4) the transform that preparation applied to the model
    (scale, mirror, orientation), None where the file stands as scanned; `intended` says in words what was added or cut on purpose;
    `structure_mm` is the longest side of what the model was made from, 0 where it was cut (a piece may be of any
    size), None where it is not known;
    `raised` (k, j, i) bool are voxels of `mask` that say where a thin wall is, and reach further than it;
    `scale`: mm of the file that are one of what it was made from; `filled_opening_mm2`: area by name where a label shows structure and
    the scan no edge; `label_voxel_mm`: largest side of a label's voxel, for the structures `label_only` whose surface no grey value
    finds; `cut_by_scan_mm2`: area by name on the scan's outermost voxels; None where it is not known;
    `is_turned`: turned for printing, also where several parts were turned each on its own and have no `moved` in common.
    `source` is what the model was made from: where it is a mesh, only `labels`, `moved`, `intended` and `is_turned` can be known.
    """

    bounds: tuple[float, float, float, float, float, float] | None = None
    mask: np.ndarray | None = None
    affine: np.ndarray | None = None
    voxel_mm: tuple[float, float, float] | None = None
    critical: Mapping[str, np.ndarray] = field(default_factory=dict)
    labels: tuple[LabelFrame, ...] = ()
    moved: np.ndarray | None = None
    intended: tuple[str, ...] = ()
    is_turned: bool = False
    source: Literal["scan", "mesh"] = "scan"
    structure_mm: float | None = None
    raised: np.ndarray | None = None
    scale: float = 1.0
    filled_opening_mm2: Mapping[str, float] | None = None
    label_voxel_mm: float | None = None
    label_only: tuple[str, ...] = ()
    cut_by_scan_mm2: Mapping[str, float] | None = None
