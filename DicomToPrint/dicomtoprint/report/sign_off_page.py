"""The page beside the report that says who approved what, and whether it still is what they saw."""

from collections.abc import Sequence
from typing import Any

from ..config import resources
from ..messages import _
from .html import add_element, add_list, add_section, add_table, badge, new_document, to_html


def render_sign_off(holds: bool, lines: Sequence[str], entries: Sequence[Any]) -> str:
    """The page of a log's state: `lines` in words, `entries` as `run_record.SignOff`."""
    title = _("Sign-off")
    root, main = new_document(title, (resources.RESOURCE_DIR / "report" / "report.css").read_text(encoding="utf-8"))
    add_element(add_element(main, "header"), "h1", title)
    state = add_element(main, "p")
    state.append(badge(_("as signed"), "good") if holds else badge(_("not as signed"), "bad"))
    add_list(main, lines)
    for entry in entries:
        block = add_section(main, entry.in_words, f"entry-{entry.number}")
        rows = [(str(item["file"]), str(item["sha256"])) for item in entry.files]
        add_table(block, _("Files as they were then"), [_("File"), _("SHA-256")], rows, "hashes")
    block = add_section(main, _("What this shows"), "meaning")
    add_element(
        block,
        "p",
        _(
            "The log shows whether it and the files are as they were when they were signed. It does not "
            "show who typed the role, and who may write the folder can write a new log: keep the head of "
            "the log elsewhere, or sign with a key that others know, to see that. This page is of the "
            "last signing and no evidence by itself: ask sign {--verify}. It is no electronic signature "
            "in the sense of any regulation."
        ),
    )
    return to_html(root)
