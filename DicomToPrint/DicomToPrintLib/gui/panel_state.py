"""The panel's memory in the scene: settings and step states in the parameter node, so that a reopened scene goes on."""

import json
from dataclasses import fields, replace
from typing import Any

from dicomtoprint.config.options import STEPS, preset_settings
from dicomtoprint.config.run_settings import RunSettings, run_settings_from_json
from dicomtoprint.errors import InputError

from .i18n import slicer_language
from .i18n import tr as _
from .scan_source import selected_kind
from .step_results import STEPS_OF_SCAN


class PanelState:
    """Settings and states over a wrapped parameter node. Raises `InputError` for a setting of the scene that is not known."""

    def __init__(self, parameters: Any) -> None:
        self.parameters = parameters
        stored = run_settings_from_json(_object(parameters.settings), _("The scene"))
        self._settings = replace(stored, language=slicer_language())  # a scene is read in the language of its reader
        self._states = {step: str(_object(parameters.states).get(step, "idle")) for step in STEPS}

    @property
    def settings(self) -> RunSettings:
        """What is chosen."""
        return self._settings

    @settings.setter
    def settings(self, value: RunSettings) -> None:
        self._settings = value
        self.parameters.settings = json.dumps(value.changed())

    def state(self, step: str) -> str:
        """idle, running, done, needs you or not needed."""
        return self._states[step]

    def set_state(self, step: str, state: str) -> None:
        """Keep a step's state."""
        if self._states[step] != state:
            self._states[step] = state
            self.parameters.states = json.dumps(self._states)

    def reset(self, step: str) -> None:
        """A step without a result: idle, or not needed where a model takes the place of what it makes."""
        is_given = selected_kind(self.parameters) == "model" and step in STEPS_OF_SCAN
        self.set_state(step, "not needed" if is_given else "idle")

    def is_finished(self, step: str) -> bool:
        """True for a step that is done or not needed."""
        return self.state(step) in ("done", "not needed")

    def differing(self) -> list[str]:
        """Names of the settings that differ from the preset."""
        presets = preset_settings()
        return [
            field.name
            for field in fields(RunSettings)
            if field.name not in presets and getattr(self._settings, field.name) != field.default
        ]


def open_state(parameters: Any) -> tuple[PanelState | None, str]:
    """The memory of a scene, and nothing; or None, and in one sentence why the scene cannot be worked in."""
    if parameters is None:
        return None, ""
    try:
        return PanelState(parameters), ""
    except InputError as error:
        return None, str(error)


def _object(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
