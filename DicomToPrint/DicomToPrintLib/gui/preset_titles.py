"""Titles of the built-in presets in Slicer's language, for the choosers."""

from dicomtoprint.config import resources

from .i18n import tr


def builtin_presets(kind: str) -> list[tuple[str, str]]:
    """(name, title) of every built-in file of a kind, in the order of their titles."""
    found = []
    for name in resources.builtin_names(kind):
        content, _ = resources.load_json_resource(kind, name)
        title = content.get("title")
        found.append((name, tr(str(title)) if title else name.replace("-", " ").capitalize()))
    return sorted(found, key=lambda item: item[1].lower())


def preset_help(kind: str, name: str) -> str:
    """The help text of a preset, empty where it has none."""
    if name not in resources.builtin_names(kind):
        return ""
    content, _ = resources.load_json_resource(kind, name)
    told = content.get("help") or content.get("note")
    return tr(str(told)) if told else ""


def printers_for_process(process: str) -> list[tuple[str, str]]:
    """Printers that a process can use; all where none says."""
    fitting = []
    for name, title in builtin_presets("printers"):
        content, _ = resources.load_json_resource("printers", name)
        if process in content.get("processes", [process]):
            fitting.append((name, title))
    return fitting
