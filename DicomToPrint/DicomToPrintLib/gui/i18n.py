"""The panel's words, from the engine's catalogue, in Slicer's language."""

from functools import cache
from typing import Any

from dicomtoprint.messages import ENGLISH, Message, languages, speaking, translate


def tr(template: str, /, **parameters: Any) -> str:
    """A text of the panel in Slicer's language; fields that get no value here are left for `str.format`."""
    with speaking(slicer_language()):
        return translate(Message(template, parameters))


def format_figure(value: float, spec: str) -> str:
    """A number as Slicer's language writes it; `spec` as of `format`."""
    return tr(f"{{value:{spec}}}", value=value)


@cache
def slicer_language() -> str:
    """Slicer's language where there is a catalogue for it, else English.

    Slicer keeps a locale such as ``de`` or ``de_DE`` under ``language`` in the user's settings and takes it at its start, where
    ``Internationalization/Enabled`` is true (qSlicerCoreApplication).
    """
    import slicer

    settings = getattr(getattr(slicer, "app", None), "userSettings", lambda: None)()
    if settings is None or str(settings.value("Internationalization/Enabled")).lower() not in ("true", "1"):
        return ENGLISH
    name = str(settings.value("language") or ENGLISH).replace("-", "_")
    return next((known for known in (name, name.partition("_")[0]) if known in languages()), ENGLISH)
