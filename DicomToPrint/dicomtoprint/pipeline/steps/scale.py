"""Scale and mirror, before every other step."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...progress import ProgressCallback
from ..scaling import STEP_NAME, in_print, is_scaled, scale_matrix, scaled_meshes, validate_scale
from .step import Phase, PreparationState, PreparationStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class ScaleAndMirror(PreparationStep):
    """All parts alike about their middle; places of the settings go along."""

    name = STEP_NAME
    phase = Phase.FRAME
    uses_solids = False

    def is_requested(self, settings: RunSettings) -> bool:
        return is_scaled(settings)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        validate_scale(settings)

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        matrix = scale_matrix(state.settings, state.meshes)
        if matrix is None:
            return
        state.settings, state.matrix = in_print(state.settings, matrix), matrix
        state.meshes, done = scaled_meshes(state.meshes, matrix, state.settings)
        state.done.append(done)
