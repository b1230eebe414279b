"""Controls that follow from the table of options: an option with one needs no code of its own in the panel."""

from typing import Any

import qt

from dicomtoprint.config.options import OPTION_OF_SETTING, Choice, Control, Number, Option, Switch
from dicomtoprint.config.run_settings import RunSettings

from . import widgets
from .i18n import tr


class OptionControls:
    """The controls of one step's options, each bound to its setting."""

    def __init__(self, step: Any) -> None:
        self._step = step
        self._options = {name: option for name, option in OPTION_OF_SETTING.items() if option.control is not None}
        self._widgets: dict[str, Any] = {}

    def make(self, setting: str) -> Any:
        """The control of a setting, for a place of its own in the layout."""
        control = self._options[setting].control
        assert control is not None
        widget = _made(self._step, setting, control)
        self._widgets[setting] = widget
        return widget

    def add_row(self, form: Any, setting: str) -> Any:
        """The control of a setting as a row of a form, with its title."""
        widget, control = self.make(setting), self._options[setting].control
        if isinstance(control, (Number, Choice)):
            form.addRow(tr(control.title), widget)
        else:
            form.addRow(widget)
        return widget

    def add_others(self, form: Any) -> None:
        """Rows for the options of the step that have no place of their own yet."""
        for setting, option in self._options.items():
            if option.step == self._step.key and setting not in self._widgets:
                self.add_row(form, setting)

    def refresh(self, settings: RunSettings) -> None:
        """Shows what is set."""
        for setting, widget in self._widgets.items():
            _show(widget, self._options[setting], getattr(settings, setting))


def _made(step: Any, setting: str, control: Control) -> Any:
    if isinstance(control, Switch):
        return step.check(setting, tr(control.title), tr(control.tip))
    if isinstance(control, Choice):
        return widgets.combo_box(
            [(key, tr(text)) for key, text in control.items],
            tr(control.tip),
            step.guarded_slot(lambda key: step.panel.change(**{setting: key or None})),
            setting,
        )
    change = step.guarded_slot(lambda value: step.panel.change(**{setting: _value(control, value)}))
    if control.unit:
        unit = f" {control.unit}"
        tip, off = tr(control.tip), tr(control.off)
        return widgets.double_spin_box(control.low, control.high, control.step, unit, tip, change, setting, off)
    widget = qt.QSpinBox()
    widget.objectName = setting
    widget.setRange(int(control.low), int(control.high))
    widget.specialValueText = tr(control.off)
    widget.toolTip = tr(control.tip)
    widget.connect("valueChanged(int)", change)
    return widget


def _value(control: Number, shown: float) -> float | int | None:
    """The setting that a number of the panel stands for."""
    if shown <= control.low + 1e-9 or shown < control.least:
        return None
    return float(shown) / control.shown if control.unit else int(shown)


def _show(widget: Any, option: Option, value: Any) -> None:
    control = option.control
    if isinstance(control, Switch):
        widgets.set_property_silently(widget, "checked", value)
    elif isinstance(control, Choice):
        widgets.select_silently(widget, value or "")
    elif isinstance(control, Number):
        widgets.set_property_silently(widget, "value", control.low if value is None else control.shown * value)
