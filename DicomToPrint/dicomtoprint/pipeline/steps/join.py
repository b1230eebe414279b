"""Pins, dowels, dovetails and magnets across all cuts."""

from typing import TYPE_CHECKING

from ...config.run_settings import RunSettings
from ...progress import ProgressCallback
from ..joints import join_parts, joint_plan, validate_joint_settings
from .step import PreparationState, PreparationStep

if TYPE_CHECKING:
    from ...printability import PrintProcess


class Join(PreparationStep):
    """Joints and magnets cut by cut, since both need the room beside it."""

    name = "join"

    def is_requested(self, settings: RunSettings) -> bool:
        return bool(settings.pins or settings.magnets)

    def validate(self, settings: RunSettings, process: "PrintProcess") -> None:
        validate_joint_settings(settings, process)

    def apply(self, state: PreparationState, progress: ProgressCallback) -> None:
        plan = joint_plan(state.settings, state.process)
        state.meshes = join_parts(state.meshes, state.planes, state.settings, plan, state.done)
