"""What to do next in a step, in one line, and what a finished step has come to, in a few words."""

from .i18n import tr as _


def todo_text(step: str, state: str, has_scan: bool, has_folder: bool, has_result: bool) -> str:
    """The one thing to do next; empty where the buttons say it."""
    if step == "scan" and state == "idle" and not has_scan:
        return _("Choose a scan: a volume, a series of the database or a folder.")
    if step == "files" and state == "idle" and not has_folder:
        return _("You are asked for a folder, or choose it here.")
    if state == "needs you" and not has_result:
        return _("Change what the message names, and run the step again.")
    if state == "needs you":
        return {
            "scan": _("Answer what is asked above, or give a reason to go on."),
            "print": _("Use a remedy above, or choose another process, and check again."),
        }.get(step, "")
    if state == "idle":
        return {
            "anatomy": _("Choose what is to be printed, then find it."),
            "model": _("Make the closed surface of what was found."),
            "print": _("Choose process and printer, then check."),
        }.get(step, "")
    if state == "done" and step == "anatomy":
        return _("Look at the segments in the slices; correct what is wrong.")
    return ""


def findings_text(count: int) -> str:
    """How many findings there are."""
    if count == 0:
        return _("no findings")
    return _("1 finding") if count == 1 else _("{count} findings").format(count=count)
