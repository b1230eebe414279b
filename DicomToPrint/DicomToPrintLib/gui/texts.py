"""The panel's words for states, verdicts and outcomes. A sign stands with every colour, so that no meaning hangs on
colour alone.
"""

from dicomtoprint.config.options import OPTION_OF_SETTING, label_of_setting
from dicomtoprint.messages import speaking, translate

from .i18n import slicer_language
from .i18n import tr as _

# Background and foreground in fixed pairs: they read the same in the light and in the dark theme.
COLORS = {
    "accept": ("#00664f", "#ffffff"),
    "ready": ("#00664f", "#ffffff"),
    "pass": ("#00664f", "#ffffff"),
    "warn": ("#e69f00", "#000000"),
    "info": ("#5c6670", "#ffffff"),
    "not applicable": ("#5c6670", "#ffffff"),
    "ask": ("#0063a3", "#ffffff"),
    "reject": ("#a81c1c", "#ffffff"),
    "not-ready": ("#a81c1c", "#ffffff"),
}
SIGNS = {
    "accept": "\u2714",
    "ready": "\u2714",
    "pass": "\u2714",
    "warn": "\u25b2",
    "info": "\u25cf",
    "not applicable": "\u2013",
    "ask": "?",
    "reject": "\u2716",
    "not-ready": "\u2716",
}


def verdict_text(verdict: str) -> str:
    """A verdict in words."""
    return {
        "accept": _("accepted"),
        "warn": _("usable, with warnings"),
        "ask": _("needs an answer"),
        "reject": _("rejected"),
        "ready": _("ready to print"),
        "not-ready": _("not ready to print"),
        "pass": _("passed"),
        "info": _("note"),
        "not applicable": _("not applicable"),
    }.get(verdict, verdict)


def outcome_text(kind: str) -> str:
    """A finding's kind in one word, for a narrow column."""
    return {
        "pass": _("passed"),
        "not applicable": _("does not apply"),
        "info": _("note"),
        "warn": _("warning"),
        "ask": _("question"),
        "reject": _("fails"),
    }.get(kind, kind)


def step_state_text(state: str) -> str:
    """A step's state in words."""
    return {
        "idle": _("not started"),
        "running": _("running"),
        "done": _("done"),
        "needs you": _("needs you"),
        "not needed": _("not needed"),
    }[state]


STATE_SIGNS = {"idle": "\u25cb", "running": "\u25d4", "done": "\u2714", "needs you": "\u25b2", "not needed": "\u25c7"}


def step_title(step: str) -> str:
    """A step's name."""
    return {
        "scan": _("1  Scan"),
        "anatomy": _("2  Anatomy"),
        "model": _("3  Model"),
        "print": _("4  Print"),
        "files": _("5  Files"),
    }[step]


def guidance(step: str) -> str:
    """One sentence: what this step is for and what to do."""
    return {
        "scan": _("Say what the model is for, choose the scan, and check whether it is fit for a print."),
        "anatomy": _("Choose what to print; look at the result in the slices and correct it if need be."),
        "model": _("Make a closed surface that stays within the allowed deviation from the scan."),
        "print": _("Choose how it will be printed and see whether the written file will print."),
        "files": _("Choose a folder and write the checked files with their report."),
    }[step]


def action_text(step: str) -> str:
    """The words of a step's one primary button; no key after ``&`` is one of Slicer's menus."""
    return {
        "scan": _("&Check the scan"),
        "anatomy": _("Find the anat&omy"),
        "model": _("&Make the model"),
        "print": _("Check for &print"),
        "files": _("&Write the files"),
    }[step]


def setting_text(name: str) -> str:
    """A setting in words, for what differs from the preset."""
    with speaking(slicer_language()):
        return translate(label_of_setting(name))


_SETTINGS = {option.name: option.setting for option in OPTION_OF_SETTING.values() if option.flags}


def without_options(text: str) -> str:
    """A sentence of the engine as the panel says it: in Slicer's language, with controls by their names in the place of options."""
    with speaking(slicer_language(), _control):
        return translate(text)


def _control(option: str) -> str:
    name = option.lstrip("-").replace("-", "_")
    if name == "accept_anyway":
        return _("a reason below")
    return f"\u201c{setting_text(_SETTINGS.get(name, name))}\u201d"
