"""Small pieces that the five steps are built of."""

from collections.abc import Callable, Sequence
from typing import Any

import ctk
import qt

from .texts import COLORS, SIGNS, verdict_text


def text_label(text: str = "", wrap: bool = True, selectable: bool = False) -> Any:
    """A text line."""
    widget = qt.QLabel()
    if wrap:
        # The panel has no horizontal scrolling: a wrapped text would ask for up to 80 characters, and a path for all of it.
        widget.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
    widget.wordWrap = wrap
    widget.text = text
    # Plain text throughout: names in a scan must never be taken for markup.
    widget.setTextFormat(qt.Qt.PlainText)
    if selectable:
        widget.setTextInteractionFlags(qt.Qt.TextSelectableByMouse)
    return widget


def push_button(text: str, tip: str, pressed: Callable[[], None], name: str = "", primary: bool = False) -> Any:
    """A push button; `pressed` takes no argument."""
    widget = qt.QPushButton(text)
    widget.toolTip = tip
    widget.objectName = name
    if primary:
        emphasise(widget, True)
    widget.connect("clicked(bool)", lambda on: pressed())
    return widget


def emphasise(widget: Any, is_next: bool) -> None:
    """Bold where the button is the next thing to press."""
    widget.styleSheet = f"QPushButton {{ font-weight: {'bold' if is_next else 'normal'}; padding: 5px; }}"


def check_box(text: str, tip: str, toggled: Callable[[bool], None], name: str) -> Any:
    """A check box; `toggled` takes its state."""
    widget = qt.QCheckBox(text)
    widget.toolTip = tip
    widget.objectName = name
    widget.connect("toggled(bool)", toggled)
    return widget


def combo_box(items: Sequence[tuple[str, str]], tip: str, chosen: Callable[[str], None], name: str) -> Any:
    """A chooser of (key, text); `chosen` takes the key."""
    widget = qt.QComboBox()
    widget.toolTip = widget.accessibleDescription = tip
    widget.objectName = name
    widget.setSizeAdjustPolicy(qt.QComboBox.AdjustToMinimumContentsLengthWithIcon)
    widget.minimumContentsLength = 12
    widget.setSizePolicy(qt.QSizePolicy.Expanding, qt.QSizePolicy.Fixed)
    for key, text in items:
        widget.addItem(text, key)
    widget.connect("currentIndexChanged(int)", lambda index: chosen(str(widget.itemData(index))))
    return widget


def select_silently(widget: Any, key: str) -> None:
    """Set a chooser to a key without emitting signals."""
    index = widget.findData(key)
    if index >= 0 and index != widget.currentIndex:
        was = widget.blockSignals(True)
        widget.currentIndex = index
        widget.blockSignals(was)


def set_items_silently(widget: Any, items: Sequence[tuple[str, str]]) -> None:
    """Replace what a chooser offers, without emitting signals."""
    if [str(widget.itemData(index)) for index in range(widget.count)] == [key for key, _text in items]:
        return
    was = widget.blockSignals(True)
    widget.clear()
    for key, text in items:
        widget.addItem(text, key)
    widget.blockSignals(was)


def set_text_silently(widget: Any, text: str | None) -> None:
    """Set a line of text without emitting signals, unless the user is writing in it."""
    if not widget.hasFocus():
        set_property_silently(widget, "text", text or "")


def double_spin_box(
    low: float,
    high: float,
    step: float,
    suffix: str,
    tip: str,
    changed: Callable[[float], None],
    name: str,
    off: str = "",
) -> Any:
    """A number with its unit; the lowest value reads `off` where that is given."""
    widget = qt.QDoubleSpinBox()
    widget.setRange(low, high)
    widget.singleStep = step
    widget.decimals = 2
    widget.suffix = suffix
    widget.toolTip = tip
    widget.objectName = name
    widget.keyboardTracking = False
    if off:
        widget.specialValueText = off
    widget.connect("valueChanged(double)", changed)
    return widget


def set_property_silently(widget: Any, prop: str, value: Any) -> None:
    """Set a property without emitting signals."""
    was = widget.blockSignals(True)
    setattr(widget, prop, value)
    widget.blockSignals(was)


def collapsible_form(title: str, layout: Any) -> tuple[Any, Any]:
    """A folded group for the settings that few need, and its form."""
    group = ctk.ctkCollapsibleGroupBox()
    group.title = f"{title} "  # the style leaves the last letter no room
    group.collapsedHeight = 0
    group.setSizePolicy(qt.QSizePolicy.Ignored, qt.QSizePolicy.Preferred)
    form = qt.QFormLayout(group)
    form.setFieldGrowthPolicy(qt.QFormLayout.AllNonFixedFieldsGrow)
    form.setRowWrapPolicy(qt.QFormLayout.WrapLongRows)  # Slicer's list of points is too wide to stand beside a label
    layout.addWidget(group)
    return group, form


def set_row_visible(form: Any, widget: Any, is_shown: bool) -> None:
    """Show or hide a row of a form with its label: what does not apply now is not in the way."""
    widget.visible = is_shown
    label_of = form.labelForField(widget)
    if label_of is not None:
        label_of.setVisible(is_shown)


def hbox(*widgets: Any) -> Any:
    """Widgets side by side."""
    layout = qt.QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def status_badge(verdict: str = "", text: str = "") -> Any:
    """A verdict as a sign, a word and a colour."""
    widget = text_label(wrap=True)
    update_badge(widget, verdict, text)
    return widget


def update_badge(widget: Any, verdict: str, text: str = "") -> None:
    """Set a chip; an empty verdict hides it."""
    background, foreground = COLORS.get(verdict, COLORS["info"])
    widget.text = f"{SIGNS.get(verdict, '')}  {text or verdict_text(verdict)}"
    widget.styleSheet = (
        f"QLabel {{ background: {background}; color: {foreground}; padding: 3px 6px; border-radius: 3px; }}"
    )
    if not verdict or widget.parentWidget() is not None:  # shown without a parent it would be a window of its own
        widget.visible = bool(verdict)


def clear_layout(layout: Any) -> None:
    """Take every widget out of a layout and delete it."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


def reach_by_keys(chooser: Any) -> None:
    """Let Tab come to a node chooser of Slicer's, and its keys to the box inside.

    In Slicer the box hands its focus to the chooser, which takes none.
    """
    for box in chooser.children():
        if box.inherits("QComboBox"):
            box.setFocusProxy(None)
            chooser.setFocusProxy(box)
            chooser.setFocusPolicy(qt.Qt.StrongFocus)
