"""What the steps of a review hand to one another."""

from dataclasses import dataclass

import numpy as np

from ..mesh.arrays import Points

PATIENT = ("R", "A", "S")  # x, y of LPS point the other way


@dataclass(frozen=True)
class Pose:
    """A rigid motion: `rotation` (3, 3) and `translation` (3,) mm, applied as ``rotation @ point + translation``."""

    rotation: np.ndarray
    translation: np.ndarray

    def apply(self, points: Points) -> Points:
        """Points (n, 3) moved."""
        return points @ self.rotation.T + self.translation

    def angle_to(self, other: "Pose") -> float:
        """Degrees by which another pose is turned against this one."""
        cosine = (np.trace(self.rotation @ other.rotation.T) - 1.0) / 2.0
        sine = np.linalg.norm(self.rotation - other.rotation) / (2.0 * np.sqrt(2.0))
        return (
            float(np.degrees(2.0 * np.arcsin(min(sine, 1.0))))
            if cosine > 0.5
            else float(np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0))))
        )


@dataclass(frozen=True)
class SearchLimits:
    """How the pose is searched for, and what makes two poses of one shape indistinguishable; see ``data/review/schema.json``."""

    rotations: int
    kept: int
    defined_share: float
    apart_degrees: float
    apart_share: float
    least_z: float
    least_gain: float
    least_difference_mm: float


def rotation_of(vector: np.ndarray) -> np.ndarray:
    """Rotation matrices (..., 3, 3) of rotation vectors (..., 3) in radians (Rodrigues)."""
    angle = np.linalg.norm(vector, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(vector, -1, 0)
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=-1).reshape(*x.shape, 3, 3)
    small = angle < 1e-9
    safe = np.where(small, 1.0, angle)
    first = np.where(small, 1.0, np.sin(safe) / safe)
    second = np.where(small, 0.5, (1.0 - np.cos(safe)) / safe**2)
    turned: np.ndarray = np.eye(3) + first * cross + second * (cross @ cross)
    return turned
