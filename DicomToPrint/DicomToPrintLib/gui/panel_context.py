"""What the parts of the panel may ask of it: less than the whole panel, and without knowing its module."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from dicomtoprint.config.run_settings import RunSettings

from .dialogs import Dialogs
from .node_watch import NodeWatch
from .step_results import StepResultStore


class PanelContext(Protocol):
    """What every part of the panel works with.

    `state` is the `PanelState`, None while there is no scene; `job` holds the results of the steps; `dialogs` ask the user;
    `watch` keeps choosers of nodes from choosing another node by themselves.
    """

    state: Any
    job: StepResultStore
    dialogs: Dialogs
    watch: NodeWatch

    @property
    def settings(self) -> RunSettings:
        """What is chosen now."""

    @property
    def parameters(self) -> Any:
        """The wrapped parameter node. Raises `InputError` while there is no scene to work in."""

    def change(self, **fields: Any) -> None:
        """Change settings; results of the steps that they concern no longer count."""

    def change_from(self, earliest: str, fields: Mapping[str, Any]) -> None:
        """Change settings that concern no step before `earliest`."""

    def output_folder(self) -> str:
        """Where the files go; empty where nothing is chosen."""

    def release_editor(self) -> None:
        """Take the segment editor's effect off the segmentation."""

    def refresh(self) -> None:
        """Show settings and states in every control."""

    def show_message(self, sentence: str) -> None:
        """One sentence under the buttons; empty takes it away."""

    def guarded_slot(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as a slot that shows what went wrong in one sentence."""

    def action_slot(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work` as the slot of something that the user does: the sentence shown before goes first."""
