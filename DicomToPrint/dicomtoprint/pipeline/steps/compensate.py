"""The printer's own scale made up for, where it was measured."""

from ...config.run_settings import RunSettings
from ...progress import ProgressCallback
from ..calibrated import STEP_NAME, compensated, is_compensated
from .step import Phase, PreparationState, PreparationStep


class Compensate(PreparationStep):
    """`compensated`, last of all: along the axes of the printer."""

    name = STEP_NAME
    phase = Phase.PLACE
    uses_solids = False

    def is_requested(self, settings: RunSettings) -> bool:
        return is_compensated(settings)

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        made, matrix, done = compensated(state.meshes, state.settings)
        state.done += done
        if matrix is None:
            return
        state.moved = [matrix if one is None else matrix @ one for one in state.moved]
        state.meshes, state.compensation = list(made), matrix
