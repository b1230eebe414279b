"""Labelled anatomy to closed surfaces: contour, smoothing, simplification, validation, repair."""

from .model import Model, Repaired, Stage, Step
from .repair import repair
from .simplification import simplify
from .walk import make_surface

__all__ = ["Model", "Repaired", "Stage", "Step", "make_surface", "repair", "simplify"]
