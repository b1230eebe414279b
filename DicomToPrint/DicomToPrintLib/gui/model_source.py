"""A model of the scene as what the panel works on: scan and anatomy are then not needed."""

from collections.abc import Mapping
from typing import Any, Protocol

from dicomtoprint.errors import InputError

from ..mrml.subject_hierarchy import ROLE_ATTRIBUTE
from .i18n import tr as _
from .panel_context import PanelContext


class SourceContext(PanelContext, Protocol):
    """The panel as this chooser sees it."""

    @property
    def steps(self) -> Mapping[str, Any]:
        """The views of the steps by name."""

    def choose_source(self, volume: Any = None, series: str = "", folder: str = "", model: Any = None) -> None:
        """Work on one of these; what was made of another goes."""


class ModelSource:
    """The user's hands on the chooser of models."""

    def __init__(self, panel: SourceContext) -> None:
        self._panel = panel

    def choose(self, node: Any) -> None:
        """Work on a model of the scene; None where the chooser let go of it.

        Raises `InputError` for a model that the panel made: the next step would take it away.
        """
        panel = self._panel
        if panel.state is None or node is panel.parameters.model:
            return
        if node is None:
            if not (panel.parameters.series or panel.parameters.folder or panel.parameters.volume):
                panel.choose_source()
            return
        if node.GetAttribute(ROLE_ATTRIBUTE):
            panel.steps["scan"].show_source(panel.parameters.volume, panel.parameters.model)
            raise InputError(
                _("'{name}' is a result of this panel: clone it in the Data module and choose the copy.").format(
                    name=node.GetName()
                )
            )
        panel.choose_source(model=node)

    def lost(self) -> None:
        """The chosen model was taken out of the scene."""
        if self._panel.state is not None:
            self._panel.show_message(_("The chosen model was taken out of the scene: choose one again in step 1."))
