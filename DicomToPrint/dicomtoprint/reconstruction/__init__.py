"""Labelled anatomy to closed surfaces, placed where the scan's own grey values say."""

from ..repair.types import RepairResult, RepairStage
from .reconstruct import reconstruct_surfaces
from .types import ProcessingStep, SurfaceModel

__all__ = ["ProcessingStep", "RepairResult", "RepairStage", "SurfaceModel", "reconstruct_surfaces"]
