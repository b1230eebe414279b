"""The panel's words, from the engine's catalogue, in Slicer's language."""

from typing import Any

from dicomtoprint.messages import ENGLISH, Message, languages, translate


def tr(template: str, /, **parameters: Any) -> str:
    """A text of the panel in Slicer's language; fields that get no value here are left for `str.format`."""
    return translate(Message(template, parameters))


def slicer_language() -> str:
    """Slicer's language where there is a catalogue for it, else English.

    Slicer keeps a locale such as ``de`` or ``de_DE`` under ``language`` in its settings, and may be told to ignore it.
    """
    import slicer

    settings = slicer.app.settings()
    if str(settings.value("Internationalization/Enabled", "false")).lower() not in ("true", "1"):
        return ENGLISH
    name = str(settings.value("language", ENGLISH) or ENGLISH).replace("-", "_")
    return next((known for known in (name, name.partition("_")[0]) if known in languages()), ENGLISH)
