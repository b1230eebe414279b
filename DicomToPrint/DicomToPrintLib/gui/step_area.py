"""The part of the panel that scrolls: what differs from the preset, and the steps. The footer under it stays in sight."""

from collections.abc import Callable, Sequence
from typing import Any

import qt

from . import widgets
from .i18n import tr as _
from .step_view import WIDTH
from .texts import setting_text

# In pixels: two folded steps and a part of the open one are seen on the smallest screen that Slicer is used on.
LEAST_HEIGHT = 140


class StepArea:
    """A scroll area over the steps, as wide as they need: Slicer's module panel takes its width from that."""

    def __init__(self, layout: Any, reset: Callable[..., Any]) -> None:
        self.scroll = qt.QScrollArea()
        self.scroll.objectName = "steps"
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(qt.QFrame.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAlwaysOff)
        self.scroll.minimumHeight = LEAST_HEIGHT
        # What it would like is not asked for: Slicer's panel would give it that, and scroll the foot out of sight.
        self.scroll.setSizePolicy(qt.QSizePolicy.Preferred, qt.QSizePolicy.Ignored)
        self.content = qt.QFrame()
        self.layout = qt.QVBoxLayout(self.content)
        self.layout.setContentsMargins(0, 0, 0, 0)
        self.layout.setSpacing(3)
        self.changed = widgets.text_label()
        self.reset = widgets.push_button(_("Reset"), _("Go back to what the preset says."), reset, "reset")
        changed = widgets.hbox(self.changed, self.reset)
        changed.setStretch(0, 1)
        self.layout.addLayout(changed)
        self.scroll.setWidget(self.content)
        layout.addWidget(self.scroll, 1)
        self._watch = _Width(self._fit)
        self.content.installEventFilter(self._watch)
        self.changed.visible = self.reset.visible = False

    def add(self, frame: Any) -> None:
        """One more step."""
        self.layout.addWidget(frame)

    def end(self) -> None:
        """All steps are there."""
        self.layout.addStretch(1)
        self._fit()

    def refresh(self, differing: Sequence[str]) -> None:
        """Name the settings that differ from the preset."""
        self.changed.text = _("Changed from the preset: {names}").format(
            names=", ".join(setting_text(name) for name in differing)
        )
        self.changed.visible = self.reset.visible = bool(differing)

    def show_part(self, frame: Any, below: int = 0) -> None:
        """Scroll so that a step, from `below` pixels under its head on, stands at the top."""
        self.scroll.verticalScrollBar().setValue(int(frame.y) + int(below))

    def close(self) -> None:
        """Watch no more."""
        self.content.removeEventFilter(self._watch)

    def _fit(self) -> None:
        width = max(WIDTH, self.layout.minimumSize().width()) + self.scroll.style().pixelMetric(
            qt.QStyle.PM_ScrollBarExtent
        )
        if self.scroll.minimumWidth != width:
            self.scroll.minimumWidth = width


class _Width(qt.QObject):
    """Tells when what stands in the scroll area asks for another size: a scroll area itself would cut it off."""

    def __init__(self, told: Callable[[], None]) -> None:
        qt.QObject.__init__(self)
        self._told = told

    def eventFilter(self, watched: Any, event: Any) -> bool:
        if event.type() == qt.QEvent.LayoutRequest:
            self._told()
        return False
