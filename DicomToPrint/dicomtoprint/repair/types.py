"""What a repair hands on."""

from dataclasses import dataclass, field

import numpy as np

from ..mesh.core import Mesh


@dataclass(frozen=True)
class RepairStage:
    """One stage of a repair and its effect in words."""

    name: str
    effect: str


@dataclass(frozen=True)
class RepairResult:
    """A repaired mesh, whether it is now valid, what each stage did, and what is left (sentences; empty where valid).

    `bad_at` (n,) are the indices of triangles where something is still wrong.
    """

    mesh: Mesh
    valid: bool
    stages: tuple[RepairStage, ...]
    remaining: tuple[str, ...] = ()
    bad_at: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64), repr=False)
