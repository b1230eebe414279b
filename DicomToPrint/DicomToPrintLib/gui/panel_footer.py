"""The foot of the panel, always in sight: verdict of the open step, what to do next, its button, progress, one sentence."""

from collections.abc import Callable
from typing import Any

import qt

from dicomtoprint.config.options import STEPS

from . import widgets
from .i18n import tr as _
from .texts import step_title, without_options


class PanelFooter:
    """The controls under the steps. The functions given are slots for what the user presses; `go_on` takes a step."""

    def __init__(
        self,
        layout: Any,
        run_all: Callable[..., Any],
        cancel: Callable[..., Any],
        go_on: Callable[[str], Any],
        update: Callable[..., Any],
    ) -> None:
        self.frame = qt.QFrame()
        self.frame.objectName = "footer"
        self.frame.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Maximum)
        column = qt.QVBoxLayout(self.frame)
        column.setContentsMargins(4, 2, 4, 2)
        column.setSpacing(4)
        self.message = widgets.text_label(selectable=True)
        self.message.objectName = "message"
        # A frame is seen in the light and in the dark theme.
        self.message.styleSheet = "QLabel { border: 2px solid #e69f00; border-radius: 3px; padding: 3px 6px; }"
        column.addWidget(self.message)
        self._verdicts: dict[str, Any] = {}
        self._primaries: dict[str, Any] = {}
        self._places = qt.QVBoxLayout()
        column.addLayout(self._places)
        self.todo = widgets.text_label()
        self.todo.objectName = "todo"
        column.addWidget(self.todo)
        self._row = widgets.hbox()
        column.addLayout(self._row)
        self.update = widgets.push_button(
            _("&Update the model"),
            _("Take what was edited by hand into the model."),
            update,
            "updateModel",
            primary=True,
        )
        self._build_row(run_all, cancel, go_on)
        self.message.visible = False
        layout.addWidget(self.frame)

    def _build_row(self, run_all: Callable[..., Any], cancel: Callable[..., Any], go_on: Callable[[str], Any]) -> None:
        self._next = ""
        self.next = widgets.push_button(
            _("&Next"), _("Open the next step."), lambda: go_on(self._next), "nextStep", primary=True
        )
        self.run_all = widgets.push_button(
            _("Run &all"), _("Run every step that is not done yet, down to the files."), run_all, "runAll"
        )
        self.bar = qt.QProgressBar()
        self.bar.objectName = "progress"
        self.bar.setRange(0, 100)
        self.bar.accessibleName = _("Progress of the running step")
        self.cancel = widgets.push_button(
            _("&Cancel"), _("Stop the running step; its result is dropped whole."), cancel, "cancel"
        )
        for widget, stretch in ((self.update, 1), (self.next, 1), (self.run_all, 0), (self.bar, 1), (self.cancel, 0)):
            self._row.addWidget(widget, stretch)
        self.bar.visible = self.cancel.visible = False

    def add(self, view: Any) -> None:
        """Take the verdict and the primary button of a step, in the order of the steps."""
        place = qt.QFrame()
        inner = qt.QVBoxLayout(place)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(view.chip)
        self._verdicts[view.key] = place
        self._places.addWidget(place)
        self._row.insertWidget(len(self._primaries), view.primary, 1)
        self._primaries[view.key] = view.primary

    def refresh(
        self, has_scene: bool, is_running: bool, step: str, is_finished: bool, todo: str, is_outdated: bool
    ) -> None:
        """Show what belongs to the open step, and enable what can be pressed now."""
        for key, place in self._verdicts.items():
            place.visible = key == step
        for key, primary in self._primaries.items():
            primary.visible = key == step and not is_running
            if key == step:
                widgets.emphasise(primary, not is_finished and not is_outdated)
        after = STEPS[STEPS.index(step) + 1 :]
        self._next = after[0] if after else ""
        if after:
            self.next.text = _("&Next: {step}").format(step=step_title(after[0]).split(None, 1)[-1])
        self.next.visible = bool(after) and is_finished and not is_running and not is_outdated
        self.update.visible = is_outdated and not is_running
        self.run_all.visible = not is_running
        self.run_all.enabled = has_scene and not is_running
        self.cancel.enabled = is_running
        self.bar.visible = self.cancel.visible = is_running
        self.todo.text = todo
        self.todo.visible = bool(todo)

    def show_progress(self, fraction: float, phrase: str) -> None:
        """How far the running step is."""
        self.bar.value = round(100.0 * fraction)
        self.todo.text = phrase or _("working...")
        self.todo.visible = True

    def show_message(self, sentence: str) -> None:
        """One sentence; empty takes it away."""
        self.message.text = without_options(sentence)
        self.message.visible = bool(sentence)
