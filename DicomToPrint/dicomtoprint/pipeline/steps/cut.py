"""Cuts: before what is put on the model where a side is kept, else after it."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...progress import ProgressCallback
from ..splitting import apply_cuts, validate_cut_settings
from .step import PreparationState, PreparationStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class Crop(PreparationStep):
    """Cuts of which only some sides are kept: what is cut away takes no base and no label with it."""

    name = "crop"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.cuts or settings.oblique_cuts) and bool(settings.kept_sides)

    def is_due(self, settings: RunSettings) -> bool:
        return bool(settings.kept_sides)  # without a cut it says so

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        validate_cut_settings(settings)

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        state.meshes = apply_cuts(state.meshes, state.settings, state.planes, state.done)


class Cut(PreparationStep):
    """Cuts of which every part is kept; parts of one structure are numbered whether they were cut here or before."""

    name = "cut"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.cuts or settings.oblique_cuts) and not settings.kept_sides

    def is_due(self, settings: RunSettings) -> bool:
        return not settings.kept_sides

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        state.meshes = apply_cuts(state.meshes, state.settings, state.planes, state.done)
