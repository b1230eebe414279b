"""Which step is open: one at a time, its button in the foot of the panel, its models in the views."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import qt

from dicomtoprint.config.options import STEPS

from . import scan_source
from .edit_watch import EditWatch
from .i18n import tr as _
from .next_texts import todo_text
from .panel_context import PanelContext
from .panel_footer import PanelFooter
from .scene_presenter import ScenePresenter
from .step_area import StepArea


class NavigatedPanel(PanelContext, Protocol):
    """The panel as its navigation sees it."""

    results: ScenePresenter
    area: StepArea
    footer: PanelFooter
    edits: EditWatch
    runner: Any

    @property
    def steps(self) -> Mapping[str, Any]:
        """The views of the steps by name."""


class StepNavigation:
    """Opens steps. `opened` is the one that is open, or was last."""

    def __init__(self, panel: NavigatedPanel) -> None:
        self._panel = panel
        self.opened = STEPS[0]
        for key, view in panel.steps.items():
            panel.area.add(view.frame)
            panel.footer.add(view)
            view.frame.connect("contentsCollapsed(bool)", panel.guarded_slot(partial(self._folded, key)))
        panel.area.end()

    def open(self, step: str) -> None:
        """Unfold one step and fold the others; the views show what belongs to it."""
        is_other, self.opened = step != self.opened, step
        for key, view in self._panel.steps.items():
            view.frame.collapsed = key != step
        self.refresh()
        self.scroll_to(step)
        if is_other and self._panel.state is not None:
            self._panel.results.turn_to(step)
            self._panel.steps[step].show_again()

    def _folded(self, step: str, is_folded: bool) -> None:
        """The user has folded or unfolded a step."""
        if not is_folded and step != self.opened:
            self.open(step)

    def refresh(self) -> None:
        """The foot belongs to the open step."""
        panel, step, state, todo = self._panel, self.opened, "idle", ""
        is_outdated = False
        if panel.state is not None:
            state = panel.state.state(step)
            is_outdated = panel.edits.is_edited and panel.state.is_finished("model")
            has_scan = bool(scan_source.selected_kind(panel.parameters))
            has_result = bool(panel.steps[step].summary)
            todo = todo_text(step, state, has_scan, bool(panel.output_folder()), has_result)
        if is_outdated:
            todo = _("Edited by hand: the model and what follows are out of date.")
        is_finished = state in ("done", "not needed")
        panel.footer.refresh(panel.state is not None, bool(panel.runner.running), step, is_finished, todo, is_outdated)

    def scroll_to(self, step: str) -> None:
        """Bring the open step into sight, its result first where it has one; after the layout is done."""
        qt.QTimer.singleShot(0, partial(self._scroll, step))

    def _scroll(self, step: str) -> None:
        if self._panel.state is not None and step == self.opened:
            view = self._panel.steps[step]
            self._panel.area.show_part(view.frame, view.start_of_result())
