"""Labelled anatomy to closed surfaces, placed where the scan's own grey values say.

What the other packages need stands here and is loaded when it is first asked for: a model that is only read needs no
reconstruction.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..repair.types import RepairResult, RepairStage
    from .reconstruct import reconstruct_surfaces
    from .types import ProcessingStep, SurfaceModel

_HOMES = {
    "ProcessingStep": ".types",
    "RepairResult": "..repair.types",
    "RepairStage": "..repair.types",
    "SurfaceModel": ".types",
    "reconstruct_surfaces": ".reconstruct",
}

__all__ = ["ProcessingStep", "RepairResult", "RepairStage", "SurfaceModel", "reconstruct_surfaces"]


def __getattr__(name: str) -> Any:
    """The object of a name in `__all__`, from its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name], __name__), name)
