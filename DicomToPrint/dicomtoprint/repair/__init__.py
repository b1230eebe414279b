"""Broken meshes to closed, manifold ones without self-intersections, with the loss measured and limited."""

from .repair import find_defects, repair_mesh
from .types import (
    DONE,
    LostPiece,
    RepairDistance,
    RepairMeasures,
    RepairOptions,
    RepairResult,
    RepairStage,
    Shell,
    SourceHole,
)
from .within_limits import repair_within_limits

__all__ = [
    "DONE",
    "LostPiece",
    "RepairDistance",
    "RepairMeasures",
    "RepairOptions",
    "RepairResult",
    "RepairStage",
    "Shell",
    "SourceHole",
    "find_defects",
    "repair_mesh",
    "repair_within_limits",
]
