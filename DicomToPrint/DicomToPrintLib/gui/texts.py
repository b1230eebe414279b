"""The panel's words for states, verdicts and outcomes. A sign stands with every colour, so that no meaning hangs on
colour alone.
"""

import re

from slicer.i18n import tr as _

from dicomtoprint.config.options import OPTION_OF_SETTING, label_of_setting

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
    """The words of a step's one primary button."""
    return {
        "scan": _("Check the scan"),
        "anatomy": _("Find the anatomy"),
        "model": _("Make the model"),
        "print": _("Check for print"),
        "files": _("Write the files"),
    }[step]


def setting_text(name: str) -> str:
    """A setting in words, for what differs from the preset."""
    return str(_(label_of_setting(name)))


_OPTIONS = (
    (r"\s*To go on at your own judgement: --accept-anyway REASON\.?", ""),
    (r"\(--answer RULE=yes or no\)", "(answer below)"),
    (r": --answer \S+=yes or no", " below"),
    (r"Answer the question: --answer \S+=yes if it is acceptable", "Answer the question below"),
    (r"Give --surgery-date; is it", "Is it"),
    (r"--surgery-date takes", "The date of surgery takes"),
    (r"--accept-anyway( REASON)?", "a reason below"),
    (r": inspect FILE --repair OUT", ": make the model again in step 3"),
    (r", run SCAN --output DIR", ""),
    (r"leave --no-repair out to have it repaired", "allow its repair in step 3"),
    (
        r": install with 'python -m pip install [^']*', or leave the option out",
        ": agree to the installation, or leave it out",
    ),
)
# An option, and what only stands for its value.
_OPTION = re.compile(r"--([a-z][a-z-]+)(?:[ =](?:auto|[A-Z][A-Za-z]*(?:,[A-Z])*)\b)?")
_SETTINGS = {option.name: option.setting for option in OPTION_OF_SETTING.values() if option.flags}


def without_options(text: str) -> str:
    """A sentence of the script without its command-line options: in the panel the way out is a control, by its name."""
    for pattern, instead in _OPTIONS:
        text = re.sub(pattern, instead, text)
    return _OPTION.sub(_control, text)


def _control(option: re.Match[str]) -> str:
    name = option[1].replace("-", "_")
    return f"\u201c{setting_text(_SETTINGS.get(name, name))}\u201d"
