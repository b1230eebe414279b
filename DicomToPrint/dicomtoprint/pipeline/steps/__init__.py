"""The steps of preparation: one class a file, known to `STEPS` by name."""

from .order import needs_preparation, needs_solid_steps, steps_in_order, validate_steps
from .step import Phase, PreparationState, PreparationStep, SolidStep

__all__ = [
    "Phase",
    "PreparationState",
    "PreparationStep",
    "SolidStep",
    "needs_preparation",
    "needs_solid_steps",
    "steps_in_order",
    "validate_steps",
]
