"""The split to the printer, and what it left too small to handle."""

from ...config.run_settings import RunSettings
from ...progress import ProgressCallback
from ..splitting import add_crumb_step, split_to_printer
from .step import PreparationState, PreparationStep


class Split(PreparationStep):
    """The fewest parts that fit the printer, with room for their joints."""

    name = "split"

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.split

    def is_due(self, settings: RunSettings) -> bool:
        return settings.split or bool(settings.keep_out_regions)  # which are about a split, and say so

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        from ...printability import load_printer

        printer = load_printer(state.settings.printer or state.process.printer)
        before = state.meshes
        state.meshes, counts = split_to_printer(
            before, state.settings, state.process, printer, state.planes, state.done
        )
        state.split_parts = before, counts


class Crumbs(PreparationStep):
    """What a split broke off that is too small to handle is noted, joints included."""

    name = "crumbs"

    def is_requested(self, settings: RunSettings) -> bool:
        return settings.split

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        add_crumb_step(*state.split_parts, state.meshes, state.done)
