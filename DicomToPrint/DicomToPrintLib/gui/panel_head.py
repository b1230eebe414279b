"""The head of the panel: run, cancel, copy; progress; one sentence; what differs from the preset."""

from collections.abc import Callable, Sequence
from typing import Any

import qt

from dicomtoprint.messages import join

from . import widgets
from .i18n import tr as _
from .texts import setting_text, without_options


class PanelHead:
    """The controls above the steps. The functions given are slots for what the user presses."""

    def __init__(
        self,
        layout: Any,
        run_all: Callable[..., Any],
        cancel: Callable[..., Any],
        copy: Callable[..., Any],
        reset: Callable[..., Any],
    ) -> None:
        self.run_all = widgets.push_button(
            _("Run all"), _("Run every step that is not done yet, down to the files."), run_all, "runAll", primary=True
        )
        self.cancel = widgets.push_button(
            _("Cancel"), _("Stop the running step; its result is dropped whole."), cancel, "cancel"
        )
        self.copy = widgets.push_button(
            _("Copy command"), _("Copy the command line that does the same outside the panel."), copy, "copyCommand"
        )
        layout.addLayout(widgets.hbox(self.run_all, self.cancel, self.copy))
        self.bar = qt.QProgressBar()
        self.bar.objectName = "progress"
        self.bar.setRange(0, 100)
        layout.addWidget(self.bar)
        self.phrase = widgets.text_label()
        layout.addWidget(self.phrase)
        self.message = widgets.text_label(selectable=True)
        self.message.objectName = "message"
        # A frame is seen in the light and in the dark theme.
        self.message.styleSheet = "QLabel { border: 2px solid #e69f00; border-radius: 3px; padding: 3px 6px; }"
        layout.addWidget(self.message)
        self.changed = widgets.text_label()
        self.reset = widgets.push_button(_("Reset"), _("Go back to what the preset says."), reset, "reset")
        changed = widgets.hbox(self.changed, self.reset)
        changed.setStretch(0, 1)
        layout.addLayout(changed)
        self.bar.visible = self.phrase.visible = self.message.visible = False

    def refresh(self, has_scene: bool, is_running: bool, differing: Sequence[str]) -> None:
        """Enable what can be pressed now, and name the settings that differ from the preset."""
        self.run_all.enabled = has_scene and not is_running
        self.cancel.enabled = is_running
        self.bar.visible = self.phrase.visible = is_running
        self.changed.text = _("Changed from the preset: {names}").format(
            names=join(", ", (setting_text(name) for name in differing))
        )
        self.changed.visible = self.reset.visible = bool(differing)

    def show_progress(self, fraction: float, phrase: str) -> None:
        """How far the running step is."""
        self.bar.value = round(100.0 * fraction)
        self.phrase.text = phrase or _("working...")

    def show_message(self, sentence: str) -> None:
        """One sentence; empty takes it away."""
        self.message.text = without_options(sentence)
        self.message.visible = bool(sentence)
