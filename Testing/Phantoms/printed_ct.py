"""CTs of prints, rendered from solids by the project's own renderer, in any pose and scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dicomtoprint.phantom.solids import Box, RoundCone, Solid, Union
from dicomtoprint.phantom.wall_scan import Layer, Scanner, WallScene, scan_of
from dicomtoprint.volume import Volume

PLASTIC_HU = 120.0


@dataclass(frozen=True)
class PrintPose:
    """Where a print lies in its CT: `scale` times the model, turned by `rotation` (3, 3), its `middle` (3,) mm in the scan's."""

    scale: float
    rotation: np.ndarray
    middle: np.ndarray

    def to_model(self, points: np.ndarray) -> np.ndarray:
        """Points (n, 3) of the scan in the model's frame."""
        return points @ self.rotation / self.scale + self.middle

    def distance(self, solid: Solid, points: np.ndarray) -> np.ndarray:
        """(n,) mm from points of the scan to the print's surface, negative inside."""
        return self.scale * solid.distance(self.to_model(points))


def ct_of_print(
    solids: Sequence[Solid],
    bounds: tuple[np.ndarray, np.ndarray],
    pose: PrintPose,
    scanner: Scanner,
    margin_mm: float = 5.0,
) -> Volume:
    """The CT of a print of `solids` between the corners `bounds` (mm) of the model, in air."""
    corners = np.array(np.meshgrid(*zip(*bounds), indexing="ij")).reshape(3, -1).T
    placed = pose.scale * (corners - pose.middle) @ pose.rotation.T
    size = 2.0 * (np.abs(placed).max(axis=0) + margin_mm)
    layers = [Layer(lambda points, solid=solid: pose.distance(solid, points), PLASTIC_HU) for solid in solids]
    return scan_of(WallScene(layers, (), tuple(map(float, size))), scanner)


def small_bracket() -> Union:
    """Rods of several lengths and a wall of 2 mm, 40 mm long: no pose of it looks like another."""
    return Union(
        (
            RoundCone((-16, 0, -4), (14, 2, 3), 4.5, 4.0),
            RoundCone((7, 0, 0), (10, 3, 15), 3.0, 2.5),
            RoundCone((-10, 0, -4), (-11, -11, -1), 2.5, 2.5),
            Box((-3, 7, 3), (8, 1, 7)),
            RoundCone((-3, 1, 0), (-3, 7, 2), 2.2, 2.2),
        )
    )


def write_nifti(volume: Volume, path: Path) -> Path:
    """The volume as a NIfTI file."""
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(volume.array)
    image.SetSpacing(volume.spacing)
    image.SetOrigin([float(value) for value in volume.affine[:3, 3]])
    sitk.WriteImage(image, str(path))
    return path
