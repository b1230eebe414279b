"""Labelled anatomy to closed surfaces, placed where the scan's own grey values say."""

from .reconstruct import reconstruct_surfaces
from .types import ProcessingStep, RepairResult, RepairStage, SurfaceModel

__all__ = ["ProcessingStep", "RepairResult", "RepairStage", "SurfaceModel", "reconstruct_surfaces"]
