"""Titles of the built-in presets, for the choosers."""

from .. import resources


def listed(kind: str) -> list[tuple[str, str]]:
    """(name, title) of every built-in file of a kind, in the order of their titles."""
    found = []
    for name in resources.names(kind):
        content, _ = resources.load(kind, name)
        found.append((name, str(content.get("title") or name.replace("-", " ").capitalize())))
    return sorted(found, key=lambda item: item[1].lower())


def help_of(kind: str, name: str) -> str:
    """The help text of a preset, empty where it has none."""
    if name not in resources.names(kind):
        return ""
    content, _ = resources.load(kind, name)
    return str(content.get("help") or content.get("note") or "")


def printers_of(process: str) -> list[tuple[str, str]]:
    """Printers that a process can use; all where none says."""
    fitting = []
    for name, title in listed("Printers"):
        content, _ = resources.load("Printers", name)
        if process in content.get("processes", [process]):
            fitting.append((name, title))
    return fitting
